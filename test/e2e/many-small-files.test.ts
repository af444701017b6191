import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';

import {
  BG_JOB_STATE,
  BG_JOB_TYPE,
  BG_NOTIFY,
  S_OK,
  type IBackgroundCopyJob,
} from '../../src/index.ts';
import {
  NO_RETRIES,
  assertContent,
  openWorld,
  reportedFailure,
  runAndComplete,
  runToEnd,
  waitForState,
  type EngineWorld,
} from '../support/engine-world.ts';
import { startOrigin, type Origin } from '../support/origin.ts';
import { until } from '../support/temporary.ts';

const { TRANSFERRED, TRANSIENT_ERROR, SUSPENDED } = BG_JOB_STATE;

const SIZE = 20_000;
const bodyOf = (index: number): { readonly size: number; readonly seed: number } => ({
  size: SIZE + index,
  seed: index,
});

/** A job of so many small files, not started. */
async function addMany(
  world: EngineWorld,
  origin: Origin,
  count: number,
): Promise<IBackgroundCopyJob> {
  const job = await world.manager.createJob('many', BG_JOB_TYPE.DOWNLOAD);
  await job.addFileSet(
    Array.from({ length: count }, (_, index) => ({
      remoteName: origin.put(`/${index}`, { body: bodyOf(index) }),
      localName: world.target(`${index}.bin`),
    })),
  );
  return job;
}

async function assertAll(world: EngineWorld, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await assertContent(world.target(`${index}.bin`), bodyOf(index));
  }
  assert.equal((await world.names()).length, count);
}

const bytesOf = (count: number): number =>
  Array.from({ length: count }, (_, index) => bodyOf(index).size).reduce((sum, n) => sum + n, 0);

test('small files go one after another on a kept connection, each asked for once', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await addMany(world, origin, 200);
  await runAndComplete(job);
  await assertAll(world, 200);
  assert.deepEqual(
    origin.requests.map(({ path }) => path),
    Array.from({ length: 200 }, (_, index) => `/${index}`),
  );
  assert.equal(origin.bytesSent(), bytesOf(200));
  assert.equal(origin.connections.peakBusy, 1);
  assert.ok(origin.connections.accepted <= 4, `${origin.connections.accepted} connections`);
});

test('files of several jobs keep to the connections of their origin', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const jobs = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => {
      const job = await world.manager.createJob(name, BG_JOB_TYPE.DOWNLOAD);
      for (let index = 0; index < 30; index += 1) {
        const url = origin.put(`/${name}${index}`, { body: bodyOf(index) });
        await job.addFile(url, world.target(`${name}${index}.bin`));
      }
      return job;
    }),
  );
  await Promise.all(jobs.map(runAndComplete));
  assert.equal((await world.names()).length, 90);
  assert.ok(origin.connections.peakBusy <= 4, `${origin.connections.peakBusy} at once`);
});

test('a large file among small ones is whole, and so are they', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await addMany(world, origin, 12);
  const large = { size: 30_000_000, seed: 99 };
  await job.addFile(origin.put('/large', { body: large }), world.target('large.bin'));
  await job.addFile(origin.put('/last', { body: bodyOf(500) }), world.target('last.bin'));
  await runAndComplete(job);
  await assertContent(world.target('large.bin'), large);
  await assertContent(world.target('last.bin'), bodyOf(500));
  assert.equal((await world.names()).length, 14);
});

test('a file that is not there fails the job by its name, and the others keep what they have', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await addMany(world, origin, 40);
  origin.always('/20', { kind: 'status', status: 404 });
  assert.equal(await runToEnd(job), 'ERROR');
  const failure = await reportedFailure(job);
  assert.equal(failure.code, 'HTTP 404');
  assert.equal(failure.file, world.target('20.bin'));
  const sent = origin.bytesSent((request) => request.path !== '/20');

  origin.clear();
  await runAndComplete(job);
  await assertAll(world, 40);
  // Those that were on their way when the job failed went on from where they were.
  const rest = origin.bytesSent((request) => request.path !== '/20') - sent;
  assert.ok(sent + rest <= bytesOf(40) + 4 * (SIZE + 40), `${sent} and ${rest} bytes`);
});

test('a job suspended among its files goes on with those that are missing', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 2_000_000 } });
  await using world = await openWorld();
  const job = await addMany(world, origin, 60);
  await job.resume();
  await until(async () => (await job.getProgress()).filesTransferred >= 10, { what: '10 files' });
  await job.suspend();
  assert.equal(await job.getState(), SUSPENDED);
  const { filesTransferred } = await job.getProgress();
  const before = origin.requests.length;
  const manager = await world.reopen();
  const again = await manager.getJob(await job.getId());
  // What was done is done in the store too.
  assert.equal((await again.getProgress()).filesTransferred, filesTransferred);
  origin.limit({});
  await runAndComplete(again);
  await assertAll(world, 60);
  assert.ok(origin.requests.length - before <= 60 - filesTransferred);
});

test('a job cancelled among its files leaves none of them', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 2_000_000 } });
  await using world = await openWorld();
  const job = await addMany(world, origin, 60);
  await job.resume();
  await until(async () => (await job.getProgress()).filesTransferred >= 10, { what: '10 files' });
  assert.equal(await job.cancel(), S_OK);
  assert.deepEqual(await world.names(), []);
});

test('a directory that vanishes among the files fails the job, and nothing is lost once it is back', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 2_000_000 } });
  await using world = await openWorld({ retry: NO_RETRIES });
  const job = await addMany(world, origin, 60);
  const directory = dirname(world.target('x'));
  await job.resume();
  await until(async () => (await job.getProgress()).filesTransferred >= 10, { what: '10 files' });
  await rename(directory, `${directory}.away`);
  await until(
    async () => {
      const state = await job.getState();
      return state === BG_JOB_STATE.ERROR || state === TRANSIENT_ERROR;
    },
    { what: 'the failure' },
  );
  assert.equal((await reportedFailure(job)).code, 'ERROR_PATH_NOT_FOUND');
  const { filesTransferred } = await job.getProgress();
  assert.ok(filesTransferred >= 10);
  await rename(`${directory}.away`, directory);
  origin.limit({});
  await runAndComplete(job);
  await assertAll(world, 60);
});

test('every file is told of once, in order, and never two at a time', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await addMany(world, origin, 80);
  const told: string[] = [];
  let inside = 0;
  await job.setNotifyFlags(BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.FILE_TRANSFERRED);
  await job.setNotifyInterface({
    jobTransferred() {},
    jobError() {},
    jobModification() {},
    async fileTransferred(_, file) {
      inside += 1;
      assert.equal(inside, 1);
      told.push(await file.getRemoteName());
      inside -= 1;
    },
  });
  await job.resume();
  await waitForState(job, TRANSFERRED);
  await until(() => told.length === 80, { what: '80 notifications' });
  assert.deepEqual(
    told.map((url) => new URL(url).pathname),
    Array.from({ length: 80 }, (_, index) => `/${index}`),
  );
});
