import assert from 'node:assert/strict';

import {
  BG_JOB_STATE,
  BG_LENGTH_TO_EOF,
  BG_SIZE_UNKNOWN,
  BG_S_PARTIAL_COMPLETE,
  DO_UNKNOWN_FILE_SIZE,
  DOFilePropertyId,
  SWARM_STATUS,
} from '../../../src/index.ts';
import {
  NO_RETRIES,
  addJob,
  assertContent,
  reportedFailure,
  runAndComplete,
  runToEnd,
  waitForBytes,
  waitForState,
} from '../../support/engine-world.ts';
import { bytesAt, sha256Of, startOrigin } from '../../support/origin.ts';
import type { Suite } from './harness.ts';

const body = { size: 200_000, seed: 11 };

/** Files: adding them, what they say, what becomes of them. */
export const files: Suite = async (t, { open, check }) => {
  await check(t, 'a file says what it was added with, before anything is known of it', async () => {
    await using world = await open();
    const { job, file, target } = await addJob(world, 'http://127.0.0.1:9/a?b=c');
    assert.equal(await file.getRemoteName(), 'http://127.0.0.1:9/a?b=c');
    assert.equal(await file.getLocalName(), target);
    assert.deepEqual(await file.getProgress(), {
      bytesTotal: DO_UNKNOWN_FILE_SIZE,
      bytesTransferred: 0,
      completed: false,
    });
    assert.deepEqual(await file.getFileRanges(), []);
    assert.equal((await job.getProgress()).bytesTotal, BG_SIZE_UNKNOWN);
    await assert.rejects(file.getProperty(1), { code: 'E_NOT_SET' });
    await assert.rejects(file.getDOProperty(DOFilePropertyId.TotalSizeBytes), {
      code: 'E_NOT_SET',
    });
    await assert.rejects(file.getDOProperty(DOFilePropertyId.DecryptionInfo), {
      code: 'DO_E_WRITE_ONLY_PROPERTY',
    });
    await assert.rejects(file.setProperty(1, 'x'), { code: 'DO_E_READ_ONLY_PROPERTY' });
    const stats = await file.getStats();
    assert.equal(stats.status, SWARM_STATUS.Paused);
    assert.equal(stats.fileSize, DO_UNKNOWN_FILE_SIZE);
    assert.equal(stats.isBackground, true);
  });

  await check(t, 'a file is fetched, checked by its digest and completed', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const url = origin.put('/file', { body });
    const digest = { algorithm: 'sha-256', hex: sha256Of(body.size, body.seed).toUpperCase() };
    const { job, file, target } = await addJob(world, url, 'out', { digest } as never);
    await runToEnd(job);
    assert.equal((await file.getProgress()).completed, false);
    assert.deepEqual((await world.names()).includes('out'), false);
    await runAndComplete(job);
    await assertContent(target, body);
    assert.deepEqual(await file.getProgress(), {
      bytesTotal: body.size,
      bytesTransferred: body.size,
      completed: true,
    });
    assert.match(await file.getProperty(1), /^HTTP\/1\.1 200 /);
    assert.equal(await file.getDOProperty(DOFilePropertyId.TotalSizeBytes), body.size);
    const stats = await file.getStats();
    assert.equal(stats.status, SWARM_STATUS.Complete);
    assert.equal(stats.bytesFromHttp, body.size);
    assert.equal(stats.totalBytesDownloaded, body.size);
    assert.ok((await job.getTimes()).transferCompletionTime instanceof Date);
  });

  await check(t, 'content with another digest ends the job in ERROR', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const url = origin.put('/file', { body });
    const digest = { algorithm: 'sha-256', hex: '0'.repeat(64) } as const;
    const { job } = await addJob(world, url, 'out', { digest });
    assert.equal(await runToEnd(job), 'ERROR');
    assert.deepEqual(await world.names().then((names) => names.includes('out')), false);
  });

  await check(t, 'ranges are fetched in the order given and answer for themselves', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const url = origin.put('/file', { body });
    const job = await world.manager.createJob('x', 0);
    const ranges = [
      { initialOffset: 100_000, length: 1_000 },
      { initialOffset: 0, length: 10 },
      { initialOffset: 199_990, length: BG_LENGTH_TO_EOF },
    ];
    const file = await job.addFileWithRanges('r', url, world.target('r'), ranges, body.size);
    assert.deepEqual(await file.getFileRanges(), ranges);
    await runAndComplete(job);
    const expected = Buffer.concat([
      bytesAt(body.seed, 100_000, 1_000),
      bytesAt(body.seed, 0, 10),
      bytesAt(body.seed, 199_990, 10),
    ]);
    await assertContent(world.target('r'), expected);
  });

  for (const [name, ranges, code] of [
    ['ranges that overlap', [0, 10, 5, 10], 'DO_E_OVERLAPPING_RANGES'],
    ['a range twice', [0, 10, 0, 10], 'DO_E_OVERLAPPING_RANGES'],
    ['a range behind an open one', [0, BG_LENGTH_TO_EOF, 5, 1], 'DO_E_OVERLAPPING_RANGES'],
    ['an empty range', [0, 0], 'DO_E_INVALID_RANGE'],
    ['an offset of all ones', [2 ** 64, 1], 'DO_E_INVALID_RANGE'],
    ['a range beyond the size', [90, 11], 'DO_E_INVALID_RANGE'],
  ] as const) {
    await check(t, `${name} are refused with ${code}`, async () => {
      await using world = await open();
      const job = await world.manager.createJob('x', 0);
      const list = Array.from({ length: ranges.length / 2 }, (_, index) => ({
        initialOffset: ranges[2 * index]!,
        length: ranges[2 * index + 1]!,
      }));
      const added = job.addFileWithRanges('r', 'http://127.0.0.1:9/', world.target('r'), list, 100);
      await assert.rejects(added, { code });
      assert.equal((await job.getProgress()).filesTotal, 0);
    });
  }

  await check(t, 'too many ranges are refused as such, however many they are', async () => {
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    for (const count of [10_001, 25_000]) {
      const ranges = Array.from({ length: count }, (_, index) => ({
        initialOffset: 2 * index,
        length: 1,
      }));
      const added = job.addFileWithRanges('r', 'http://127.0.0.1:9/', world.target('r'), ranges);
      await assert.rejects(added, { code: 'BG_E_TOO_MANY_RANGES_IN_FILE' });
    }
  });

  for (const [name, target, code] of [
    ['a relative path', 'relative', 'E_INVALIDARG'],
    ['a directory', '', 'E_INVALIDARG'],
    ['a path without its directory', 'missing/file', 'ERROR_PATH_NOT_FOUND'],
    ['a wildcard', 'a*b', 'E_INVALIDARG'],
  ] as const) {
    await check(t, `${name} as local name is ${code}`, async () => {
      await using world = await open();
      const job = await world.manager.createJob('x', 0);
      const local = name === 'a relative path' ? target : world.target(target);
      await assert.rejects(job.addFile('http://127.0.0.1:9/', local), { code });
    });
  }

  await check(t, 'a set of files is added as a whole or not at all', async () => {
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    const good = { remoteName: 'http://127.0.0.1:9/a', localName: world.target('a') };
    const bad = { remoteName: 'ftp://127.0.0.1/b', localName: world.target('b') };
    await assert.rejects(job.addFileSet([good, bad]), { code: 'E_INVALIDARG' });
    assert.equal((await job.getProgress()).filesTotal, 0);
    await job.addFileSet([good, { ...good, localName: world.target('b') }]);
    assert.equal((await job.getProgress()).filesTotal, 2);
  });

  await check(t, 'a fileId is unique within its job', async () => {
    await using world = await open();
    const job = await world.manager.createJob('x', 0);
    await job.addFileById('same', 'http://127.0.0.1:9/');
    await assert.rejects(job.addFileById('same', 'http://127.0.0.1:9/'), {
      code: 'E_INVALIDARG',
    });
  });

  await check(t, 'a file by id gets its URL and its sink later, once', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const url = origin.put('/file', { body });
    const job = await world.manager.createJob('x', 0);
    const file = await job.addFileById('id', null);
    assert.equal(await file.getRemoteName(), '');
    await assert.rejects(file.getLocalName(), { code: 'E_NOT_SET' });
    const { DownloadSinkFilePath, IntegrityCheckMandatory } = DOFilePropertyId;
    await assert.rejects(job.resume(), { code: 'DO_E_LOCALPATH_NOT_SET' });
    await file.setDOProperty(DownloadSinkFilePath, world.target('sink'));
    assert.equal(await file.getDOProperty(DownloadSinkFilePath), world.target('sink'));
    await assert.rejects(file.setDOProperty(DownloadSinkFilePath, world.target('other')), {
      code: 'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
    });
    await file.setDOProperty(IntegrityCheckMandatory, false);
    assert.equal(await file.getDOProperty(IntegrityCheckMandatory), false);
    await assert.rejects(job.resume(), { code: 'DO_E_DOWNLOAD_NO_URI' });
    await file.setRemoteName(url);
    await runAndComplete(job);
    await assertContent(world.target('sink'), body);
  });

  await check(
    t,
    'setRemoteName repairs a job in ERROR, and what failed is told exactly',
    async () => {
      await using origin = await startOrigin();
      await using world = await open();
      const good = origin.put('/good', { body });
      const { job, file, target } = await addJob(world, origin.url('/missing?secret'), 'out');
      assert.equal(await runToEnd(job), 'ERROR');
      const failure = await reportedFailure(job);
      assert.deepEqual(
        { ...failure, info: undefined },
        {
          state: 'ERROR',
          code: 'HTTP 404',
          hresult: 0x8019_0194,
          context: 0,
          file: target,
          info: undefined,
        },
      );
      assert.equal(failure.info['HttpStatus'], 404);
      assert.match(String((await job.getLastFailure())?.message), /answered HTTP 404/);
      await file.setRemoteName(good);
      assert.equal(await file.getRemoteName(), good);
      await runAndComplete(job);
      await assertContent(target, body);
    },
  );

  await check(t, 'the context of HTTP 403 is the remote file', async () => {
    await using origin = await startOrigin();
    await using world = await open({ retry: NO_RETRIES });
    origin.always('/forbidden', { kind: 'status', status: 403 });
    const { job } = await addJob(world, origin.url('/forbidden'));
    await runToEnd(job);
    assert.deepEqual(await (await job.getError()).getError(), { context: 5, code: 0x8019_0193 });
  });

  await check(t, 'completing early keeps what is done and deletes the rest', async () => {
    await using origin = await startOrigin();
    await using world = await open({ retry: NO_RETRIES });
    const job = await world.manager.createJob('x', 0);
    await job.addFile(origin.put('/one', { body }), world.target('one'));
    await job.addFile(origin.put('/two', { body }), world.target('two'));
    origin.always('/two', { kind: 'stall', afterBytes: 50_000 });
    await job.resume();
    await waitForBytes(job, body.size + 10_000);
    assert.equal(await job.complete(), BG_S_PARTIAL_COMPLETE);
    assert.equal(await job.getState(), BG_JOB_STATE.ACKNOWLEDGED);
    assert.deepEqual(await world.names(), ['one']);
    const [one, two] = await (await job.enumFiles()).next(2);
    assert.equal((await one!.getProgress()).completed, true);
    assert.equal((await two!.getProgress()).completed, false);
  });

  await check(t, 'cancelling deletes everything, and the object still answers', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const url = origin.put('/file', { body });
    const { job } = await addJob(world, url);
    await runToEnd(job);
    assert.equal(await job.cancel(), 0);
    assert.deepEqual(await world.names(), []);
    assert.equal(await job.getDisplayName(), 'out.bin');
    assert.equal((await job.getProgress()).filesTotal, 1);
    assert.equal(await job.getState(), BG_JOB_STATE.CANCELLED);
  });

  await check(t, 'suspend stops a transfer and resume goes on from its bytes', async () => {
    await using origin = await startOrigin();
    await using world = await open({ retry: NO_RETRIES });
    const url = origin.put('/file', { body });
    origin.script('/file', [{ kind: 'stall', afterBytes: 100_000 }]);
    const { job, target } = await addJob(world, url);
    await job.resume();
    await waitForBytes(job, 100_000);
    await job.suspend();
    assert.equal(await job.getState(), BG_JOB_STATE.SUSPENDED);
    assert.ok((await job.getProgress()).bytesTransferred >= 100_000);
    await job.resume();
    await waitForState(job, BG_JOB_STATE.TRANSFERRED);
    await job.complete();
    await assertContent(target, body);
  });

  await check(t, 'custom headers go with every request and can be taken back', async () => {
    await using origin = await startOrigin();
    await using world = await open();
    const url = origin.put('/file', { body });
    const { job } = await addJob(world, url);
    assert.equal(await job.getCustomHeaders(), null);
    await job.setCustomHeaders('X-One: 1\r\nX-Two: 2\r\n');
    assert.equal(await job.getCustomHeaders(), 'X-One: 1\r\nX-Two: 2\r\n');
    await assert.rejects(job.setCustomHeaders('Host: elsewhere'), { code: 'E_INVALIDARG' });
    await job.setCustomHeaders(null);
    assert.equal(await job.getCustomHeaders(), null);
  });
};
