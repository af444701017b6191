/**
 * A process that has a store: `store-child.ts DIRECTORY hold` opens it and waits, `… commit` changes
 * it as fast as it can. Each line on stdout is a fact: `ready`, or the number of a commit that has
 * returned.
 */
import { writeSync } from 'node:fs';

import { currentBootId } from '../../../src/io/system/boot-id.ts';
import { openSqliteJobStore } from '../../../src/io/sqlite/open-sqlite-job-store.ts';
import { aFile, aJob } from '../../conformance/job-store-values.ts';

const [directory = '', mode] = process.argv.slice(2);
const store = openSqliteJobStore({
  directory,
  bootId: currentBootId(),
  owner: 'the first of two',
  onWarning: (message) => {
    throw new Error(message);
  },
});

if (mode === 'hold') {
  writeSync(1, 'ready\n');
  setInterval(() => undefined, 60_000);
} else {
  const known = Number(store.loadJob('counter')?.displayName ?? 0);
  for (let number = known + 1; ; number += 1) {
    const job = aJob('counter', { displayName: String(number), queueOrder: number });
    const written = [{ start: 0, end: number }];
    const file = aFile('counter', 0, { written, fileId: String(number) });
    store.commit({ job, files: [file], outbox: [{ jobId: 'counter', event: 'error' }] });
    store.commit({ job: aJob(`job ${number}`), files: [aFile(`job ${number}`)] });
    writeSync(1, `${number}\n`);
    store.checkpoint({ job, file, durability: number % 2 === 0 ? 'written' : 'flushed' });
  }
}
