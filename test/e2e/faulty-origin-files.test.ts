import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import {
  BG_JOB_STATE,
  BG_JOB_TYPE,
  BG_NOTIFY,
  BG_S_PARTIAL_COMPLETE,
  BG_SIZE_UNKNOWN,
  DO_UNKNOWN_FILE_SIZE,
  DOFilePropertyId,
  S_OK,
  SWARM_STATUS,
  type IBackgroundCopyFile,
} from '../../src/index.ts';
import {
  NO_RETRIES,
  addJob,
  assertContent,
  attemptsOf,
  openWorld,
  reportedFailure,
  runAndComplete,
  runToEnd,
  waitForBytes,
  waitForState,
} from '../support/engine-world.ts';
import { bytesAt, sha256Of, startOrigin, type Origin } from '../support/origin.ts';
import { temporaryDirectory, until } from '../support/temporary.ts';

const { TRANSFERRED, TRANSFERRING, TRANSIENT_ERROR, ERROR, SUSPENDED } = BG_JOB_STATE;
const SIZE = 1_000_000;
const body = { size: SIZE, seed: 31 };

const rangesOf = (origin: Origin): (string | undefined)[] =>
  origin.requests.map(({ headers }) => headers['range']);

// Sizes.

for (const [name, expected] of [
  ['larger', SIZE + 1],
  ['smaller', SIZE - 1],
  ['0', 0],
] as const) {
  test(`an expected size that is ${name} ends the job in ERROR`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/file.bin', { body });
    const job = await world.manager.createJob('sized', BG_JOB_TYPE.DOWNLOAD);
    await job.addFileWithRanges('id', url, world.target('out.bin'), null, expected);
    assert.equal(await runToEnd(job), 'ERROR');
    const failure = await reportedFailure(job);
    assert.equal(failure.hresult, 0x80d0_5001);
    assert.equal(failure.info['FileId'], 'id');
    assert.equal(await job.complete(), BG_S_PARTIAL_COMPLETE);
    assert.deepEqual(await world.names(), []);
  });
}

test('an expected size that is right is shown from the start and changes nothing', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  const job = await world.manager.createJob('sized', BG_JOB_TYPE.DOWNLOAD);
  const file = await job.addFileWithRanges('id', url, world.target('out.bin'), null, SIZE);
  assert.equal((await file.getProgress()).bytesTotal, SIZE);
  await runAndComplete(job);
  await assertContent(world.target('out.bin'), body);
});

test('a chunked body of another size than expected is refused, and of that size taken', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'chunked' });
  for (const [expected, end] of [
    [SIZE + 5, 'ERROR'],
    [SIZE - 5, 'ERROR'],
    [SIZE, 'TRANSFERRED'],
  ] as const) {
    const job = await world.manager.createJob('sized', BG_JOB_TYPE.DOWNLOAD);
    await job.addFileWithRanges('id', url, world.target('out.bin'), null, expected);
    assert.equal(await runToEnd(job), end, `${expected}`);
    if (end === 'ERROR') assert.equal((await reportedFailure(job)).hresult, 0x80d0_5001);
    await job.complete();
  }
  await assertContent(world.target('out.bin'), body);
});

for (const [name, faults] of [
  ['with a length', []],
  ['chunked', [{ kind: 'chunked' }]],
  ['until the connection ends', [{ kind: 'until-close' }]],
] as const) {
  test(`an empty file ${name} is created empty`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/empty', { body: Buffer.alloc(0) });
    origin.always('/empty', faults);
    const { job, file, target } = await addJob(world, url);
    await runAndComplete(job);
    assert.equal((await stat(target)).size, 0);
    assert.deepEqual(await file.getProgress(), {
      bytesTotal: 0,
      bytesTransferred: 0,
      completed: true,
    });
    assert.equal(origin.requests.length, 1);
  });
}

test('an empty file that is expected empty is still asked for once', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/empty', { body: Buffer.alloc(0) });
  const job = await world.manager.createJob('empty', BG_JOB_TYPE.DOWNLOAD);
  const target = world.target('out.bin');
  await job.addFileWithRanges('id', url, target, null, 0);
  await runAndComplete(job);
  assert.equal((await stat(target)).size, 0);
  assert.deepEqual(rangesOf(origin), [undefined]);
});

test('the size is unknown until the first answer, and of a chunked body until its end', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [
    [{ kind: 'chunked' }, { kind: 'stall', afterBytes: 300_000, forMs: 200 }],
  ]);
  const { job, file } = await addJob(world, url);
  assert.equal((await job.getProgress()).bytesTotal, BG_SIZE_UNKNOWN);
  await job.resume();
  await waitForBytes(job, 200_000);
  assert.equal((await file.getProgress()).bytesTotal, DO_UNKNOWN_FILE_SIZE);
  await waitForState(job, TRANSFERRED);
  assert.equal((await file.getProgress()).bytesTotal, SIZE);
  assert.equal(await file.getDOProperty(DOFilePropertyId.TotalSizeBytes), SIZE);
});

// Many files.

test('forty files arrive in the order of adding, each told before the job', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await world.manager.createJob('many', BG_JOB_TYPE.DOWNLOAD);
  const sizes = Array.from({ length: 40 }, (_, index) => (index * 7_919) % 30_000);
  await job.addFileSet(
    sizes.map((size, index) => ({
      remoteName: origin.put(`/${index}`, { body: { size, seed: index } }),
      localName: world.target(`${index}`),
    })),
  );
  const told: string[] = [];
  await job.setNotifyFlags(BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.FILE_TRANSFERRED);
  await job.setNotifyInterface({
    jobTransferred: () => void told.push('job'),
    jobError: () => void told.push('error'),
    jobModification: () => void told.push('modification'),
    fileTransferred: async (_job, file) =>
      void told.push((await file.getLocalName()).split('/').at(-1)!),
  });
  await job.resume();
  await waitForState(job, TRANSFERRED);
  await until(() => told.length === 41, { what: 'all notifications' });
  assert.deepEqual(told, [...sizes.map((_, index) => String(index)), 'job']);
  assert.deepEqual(await job.getProgress(), {
    bytesTotal: sizes.reduce((sum, size) => sum + size, 0),
    bytesTransferred: sizes.reduce((sum, size) => sum + size, 0),
    filesTotal: 40,
    filesTransferred: 40,
  });
  assert.equal(await job.complete(), S_OK);
  for (const [index, size] of sizes.entries()) {
    await assertContent(world.target(`${index}`), { size, seed: index });
  }
  assert.deepEqual(
    origin.requests.map(({ path }) => path),
    sizes.map((_, index) => `/${index}`),
  );
});

test('a fatal failure of the third file leaves the first two done and the rest untouched', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await world.manager.createJob('five', BG_JOB_TYPE.DOWNLOAD);
  for (const index of [1, 2, 3, 4, 5]) {
    const url = origin.put(`/${index}`, { body: { size: 10_000, seed: index } });
    await job.addFile(url, world.target(`${index}`));
  }
  origin.remove('/3');
  assert.equal(await runToEnd(job), 'ERROR');
  const failure = await reportedFailure(job);
  assert.equal(failure.code, 'HTTP 404');
  assert.equal(failure.file, world.target('3'));
  assert.equal((await job.getProgress()).filesTransferred, 2);
  assert.deepEqual(
    origin.requests.map(({ path }) => path),
    ['/1', '/2', '/3'],
  );
  assert.equal(await job.complete(), BG_S_PARTIAL_COMPLETE);
  assert.deepEqual(await world.names(), ['1', '2']);
});

test('complete in the middle of the third of five files saves the first two', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await world.manager.createJob('five', BG_JOB_TYPE.DOWNLOAD);
  for (const index of [1, 2, 3, 4, 5]) {
    const url = origin.put(`/${index}`, { body: { size: 100_000, seed: index } });
    await job.addFile(url, world.target(`${index}`));
  }
  origin.script('/3', [{ kind: 'stall', afterBytes: 50_000 }]);
  await job.resume();
  await waitForBytes(job, 250_000);
  assert.equal(await job.getState(), TRANSFERRING);
  assert.equal(await job.complete(), BG_S_PARTIAL_COMPLETE);
  assert.equal(await job.getState(), BG_JOB_STATE.ACKNOWLEDGED);
  assert.deepEqual(await world.names(), ['1', '2']);
  await assertContent(world.target('2'), { size: 100_000, seed: 2 });
  const files = await (await job.enumFiles()).next(5);
  const completed = await Promise.all(
    files.map(async (file) => (await file.getProgress()).completed),
  );
  assert.deepEqual(completed, [true, true, false, false, false]);
});

// Suspend and cancel.

test('suspend in mid-transfer keeps the bytes, and resume continues behind them', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'rate', bytesPerSecond: 1_000_000 }]);
  const { job, file, target } = await addJob(world, url);
  await job.resume();
  await waitForBytes(job, 200_000);
  await job.suspend();
  const kept = (await file.getProgress()).bytesTransferred;
  const [partial] = await world.names();
  assert.match(partial!, /\.haulyard-part$/);
  assert.equal((await stat(world.target(partial!))).size, kept);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(rangesOf(origin), [undefined, `bytes=${kept}-`]);
  assert.deepEqual(await world.names(), ['out.bin']);
});

test('suspend and resume without a pause between them lose nothing', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'rate', bytesPerSecond: 3_000_000 });
  const { job, target } = await addJob(world, url);
  for (let round = 0; round < 20; round += 1) {
    void job.suspend();
    void job.resume();
    await waitForBytes(job, Math.min(SIZE, round * 20_000));
  }
  await waitForState(job, TRANSFERRED);
  await job.complete();
  await assertContent(target, body);
});

test('cancel in mid-transfer deletes the partial files, those of done files too', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await world.manager.createJob('two', BG_JOB_TYPE.DOWNLOAD);
  for (const index of [1, 2]) {
    const url = origin.put(`/${index}`, { body: { size: 100_000, seed: index } });
    await job.addFile(url, world.target(`${index}`));
  }
  origin.script('/2', [{ kind: 'stall', afterBytes: 50_000 }]);
  await job.resume();
  await waitForBytes(job, 150_000);
  assert.equal((await world.names()).length, 2);
  assert.equal(await job.cancel(), S_OK);
  assert.equal(await job.getState(), BG_JOB_STATE.CANCELLED);
  assert.deepEqual(await world.names(), []);
  await assert.rejects(world.manager.getJob(await job.getId()), { code: 'DO_E_JOB_NOT_FOUND' });
});

// SetRemoteName.

for (const [name, same] of [
  ['the same size and date', true],
  ['another date', false],
] as const) {
  test(`a mirror with ${name} ${same ? 'is continued from' : 'makes the file start over'}`, async () => {
    await using origin = await startOrigin();
    await using mirror = await startOrigin();
    await using world = await openWorld({ retry: NO_RETRIES });
    const url = origin.put('/file.bin', { body, etag: '"here"' });
    const other = same ? body : { size: SIZE, seed: 99 };
    const there = mirror.put('/copy.bin', {
      body: other,
      etag: '"there"',
      ...(same ? {} : { lastModified: new Date(Date.UTC(2024, 3, 1)) }),
    });
    origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 400_000 }]);
    const { job, file, target } = await addJob(world, url);
    await job.resume();
    await waitForState(job, TRANSIENT_ERROR);
    await job.suspend();
    await file.setRemoteName(there);
    assert.equal(await file.getRemoteName(), there);
    mirror.script('/copy.bin', [{ kind: 'close-mid-body', afterBytes: 100_000 }]);
    assert.deepEqual(await attemptsOf(job), ['ERROR_WINHTTP_CONNECTION_ERROR', 'TRANSFERRED']);
    await job.complete();
    await assertContent(target, other);
    const [first, ...later] = mirror.requests;
    assert.equal(first?.headers['range'], 'bytes=400000-');
    assert.notEqual(first?.headers['if-range'], '"here"', 'never the tag of another URL (N-11)');
    assert.equal(later.at(-1)?.headers['if-range'], '"there"');
    if (same) assert.equal(mirror.bytesSent(), SIZE - 400_000);
  });
}

test('a mirror with the date alone is asked by If-Range with it', async () => {
  await using origin = await startOrigin();
  await using mirror = await startOrigin();
  await using world = await openWorld({ retry: NO_RETRIES });
  const url = origin.put('/file.bin', { body });
  const there = mirror.put('/file.bin', { body: { size: SIZE + 10, seed: 98 } });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 400_000 }]);
  const { job, file, target } = await addJob(world, url);
  await job.resume();
  await waitForState(job, TRANSIENT_ERROR);
  await file.setRemoteName(there);
  await runAndComplete(job);
  await assertContent(target, { size: SIZE + 10, seed: 98 });
});

test('a 404 at the new URL is fatal and keeps the bytes for the old one', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ retry: NO_RETRIES });
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 400_000 }]);
  const { job, file, target } = await addJob(world, url);
  await job.resume();
  await waitForState(job, TRANSIENT_ERROR);
  await file.setRemoteName(origin.url('/missing.bin'));
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).code, 'HTTP 404');
  assert.equal((await file.getProgress()).bytesTransferred, 400_000);
  await file.setRemoteName(url);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(rangesOf(origin), [undefined, 'bytes=400000-', 'bytes=400000-']);
  assert.equal(origin.requests[2]?.headers['if-range'], '"seed-31-1000000"');
});

test('a new URL in mid-transfer lets the running answer go on', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.put('/other.bin', { body: { size: 5, seed: 1 } });
  origin.script('/file.bin', [{ kind: 'stall', afterBytes: 400_000, forMs: 200 }]);
  const { job, file, target } = await addJob(world, url);
  await job.resume();
  await waitForBytes(job, 400_000);
  await file.setRemoteName(origin.url('/other.bin'));
  await waitForState(job, TRANSFERRED);
  await job.complete();
  await assertContent(target, body);
  assert.equal(origin.requests.length, 1);
});

// Digests.

for (const algorithm of ['sha-256', 'sha-512'] as const) {
  test(`a ${algorithm} digest that matches lets the file through`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/file.bin', { body });
    const name = algorithm.replace('-', '');
    const hex = createHash(name)
      .update(bytesAt(31, 0, SIZE))
      .digest('hex')
      .toUpperCase();
    const { job, target } = await addJob(world, url, 'out.bin', { digest: { algorithm, hex } });
    await runAndComplete(job);
    await assertContent(target, body);
    assert.equal(origin.requests.length, 1);
  });
}

test('content that does not match is fetched once more past caches, then it is an error', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'corrupt', contentOffset: 777_777 });
  const digest = { algorithm: 'sha-256', hex: sha256Of(SIZE, 31) } as const;
  const { job, target } = await addJob(world, url, 'out.bin', { digest });
  assert.equal(await runToEnd(job), 'ERROR');
  const failure = await reportedFailure(job);
  assert.equal(failure.code, 'DO_E_BAD_PIECE_HASH');
  assert.equal(failure.hresult, 0x80d0_6805);
  assert.equal(failure.file, target);
  assert.deepEqual(
    origin.requests.map(({ headers }) => [headers['range'], headers['cache-control']]),
    [
      [undefined, undefined],
      [undefined, 'no-cache'],
    ],
  );
  assert.equal(await job.complete(), BG_S_PARTIAL_COMPLETE);
  assert.deepEqual(await world.names(), [], 'nothing under any name');
});

test('content that was damaged on the way once is right the second time', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'corrupt', contentOffset: 5 }]);
  const digest = { algorithm: 'sha-256', hex: sha256Of(SIZE, 31) } as const;
  const { job, target } = await addJob(world, url, 'out.bin', { digest });
  await runAndComplete(job);
  await assertContent(target, body);
});

// What else is told of a file.

test("the server's Last-Modified becomes the time of the final file", async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const lastModified = new Date('2019-03-04T05:06:07Z');
  const url = origin.put('/file.bin', { body, lastModified });
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  assert.deepEqual((await stat(target)).mtime, lastModified);
});

for (const value of ['yesterday', undefined, new Date(Date.now() + 86_400_000).toUTCString()]) {
  test(`Last-Modified "${value === undefined || value === 'yesterday' ? value : 'of tomorrow'}" leaves the time as it is`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const startedMs = Date.now() - 2_000;
    const url = origin.put('/file.bin', { body });
    origin.always('/file.bin', { kind: 'last-modified', value });
    const { job, target } = await addJob(world, url);
    await runAndComplete(job);
    const { mtimeMs } = await stat(target);
    assert.ok(
      mtimeMs >= startedMs && mtimeMs <= Date.now() + 2_000,
      new Date(mtimeMs).toISOString(),
    );
  });
}

test('the statistics count what came over the wire, repeated bytes included', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body, etag: null, lastModified: null });
  origin.script('/file.bin', [{ kind: 'close-mid-body', afterBytes: 400_000 }]);
  const { job, file } = await addJob(world, url);
  const before = await file.getStats();
  assert.equal(before.fileSize, DO_UNKNOWN_FILE_SIZE);
  assert.equal(before.status, SWARM_STATUS.Paused);
  await runToEnd(job);
  const stats = await file.getStats();
  assert.equal(stats.bytesFromHttp, SIZE + 400_000);
  assert.equal(stats.totalBytesDownloaded, SIZE + 400_000);
  assert.equal(stats.fileSize, SIZE);
  assert.equal(stats.sourceURL, url);
  assert.equal(stats.status, SWARM_STATUS.Complete);
  assert.equal(stats.httpConnectionCount, 0);
  assert.equal(stats.isBackground, true);
  assert.equal((await job.getProgress()).bytesTransferred, SIZE);
});

// The disk.

const run = promisify(execFile);

/** A disk of its own with so much room; undefined, with the test skipped, where none may be mounted. */
async function smallDisk(t: TestContext, megabytes: number): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) {
    t.skip('mounting a small disk takes root on Linux');
    return undefined;
  }
  const directory = await temporaryDirectory();
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory.path]);
  t.after(async () => {
    await run('umount', ['-l', directory.path]);
    await directory[Symbol.asyncDispose]();
  });
  return directory.path;
}

for (const [name, faults] of [
  ['before the first byte', []],
  ['while it is written, of unknown size', [{ kind: 'chunked' }]],
] as const) {
  test(`a full disk is noticed ${name}; with room again the job goes on`, async (t) => {
    const disk = await smallDisk(t, 4);
    if (disk === undefined) return;
    await using origin = await startOrigin();
    await using world = await openWorld();
    await writeFile(`${disk}/ballast`, Buffer.alloc(3_000_000));
    const large = { size: 3_500_000, seed: 41 };
    const url = origin.put('/file.bin', { body: large });
    origin.always('/file.bin', faults);
    const job = await world.manager.createJob('full', BG_JOB_TYPE.DOWNLOAD);
    await job.addFile(url, `${disk}/out.bin`);
    assert.equal(await runToEnd(job), 'ERROR');
    const failure = await reportedFailure(job);
    assert.equal(failure.hresult, 0x8007_0070);
    assert.equal(failure.file, `${disk}/out.bin`);
    await rm(`${disk}/ballast`);
    await runAndComplete(job);
    await assertContent(`${disk}/out.bin`, large);
    assert.deepEqual(await readdir(disk), ['out.bin']);
  });
}

test('a disk that fills up in mid-transfer keeps what was written', async (t) => {
  const disk = await smallDisk(t, 4);
  if (disk === undefined) return;
  await using origin = await startOrigin();
  await using world = await openWorld();
  const large = { size: 3_500_000, seed: 42 };
  const url = origin.put('/file.bin', { body: large });
  origin.script('/file.bin', [{ kind: 'stall', afterBytes: 500_000, forMs: 300 }]);
  const job = await world.manager.createJob('full', BG_JOB_TYPE.DOWNLOAD);
  await job.addFile(url, `${disk}/out.bin`);
  await job.resume();
  await waitForBytes(job, 500_000);
  await writeFile(`${disk}/ballast`, Buffer.alloc(2_000_000));
  await waitForState(job, ERROR);
  assert.equal((await reportedFailure(job)).hresult, 0x8007_0070);
  const kept = (await job.getProgress()).bytesTransferred;
  assert.ok(kept >= 500_000 && kept < large.size, `${kept}`);
  await rm(`${disk}/ballast`);
  await runAndComplete(job);
  await assertContent(`${disk}/out.bin`, large);
  assert.deepEqual(rangesOf(origin), [undefined, `bytes=${kept}-`]);
});

test('a directory that is gone before complete leaves the job to be completed again', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  await mkdir(world.target('sub'));
  const { job, target } = await addJob(world, url, 'sub/out.bin');
  assert.equal(await runToEnd(job), 'TRANSFERRED');
  await rename(dirname(target), world.target('elsewhere'));
  const code = await job.complete().then(
    () => 'completed',
    (error: { hresult: number }) => error.hresult,
  );
  assert.ok(code === 0x8007_0003 || code === 0x8007_0002, `${code}`);
  assert.equal(await job.getState(), TRANSFERRED, 'nothing is lost');
  await rename(world.target('elsewhere'), dirname(target));
  assert.equal(await job.complete(), S_OK);
  await assertContent(target, body);
});

test('a directory that is gone before resume is an error, and a directory that is back is not', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  await mkdir(world.target('sub'));
  const { job, target } = await addJob(world, url, 'sub/out.bin');
  await rm(dirname(target), { recursive: true });
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).hresult, 0x8007_0003);
  await mkdir(dirname(target));
  await runAndComplete(job);
  await assertContent(target, body);
});

test('a partial file that somebody deleted is fetched again from its first byte', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'stall', afterBytes: 400_000 }]);
  const { job, target } = await addJob(world, url);
  await job.resume();
  await waitForBytes(job, 400_000);
  await job.suspend();
  for (const name of await world.names()) await rm(world.target(name));
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(rangesOf(origin), [undefined, undefined]);
});

test('a partial file that somebody cut short is continued from its real end', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'stall', afterBytes: 400_000 }]);
  const { job, target } = await addJob(world, url);
  await job.resume();
  await waitForBytes(job, 400_000);
  await job.suspend();
  const [partial] = await world.names();
  await truncate(world.target(partial!), 150_000);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual(rangesOf(origin), [undefined, 'bytes=150000-']);
});

test('an existing file is untouched until complete, which replaces it', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  const { job, target } = await addJob(world, url);
  await writeFile(target, 'old');
  assert.equal(await runToEnd(job), 'TRANSFERRED');
  assert.equal(await readFile(target, 'utf8'), 'old');
  assert.equal(await job.complete(), S_OK);
  await assertContent(target, body);
});

test('a target that is a directory by the time of complete is an error, and can be repaired', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  const { job, target } = await addJob(world, url);
  assert.equal(await runToEnd(job), 'TRANSFERRED');
  await mkdir(target);
  await assert.rejects(job.complete());
  assert.equal(await job.getState(), TRANSFERRED);
  await rm(target, { recursive: true });
  assert.equal(await job.complete(), S_OK);
  await assertContent(target, body);
});

test('a read-only disk at complete is an error, and the job can be completed later', async (t) => {
  const disk = await smallDisk(t, 4);
  if (disk === undefined) return;
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  const job = await world.manager.createJob('ro', BG_JOB_TYPE.DOWNLOAD);
  await job.addFile(url, `${disk}/out.bin`);
  assert.equal(await runToEnd(job), 'TRANSFERRED');
  await run('mount', ['-o', 'remount,ro', disk]);
  await assert.rejects(job.complete(), { hresult: 0x8007_0013 });
  assert.equal(await job.getState(), TRANSFERRED);
  await run('mount', ['-o', 'remount,rw', disk]);
  assert.equal(await job.complete(), S_OK);
  await assertContent(`${disk}/out.bin`, body);
});

test('two jobs with the same target do not meet; the last complete wins', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const bodies = [51, 52].map((seed) => ({ size: 300_000, seed }));
  const jobs = await Promise.all(
    bodies.map((content, index) => addJob(world, origin.put(`/${index}`, { body: content }))),
  );
  await Promise.all(jobs.map(({ job }) => runToEnd(job)));
  const [first, second] = jobs;
  assert.equal(await second!.job.complete(), S_OK);
  await assertContent(first!.target, bodies[1]!);
  assert.equal(await first!.job.complete(), S_OK);
  await assertContent(first!.target, bodies[0]!);
  assert.deepEqual(await world.names(), ['out.bin']);
});

test('a complete that fails on its second file delivers the rest the next time', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const job = await world.manager.createJob('three', BG_JOB_TYPE.DOWNLOAD);
  const files: IBackgroundCopyFile[] = [];
  for (const index of [1, 2, 3]) {
    const url = origin.put(`/${index}`, { body: { size: 10_000, seed: index } });
    files.push(await job.addFile(url, world.target(`${index}`)));
  }
  assert.equal(await runToEnd(job), 'TRANSFERRED');
  await mkdir(world.target('2'));
  await assert.rejects(job.complete());
  const completed = async (): Promise<boolean[]> =>
    Promise.all(files.map(async (file) => (await file.getProgress()).completed));
  assert.deepEqual(await completed(), [true, false, false]);
  assert.equal(await job.getState(), TRANSFERRED);
  await rm(world.target('2'), { recursive: true });
  assert.equal(await job.complete(), S_OK);
  assert.deepEqual(await completed(), [true, true, true]);
  for (const index of [1, 2, 3]) {
    await assertContent(world.target(`${index}`), { size: 10_000, seed: index });
  }
});

test('a file added to a transferred job is fetched after resume alone', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  const { job } = await addJob(world, url);
  assert.equal(await runToEnd(job), 'TRANSFERRED');
  const first = (await job.getTimes()).transferCompletionTime;
  assert.ok(first !== undefined);
  await job.addFile(origin.put('/more', { body: { size: 5, seed: 2 } }), world.target('more'));
  assert.equal(await job.getState(), SUSPENDED);
  await runAndComplete(job);
  assert.equal(origin.requests.length, 2);
  assert.deepEqual(await world.names(), ['more', 'out.bin']);
});
