import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  BG_JOB_STATE,
  BG_JOB_TYPE,
  BG_LENGTH_TO_EOF,
  DO_UNKNOWN_FILE_SIZE,
  type BG_FILE_RANGE,
  type IBackgroundCopyFile,
  type IBackgroundCopyJob,
} from '../../src/index.ts';
import {
  assertContent,
  openWorld,
  reportedFailure,
  runAndComplete,
  runToEnd,
  waitForBytes,
  waitForState,
  type EngineWorld,
} from '../support/engine-world.ts';
import { bytesAt, startOrigin, type Origin } from '../support/origin.ts';

const SIZE = 2_000_000;
const SEED = 17;
const body = { size: SIZE, seed: SEED };

const range = (initialOffset: number, length: number): BG_FILE_RANGE => ({ initialOffset, length });

const partsOf = (ranges: readonly BG_FILE_RANGE[], seed = SEED, size = SIZE): Buffer =>
  Buffer.concat(
    ranges.map(({ initialOffset, length }) =>
      bytesAt(seed, initialOffset, length === BG_LENGTH_TO_EOF ? size - initialOffset : length),
    ),
  );

const rangesOf = (origin: Origin): (string | undefined)[] =>
  origin.requests.map(({ headers }) => headers['range']);

async function addRanges(
  world: EngineWorld,
  url: string,
  ranges: readonly BG_FILE_RANGE[],
  fileSize?: number,
): Promise<{ job: IBackgroundCopyJob; file: IBackgroundCopyFile; target: string }> {
  const job = await world.manager.createJob('ranges', BG_JOB_TYPE.DOWNLOAD);
  const target = world.target('out.bin');
  const file = await job.addFileWithRanges('id', url, target, ranges, fileSize);
  return { job, file, target };
}

for (const [name, ranges, asked] of [
  ['one range', [range(100, 500_000)], ['bytes=100-500099']],
  ['one byte', [range(1_999_999, 1)], ['bytes=1999999-1999999']],
  ['the first byte', [range(0, 1)], ['bytes=0-0']],
  ['the whole file as a range', [range(0, SIZE)], ['bytes=0-1999999']],
  [
    'ranges out of order',
    [range(1_500_000, 1_000), range(10, 20), range(700_000, 300_000)],
    ['bytes=1500000-1500999', 'bytes=10-29', 'bytes=700000-999999'],
  ],
  ['an open-ended range', [range(1_900_000, BG_LENGTH_TO_EOF)], undefined],
  [
    'an open-ended range before another',
    [range(1_900_000, BG_LENGTH_TO_EOF), range(5, 10)],
    undefined,
  ],
  [
    'adjacent ranges',
    [range(0, 1_000), range(1_000, 1_000), range(2_000, 5)],
    ['bytes=0-999', 'bytes=1000-1999', 'bytes=2000-2004'],
  ],
  [
    'a hundred ranges',
    Array.from({ length: 100 }, (_, i) => range((99 - i) * 20_000, 7)),
    undefined,
  ],
] as const) {
  test(`${name}: the local file is the parts in the caller's order`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/file.bin', { body });
    const { job, file, target } = await addRanges(world, url, ranges);
    assert.deepEqual(await file.getFileRanges(), ranges);
    await runAndComplete(job);
    await assertContent(target, partsOf(ranges));
    if (asked !== undefined) assert.deepEqual(rangesOf(origin), asked);
    assert.equal(origin.bytesSent(), partsOf(ranges).length, 'nothing else is fetched');
    const progress = await file.getProgress();
    assert.equal(progress.bytesTotal, partsOf(ranges).length);
    assert.equal(progress.bytesTransferred, progress.bytesTotal);
  });
}

test('the size of ranges is known before the first request, unless one is open-ended', async () => {
  await using world = await openWorld();
  const url = 'http://127.0.0.1:9/file.bin';
  const closed = await addRanges(world, url, [range(0, 10), range(50, 5)]);
  assert.equal((await closed.file.getProgress()).bytesTotal, 15);
  const open = await closed.job.addFileWithRanges('b', url, world.target('b'), [
    range(4, BG_LENGTH_TO_EOF),
  ]);
  assert.equal((await open.getProgress()).bytesTotal, DO_UNKNOWN_FILE_SIZE);
});

test('an interruption in the second range goes on inside it, and fetches nothing twice', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  const ranges = [range(1_000_000, 400_000), range(0, 500_000)];
  origin.script('/file.bin', [{ kind: 'none' }, { kind: 'close-mid-body', afterBytes: 123_456 }]);
  const { job, target } = await addRanges(world, url, ranges);
  await runAndComplete(job);
  await assertContent(target, partsOf(ranges));
  assert.deepEqual(rangesOf(origin), [
    'bytes=1000000-1399999',
    'bytes=0-499999',
    'bytes=123456-499999',
  ]);
  assert.equal(origin.requests[2]?.headers['if-range'], '"seed-17-2000000"');
  assert.equal(origin.bytesSent(), 900_000);
});

test('an answer shorter than the range is followed by a request for the rest', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'shorter-range', bytes: 1_000 }]);
  const { job, target } = await addRanges(world, url, [range(5_000, 10_000)]);
  await runAndComplete(job);
  await assertContent(target, partsOf([range(5_000, 10_000)]));
  assert.deepEqual(rangesOf(origin), ['bytes=5000-14999', 'bytes=6000-14999']);
});

test('a server without ranges ends a job with ranges, and its body is not read', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body: { size: 50_000_000, seed: 1 } });
  origin.always('/file.bin', [
    { kind: 'ignore-range' },
    { kind: 'rate', bytesPerSecond: 10_000_000 },
  ]);
  const { job, target } = await addRanges(world, url, [range(10, 10)]);
  assert.equal(await runToEnd(job), 'ERROR');
  const failure = await reportedFailure(job);
  assert.equal(failure.code, 'DO_E_INSUFFICIENT_RANGE_SUPPORT');
  assert.equal(failure.hresult, 0x80d0_5011);
  assert.equal(failure.file, target);
  await origin.idle();
  assert.ok(origin.bytesSent() < 50_000_000, `${origin.bytesSent()} bytes`);
});

test('a server that stops doing ranges after the first ends the job', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'none' }]);
  origin.always('/file.bin', { kind: 'ignore-range' });
  const ranges = [range(10, 1_000), range(50_000, 1_000)];
  const { job, target } = await addRanges(world, url, ranges);
  assert.equal(await runToEnd(job), 'ERROR');
  assert.equal((await reportedFailure(job)).code, 'DO_E_INSUFFICIENT_RANGE_SUPPORT');
  origin.clear();
  await runAndComplete(job);
  await assertContent(target, partsOf(ranges));
});

for (const [name, ranges] of [
  ['begins beyond the end', [range(SIZE, 10)]],
  ['begins far beyond the end', [range(SIZE * 4, BG_LENGTH_TO_EOF)]],
  ['ends beyond the end', [range(SIZE - 10, 11)]],
  ['is the second and begins beyond the end', [range(0, 10), range(SIZE + 5, 10)]],
] as const) {
  test(`a range that ${name} is fatal`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld();
    const url = origin.put('/file.bin', { body });
    const { job, target } = await addRanges(world, url, ranges);
    assert.equal(await runToEnd(job), 'ERROR');
    const failure = await reportedFailure(job);
    assert.equal(failure.code, 'DO_E_INVALID_RANGE');
    assert.equal(failure.hresult, 0x80d0_5010);
    assert.equal(failure.file, target);
  });
}

test('a range that does not fit the size given is refused by the call', async () => {
  await using world = await openWorld();
  await assert.rejects(addRanges(world, 'http://127.0.0.1:9/', [range(90, 11)], 100), {
    code: 'DO_E_INVALID_RANGE',
  });
  await assert.rejects(addRanges(world, 'http://127.0.0.1:9/', [range(0, 5), range(4, 5)]), {
    code: 'DO_E_OVERLAPPING_RANGES',
  });
});

for (const how of ['etag', 'last-modified'] as const) {
  test(`a change of ${how} between two ranges voids the first one too`, async () => {
    const contentOf = (seed: number): Parameters<Origin['put']>[1] => ({
      body: { size: SIZE, seed },
      ...(how === 'last-modified'
        ? { etag: null, lastModified: new Date(Date.UTC(2024, 1, seed)) }
        : {}),
    });
    let changed = false;
    await using origin = await startOrigin({
      onRequest(request, self) {
        if (changed || request.headers['range'] !== 'bytes=900000-1399999') return;
        changed = true;
        self.put('/file.bin', contentOf(18));
      },
    });
    await using world = await openWorld();
    const url = origin.put('/file.bin', contentOf(17));
    const ranges = [range(100, 500_000), range(900_000, 500_000)];
    const { job, target } = await addRanges(world, url, ranges);
    // If-Range of the old version would bring a 200, which no job with ranges can use.
    origin.always('/file.bin', { kind: 'none' });
    const end = await runToEnd(job);
    if (end === 'ERROR') {
      assert.equal((await reportedFailure(job)).code, 'DO_E_INSUFFICIENT_RANGE_SUPPORT');
      assert.fail('the changed file was taken for a server without ranges');
    }
    await job.complete();
    await assertContent(target, partsOf(ranges, 18));
  });
}

test('ranges of a server that sends no validators are joined by their size', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body, etag: null, lastModified: null });
  const ranges = [range(100, 5_000), range(900_000, 5_000)];
  const { job, target } = await addRanges(world, url, ranges);
  await runAndComplete(job);
  await assertContent(target, partsOf(ranges));
});

test('suspend in the middle of ranges keeps the bytes over a restart', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  const ranges = [range(1_200_000, 300_000), range(100_000, 600_000)];
  origin.script('/file.bin', [{ kind: 'none' }, { kind: 'stall', afterBytes: 200_000 }]);
  const { job, target } = await addRanges(world, url, ranges);
  await job.resume();
  await waitForBytes(job, 500_000);
  await job.suspend();
  const again = await (await world.reopen()).getJob(await job.getId());
  assert.equal(await again.getState(), BG_JOB_STATE.SUSPENDED);
  assert.equal((await again.getProgress()).bytesTransferred, 500_000);
  await runAndComplete(again);
  await assertContent(target, partsOf(ranges));
  assert.equal(origin.requests.at(-1)?.headers['range'], 'bytes=300000-699999');
});

test('the expected size of a ranged file is that of the remote one', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  const right = await addRanges(world, url, [range(0, 10)], SIZE);
  await runAndComplete(right.job);
  const wrong = await addRanges(world, url, [range(0, 10)], SIZE + 1);
  assert.equal(await runToEnd(wrong.job), 'ERROR');
  assert.equal((await reportedFailure(wrong.job)).hresult, 0x80d0_5001);
});

test('a total that is not told fails a file whose size nobody knows, and not one whose size is given', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'content-range', total: '*' });
  const given = await addRanges(world, url, [range(0, 10)], SIZE);
  await runAndComplete(given.job);
  const unknown = await addRanges(world, url, [range(0, 10)]);
  await unknown.job.resume();
  await waitForState(unknown.job, BG_JOB_STATE.ERROR);
  assert.equal((await reportedFailure(unknown.job)).hresult, 0x80d0_201c);
});
