import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { BG_JOB_STATE, openManager } from '../../src/index.ts';
import {
  addJob,
  assertContent,
  openWorld,
  runAndComplete,
  runToEnd,
} from '../support/engine-world.ts';
import { startOrigin } from '../support/origin.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const body = { size: 300_000, seed: 91 };

test('a partial file that vanished after its job was TRANSFERRED is fetched again after Resume', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const { job, target } = await addJob(world, origin.put('/file.bin', { body }));
  assert.equal(await runToEnd(job), 'TRANSFERRED');
  const directory = dirname(target);
  for (const name of await readdir(directory)) {
    if (name.endsWith('.haulyard-part')) await rm(join(directory, name));
  }
  await assert.rejects(job.complete(), { code: 'ERROR_FILE_NOT_FOUND' });
  assert.equal(await job.getState(), BG_JOB_STATE.SUSPENDED);
  assert.equal((await job.getProgress()).bytesTransferred, 0);
  await runAndComplete(job);
  await assertContent(target, body);
});

test('a store that was emptied beside its log is set aside, and a warning says where', async () => {
  await using directory = await temporaryDirectory();
  const dataDir = directory.join('data');
  const warnings: string[] = [];
  {
    await using manager = await openManager({ dataDir });
    await manager.createJob('one', 0);
  }
  await writeFile(join(dataDir, 'haulyard.db'), '');
  await writeFile(join(dataDir, 'haulyard.db-wal'), 'a log that still holds the jobs');
  await using manager = await openManager({ dataDir, onWarning: (text) => warnings.push(text) });
  assert.equal(await (await manager.enumJobs()).getCount(), 0);
  assert.equal(warnings.length, 1);
  const kept = (await readdir(dataDir)).filter((name) => name.includes('.damaged-'));
  assert.equal(kept.length, 2);
});
