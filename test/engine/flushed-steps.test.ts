import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DODownloadProperty, DODownloadState } from '../../src/core/constants.ts';
import type { DO_DOWNLOAD_STATUS, IDODownload } from '../../src/core/interfaces/download.ts';
import { DOManager } from '../../src/engine/interfaces/download-manager.ts';
import { partPath } from '../../src/io/disk/part-name.ts';
import type { StoreChange } from '../../src/ports/job-store.ts';
import {
  fileOf,
  openClockWorld,
  startJob,
  until,
  type ClockWorld,
} from '../support/clock-world.ts';
import { settle } from '../support/manual-clock.ts';

const URL = 'http://origin.example/file';

/** Has flushes of the store wait until the returned function is called. */
function holdFlushes({ store }: ClockWorld): () => void {
  const held = Promise.withResolvers<void>();
  store.flushed = () => held.promise;
  return held.resolve;
}

async function settledAfter(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): boolean => (settled = true);
  void promise.then(note, note);
  await settle();
  return settled;
}

/** Makes a call whose flush takes a second, and gives its callbacks a second after its answer. */
async function assertToldAfter(
  world: ClockWorld,
  told: readonly unknown[],
  call: () => Promise<void>,
): Promise<void> {
  const release = holdFlushes(world);
  const answer = call();
  assert.equal(await settledAfter(answer), false);
  await world.clock.advance(1_000);
  assert.deepEqual(told, []);
  release();
  await answer;
  assert.deepEqual(told, [], 'never inside the call');
  await world.clock.advance(1_000);
}

test('a call resolves once what it has changed is flushed; one that changes nothing at once', async () => {
  await using world = openClockWorld();
  world.web.put(URL, { body: { size: 20_000, seed: 1 } });
  const release = holdFlushes(world);
  const creating = world.manager.createJob('it', 0);
  assert.equal(await settledAfter(creating), false);
  release();
  const job = await creating;

  const releaseNext = holdFlushes(world);
  assert.equal(await settledAfter(job.getState()), true);
  const adding = job.addFile(URL, '/data/it');
  assert.equal(await settledAfter(adding), false);
  releaseNext();
  await adding;
});

test('a call that finds its work done waits for the flush of it all the same', async () => {
  await using world = openClockWorld();
  world.web.put(URL, { body: { size: 20_000, seed: 1 } });
  const { job } = await startJob(world, URL);
  const release = holdFlushes(world);
  const first = job.suspend();
  const second = job.suspend();
  assert.equal(await settledAfter(first), false);
  assert.equal(await settledAfter(second), false);
  release();
  await Promise.all([first, second]);
});

test('a job whose creation cannot be flushed is dropped, for nobody knows its id', async () => {
  await using world = openClockWorld();
  world.store.flushed = () => Promise.reject(new Error('the disk is gone'));
  await assert.rejects(world.manager.createJob('it', 0), /the disk is gone/);
  world.store.flushed = () => Promise.resolve();
  assert.equal(await (await world.manager.enumJobs()).getCount(), 0);
});

test("a call whose flush fails rejects with the store's error, and has happened", async () => {
  await using world = openClockWorld();
  const job = await world.manager.createJob('it', 0);
  world.store.flushed = () => Promise.reject(new Error('the disk is gone'));
  await assert.rejects(job.setNoProgressTimeout(77), /the disk is gone/);
  world.store.flushed = () => Promise.resolve();
  assert.equal(await job.getNoProgressTimeout(), 77);
});

test('callbacks hear of what a call brought about after its answer', async () => {
  await using world = openClockWorld();
  world.web.put(URL, { body: { size: 20_000, seed: 1 } });
  const { job, live } = await startJob(world, URL);
  await until(world, live, 'TRANSFERRED');
  const told: string[] = [];
  await assertToldAfter(world, told, () =>
    job.setNotifyInterface({
      jobTransferred: () => void told.push('transferred'),
      jobError: () => void told.push('error'),
      jobModification: () => void told.push('modification'),
    }),
  );
  assert.deepEqual(told, ['transferred']);
});

test('a status callback hears of what a call brought about after its answer', async () => {
  await using world = openClockWorld();
  world.web.put(URL, { body: { size: 20_000, seed: 1 } });
  const download = await new DOManager(world.engine, world.engine.settings.owner).createDownload();
  await download.setProperty(DODownloadProperty.Uri, URL);
  await download.setProperty(DODownloadProperty.LocalPath, '/data/download');
  const told: DODownloadState[] = [];
  await download.setProperty(DODownloadProperty.CallbackInterface, {
    onStatusChange: (_download: IDODownload, { state }: DO_DOWNLOAD_STATUS) =>
      void told.push(state),
  });
  await assertToldAfter(world, told, () => download.start());
  assert.equal(told.at(-1), DODownloadState.Transferred);
});

test('no file is renamed or deleted before the step behind it is flushed', async () => {
  await using world = openClockWorld();
  world.web.put(URL, { body: { size: 20_000, seed: 1 } });
  for (const [name, end] of [
    ['kept', 'complete'],
    ['dropped', 'cancel'],
  ] as const) {
    const { job, live } = await startJob(world, URL, { name });
    await until(world, live, 'TRANSFERRED');
    const part = partPath({ jobId: live.id, index: 0, localName: `/data/${name}` });
    const release = holdFlushes(world);
    const ending = job[end]();
    assert.equal(await settledAfter(ending), false);
    assert.ok(world.disk.contentOf(part), `${end} waits`);
    release();
    await ending;
    assert.equal(world.disk.contentOf(part), undefined);
  }
});

test('a step that takes bytes back from the record is flushed before anything follows', async () => {
  await using world = openClockWorld();
  world.web.put(URL, { body: { size: 20_000, seed: 1 } });
  const { job, live } = await startJob(world, URL);
  await until(world, live, 'TRANSFERRED');
  await world.disk.remove({ jobId: live.id, index: 0, localName: '/data/out' });
  const changes: StoreChange[] = [];
  const commit = world.store.commit.bind(world.store);
  world.store.commit = (change) => {
    changes.push(change);
    commit(change);
  };
  await assert.rejects(job.complete(), { code: 'ERROR_FILE_NOT_FOUND' });
  assert.deepEqual(fileOf(live).flushed, []);
  const emptied = changes.filter(({ files = [] }) =>
    files.some(({ flushed }) => flushed.length === 0),
  );
  assert.deepEqual(
    emptied.map(({ flushed }) => flushed),
    [true],
  );
  assert.ok(
    changes.some(({ flushed }) => flushed !== true),
    'others are not',
  );
});

test('a file is emptied only when the store vouches for nothing of it, whatever memory says', async () => {
  await using world = openClockWorld();
  world.web.put(URL, { body: { size: 20_000, seed: 1 } });
  const job = await world.manager.createJob('it', 0);
  await job.addFile(URL, '/data/out');
  const live = world.engine.jobs.get(await job.getId());
  const id = { jobId: live.id, index: 0, localName: '/data/out' };
  const left = await world.disk.open(id, false);
  await left?.write([Buffer.from('left by a version that memory knows nothing of')], 0);
  await left?.[Symbol.asyncDispose]();
  const acts: string[] = [];
  const checkpoint = world.store.checkpoint.bind(world.store);
  world.store.checkpoint = (change) => {
    acts.push(`${change.durability} checkpoint`);
    checkpoint(change);
  };
  world.disk.onCall = ({ name }) => void acts.push(name);
  await job.resume();
  await until(world, live, 'TRANSFERRED');
  assert.deepEqual(acts.slice(acts.indexOf('open'), acts.indexOf('truncate') + 1), [
    'open',
    'flushed checkpoint',
    'truncate',
  ]);
  await job.complete();
});
