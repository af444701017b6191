/**
 * A program with one download that nobody waits for: `node background-job.ts LIBRARY URL DIRECTORY
 * PRIORITY`. Prints how many bytes are there, as `[milliseconds since 1970, bytes]`, twenty times a
 * second until its input ends.
 */
import { join } from 'node:path';

import type * as Library from '../../src/index.ts';

/** Bytes that had come at a moment, in milliseconds since 1970. */
export type Sample = readonly [ms: number, bytes: number];

const EVERY_MS = 50;

const [library = '', url = '', directory = '', priority = 'NORMAL'] = process.argv.slice(2);
const haulyard = (await import(library)) as typeof Library;
await using manager = await haulyard.openManager({ dataDir: join(directory, 'data') });
const job = await manager.createJob('background', haulyard.BG_JOB_TYPE.DOWNLOAD);
await job.setPriority(haulyard.BG_JOB_PRIORITY[priority as 'FOREGROUND' | 'NORMAL']);
await job.addFile(url, join(directory, 'background.bin'));
await job.setNotifyFlags(haulyard.BG_NOTIFY.JOB_ERROR);
await job.setNotifyInterface({
  jobTransferred: () => undefined,
  async jobError() {
    console.error(await (await job.getError()).getErrorDescription());
    process.exitCode = 1;
  },
  jobModification: () => undefined,
});
await job.resume();

const ended = new Promise<void>((resolve) => process.stdin.once('end', resolve).resume());
const timer = setInterval(() => {
  void job.getProgress().then(({ bytesTransferred }) => {
    const sample: Sample = [Date.now(), bytesTransferred];
    console.log(JSON.stringify(sample));
  });
}, EVERY_MS);
await ended;
clearInterval(timer);
await job.cancel();
