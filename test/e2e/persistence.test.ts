import assert from 'node:assert/strict';
import { readdir, truncate, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import {
  BG_JOB_PRIORITY,
  BG_JOB_STATE,
  BG_JOB_TYPE,
  BG_NOTIFY,
  BITS_JOB_PROPERTY_ID,
  BITS_JOB_TRANSFER_POLICY,
  openManager,
  type IBackgroundCopyJob,
} from '../../src/index.ts';
import {
  NO_RETRIES,
  addJob,
  assertContent,
  openWorld,
  runAndComplete,
  runToEnd,
  waitForBytes,
  waitForState,
} from '../support/engine-world.ts';
import { startOrigin } from '../support/origin.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const { SUSPENDED, QUEUED, TRANSFERRED, TRANSFERRING, TRANSIENT_ERROR, ERROR } = BG_JOB_STATE;
const body = { size: 500_000, seed: 9 };
const callback = { jobTransferred() {}, jobError() {}, jobModification() {} };

async function factsOf(job: IBackgroundCopyJob): Promise<unknown> {
  const files = await (await job.enumFiles()).next(100);
  return {
    id: await job.getId(),
    name: await job.getDisplayName(),
    type: await job.getType(),
    state: await job.getState(),
    priority: await job.getPriority(),
    times: await job.getTimes(),
    flags: await job.getNotifyFlags(),
    timeout: await job.getNoProgressTimeout(),
    cost: await job.getProperty(BITS_JOB_PROPERTY_ID.COST_FLAGS),
    clsid: await job.getProperty(BITS_JOB_PROPERTY_ID.NOTIFICATION_CLSID),
    headers: await job.getCustomHeaders(),
    progress: await job.getProgress(),
    files: await Promise.all(
      files.map(async (file) => ({
        url: await file.getRemoteName(),
        target: await file.getLocalName(),
        progress: await file.getProgress(),
        ranges: await file.getFileRanges(),
        stats: { ...(await file.getStats()), downloadDuration: 0 },
      })),
    ),
  };
}

test('every property of a job and of its files survives a restart', async () => {
  await using world = await openWorld();
  const job = await world.manager.createJob('Ünïcode "name"', BG_JOB_TYPE.DOWNLOAD);
  await job.addFile('http://127.0.0.1:9/a?b=c#d', world.target('a'));
  await job.addFileWithRanges(
    'id',
    'http://127.0.0.1:9/b',
    world.target('b'),
    [
      { initialOffset: 500, length: 10 },
      { initialOffset: 0, length: 3 },
    ],
    1_000,
  );
  await job.setPriority(BG_JOB_PRIORITY.HIGH);
  await job.setNotifyFlags(BG_NOTIFY.JOB_MODIFICATION | BG_NOTIFY.JOB_ERROR);
  await job.setNoProgressTimeout(77);
  await job.setProperty(BITS_JOB_PROPERTY_ID.COST_FLAGS, BITS_JOB_TRANSFER_POLICY.ALWAYS);
  await job.setProperty(
    BITS_JOB_PROPERTY_ID.NOTIFICATION_CLSID,
    '01234567-89ab-cdef-0123-456789abcdef',
  );
  await job.setCustomHeaders('Authorization: Bearer secret\r\n');
  const before = await factsOf(job);
  const again = await (await world.reopen()).getJob(await job.getId());
  assert.deepEqual(await factsOf(again), before);
});

for (const state of ['SUSPENDED', 'TRANSFERRED', 'ERROR'] as const) {
  test(`a job that is ${state} is so after a restart, with its bytes`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/file', { body });
    const job = await world.manager.createJob('kept', BG_JOB_TYPE.DOWNLOAD);
    await job.addFile(url, world.target('first'));
    if (state !== 'TRANSFERRED') {
      const second = origin.put('/second', { body });
      await job.addFile(second, world.target('second'));
      origin.script('/second', [
        state === 'ERROR'
          ? { kind: 'status', status: 404 }
          : { kind: 'stall', afterBytes: 100_000 },
      ]);
    }
    if (state === 'SUSPENDED') {
      await job.resume();
      await waitForBytes(job, 600_000);
      await job.suspend();
    } else await runToEnd(job);
    const before = await factsOf(job);
    const again = await (await world.reopen()).getJob(await job.getId());
    assert.deepEqual(await factsOf(again), before);
    await assert.rejects(again.getError(), { code: 'DO_E_ERROR_INFORMATION_UNAVAILABLE' });
    if (state === 'TRANSFERRED') await again.complete();
    else await runAndComplete(again);
    await assertContent(world.target('first'), body);
    const fetched = origin.requests.filter(({ path }) => path === '/file').length;
    assert.equal(fetched, 1, 'a done file stays done');
  });
}

test('the error object is lost in a restart, and its reason for people is not', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const { job } = await addJob(world, origin.url('/missing'));
  await runToEnd(job);
  const held = await job.getError();
  const failure = await job.getLastFailure();
  const again = await (await world.reopen()).getJob(await job.getId());
  assert.equal(await again.getState(), ERROR);
  await assert.rejects(again.getError(), { code: 'DO_E_ERROR_INFORMATION_UNAVAILABLE' });
  assert.equal(await again.getDOProperty(0), '');
  assert.deepEqual(await again.getLastFailure(), failure);
  assert.equal((await held.getError()).code, 0x8019_0194, 'an object handed out stays valid');
});

test('the callback is lost in a restart, and the mask is not', async () => {
  await using world = await openWorld();
  const { job } = await addJob(world, 'http://127.0.0.1:9/');
  await job.setNotifyFlags(BG_NOTIFY.JOB_ERROR);
  await job.setNotifyInterface(callback);
  assert.equal(await job.getNotifyInterface(), callback);
  const again = await (await world.reopen()).getJob(await job.getId());
  assert.equal(await again.getNotifyInterface(), null);
  assert.equal(await again.getNotifyFlags(), BG_NOTIFY.JOB_ERROR);
});

test('a new URL is lost in a restart unless resume followed it', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: NO_RETRIES, startInterrupted: false });
  const old = origin.url('/old');
  const { job, file } = await addJob(world, old);
  await file.setRemoteName(origin.url('/new'));
  assert.equal(await file.getRemoteName(), origin.url('/new'));
  let again = await (await world.reopen()).getJob(await job.getId());
  let [found] = await (await again.enumFiles()).next();
  assert.equal(await found!.getRemoteName(), old);

  await found!.setRemoteName(origin.url('/new'));
  await again.resume();
  await again.suspend();
  again = await (await world.reopen()).getJob(await job.getId());
  [found] = await (await again.enumFiles()).next();
  assert.equal(await found!.getRemoteName(), origin.url('/new'));
});

for (const state of ['TRANSFERRING', 'QUEUED', 'TRANSIENT_ERROR'] as const) {
  test(`a job that is ${state} goes on by itself in the next process, and fetches nothing twice`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld({ retry: NO_RETRIES, backgroundSlots: 1 });
    const url = origin.put('/file', { body });
    origin.script('/file', [
      state === 'TRANSIENT_ERROR'
        ? { kind: 'close-mid-body', afterBytes: 200_000 }
        : { kind: 'stall', afterBytes: 200_000 },
    ]);
    const first = await addJob(world, url, 'first');
    await first.job.resume();
    await waitForBytes(first.job, 200_000);
    const subject = state === 'QUEUED' ? await addJob(world, url, 'second') : first;
    if (state === 'QUEUED') await subject.job.resume();
    await waitForState(subject.job, BG_JOB_STATE[state]);
    const id = await subject.job.getId();
    const manager = await world.reopen();
    const again = await manager.getJob(id);
    await waitForState(again, TRANSFERRED);
    await again.complete();
    await assertContent(subject.target, body);
    const resumed = origin.requests.find(({ headers }) => headers['range'] !== undefined);
    assert.equal(resumed?.headers['range'], 'bytes=200000-');
  });
}

test('startInterrupted false leaves jobs that were under way alone until they are resumed', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: NO_RETRIES });
  const url = origin.put('/file', { body });
  origin.script('/file', [{ kind: 'stall', afterBytes: 200_000 }]);
  const { job, target } = await addJob(world, url);
  await job.resume();
  await waitForBytes(job, 200_000);
  assert.equal(await job.getState(), TRANSFERRING);
  const manager = await world.reopen({ startInterrupted: false });
  const again = await manager.getJob(await job.getId());
  const other = await addJob(world, url, 'other');
  await runAndComplete(other.job);
  assert.equal(await again.getState(), QUEUED);
  assert.equal(origin.requests.length, 2);
  await runAndComplete(again);
  await assertContent(target, body);
  assert.equal(origin.requests.at(-1)?.headers['range'], 'bytes=200000-');
});

test('statistics and the head of the last answer survive', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const { job, file } = await addJob(world, origin.put('/file', { body }));
  await runToEnd(job);
  const [head, stats] = [await file.getProperty(1), await file.getStats()];
  const again = await (await world.reopen()).getJob(await job.getId());
  const [found] = await (await again.enumFiles()).next();
  assert.equal(await found!.getProperty(1), head);
  assert.deepEqual(await found!.getStats(), stats);
});

test('final jobs are found by nobody after a restart', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const done = await addJob(world, origin.put('/file', { body }), 'done');
  await runAndComplete(done.job);
  const gone = await addJob(world, origin.url('/file'), 'gone');
  await gone.job.cancel();
  const manager = await world.reopen();
  assert.equal(await (await manager.enumJobs()).getCount(), 0);
  for (const { job } of [done, gone]) {
    await assert.rejects(manager.getJob(await job.getId()), { code: 'DO_E_JOB_NOT_FOUND' });
  }
  await assertContent(done.target, body);
});

test('objects of a closed manager still read, and change nothing', async () => {
  await using world = await openWorld();
  const { job } = await addJob(world, 'http://127.0.0.1:9/');
  await world.close();
  assert.equal(await job.getState(), SUSPENDED);
  await assert.rejects(job.resume(), { code: 'DO_E_NO_SERVICE' });
  await assert.rejects(job.cancel(), { code: 'DO_E_NO_SERVICE' });
});

test('a second manager on the same directory is refused, and told who has it', async () => {
  await using world = await openWorld({ processName: 'the first one' });
  await assert.rejects(
    openManager({ dataDir: world.dataDir }),
    (error: Error & { hresult?: number }) => {
      assert.equal(error.hresult, 0x8007_0020);
      assert.match(error.message, /the first one/);
      return true;
    },
  );
  const { job } = await addJob(world, 'http://127.0.0.1:9/');
  assert.equal(await job.getState(), SUSPENDED, 'the first one is not disturbed');
  await world.close();
  await using next = await openManager({ dataDir: world.dataDir });
  assert.equal(await (await next.enumJobs()).getCount(), 1);
});

for (const [name, damage] of [
  ['is no database', (path: string) => writeFile(path, 'this was a database once'.repeat(1_000))],
  ['is cut in half', (path: string) => truncate(path, 10_000)],
] as const) {
  test(`a store that ${name} is set aside with a message, and the next jobs work`, async () => {
    await using directory = await temporaryDirectory();
    const dataDir = directory.join('data');
    await using origin = await startOrigin();
    {
      await using world = await openWorld({ dataDir });
      for (let index = 0; index < 20; index += 1)
        await addJob(world, origin.url('/file'), `${index}`);
    }
    const database = (await readdir(dataDir)).find((file) => /\.(db|sqlite3?)$/.test(file));
    assert.ok(database !== undefined, (await readdir(dataDir)).join(', '));
    await damage(`${dataDir}/${database}`);
    for (const extra of ['-wal', '-shm']) {
      if ((await readdir(dataDir)).includes(database + extra))
        await writeFile(`${dataDir}/${database}${extra}`, '');
    }
    await using world = await openWorld({ dataDir });
    assert.ok(world.warnings.length > 0, 'it is told');
    assert.ok(
      (await readdir(dataDir)).some((file) => file !== database && file.startsWith(database)),
    );
    const { job, target } = await addJob(world, origin.put('/file', { body }));
    await runAndComplete(job);
    await assertContent(target, body);
  });
}

test('a manager that is closed in mid-transfer again and again gets there in the end', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const large = { size: 3_000_000, seed: 10 };
  const url = origin.put('/file', { body: large });
  origin.always('/file', { kind: 'rate', bytesPerSecond: 8_000_000 });
  const { job, target } = await addJob(world, url);
  await job.resume();
  const id = await job.getId();
  let current = job;
  for (let round = 1; round <= 6; round += 1) {
    await waitForBytes(current, round * 400_000);
    current = await (await world.reopen()).getJob(id);
  }
  await waitForState(current, TRANSFERRED);
  await current.complete();
  await assertContent(target, large);
  await origin.idle();
  assert.ok(origin.requests.length <= 8);
  assert.deepEqual(world.warnings, []);
});

test('closing does not wait for retries, and a job in TRANSIENT_ERROR is retried at once after it', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: NO_RETRIES });
  const url = origin.put('/file', { body });
  origin.script('/file', [{ kind: 'retry-after', status: 503, value: 86_400 }]);
  const { job, target } = await addJob(world, url);
  await job.resume();
  await waitForState(job, TRANSIENT_ERROR);
  const again = await (await world.reopen()).getJob(await job.getId());
  await waitForState(again, TRANSFERRED);
  await again.complete();
  await assertContent(target, body);
});
