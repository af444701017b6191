import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BG_JOB_STATE, type IBackgroundCopyFile } from '../../src/index.ts';
import {
  addJob,
  assertContent,
  openWorld,
  runAndComplete,
  waitForBytes,
  waitForState,
} from '../support/engine-world.ts';
import { startOrigin, type Origin } from '../support/origin.ts';
import { until } from '../support/temporary.ts';

const SIZE = 28_000_000;
const body = { size: SIZE, seed: 71 };
const { TRANSFERRED, ERROR } = BG_JOB_STATE;

/** Waits until the file is fetched by so many connections at once. */
async function waitForConnections(file: IBackgroundCopyFile, count: number): Promise<void> {
  await until(async () => (await file.getStats()).httpConnectionCount >= count, {
    what: `${count} connections`,
    timeoutMs: 20_000,
  });
}

const conditionsOf = (origin: Origin): Set<string | undefined> =>
  new Set(origin.requests.slice(1).map(({ headers }) => headers['if-range']));

test('a server that is slow by the connection is asked by four, and by no more', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 1_500_000 } });
  await using world = await openWorld();
  const { job, file, target } = await addJob(world, origin.put('/file.bin', { body }));
  await job.resume();
  await waitForConnections(file, 4);
  await waitForState(job, TRANSFERRED);
  await job.complete();
  await assertContent(target, body);
  assert.equal(origin.connections.peakBusy, 4);
  assert.deepEqual([...conditionsOf(origin)], ['"seed-71-28000000"']);
  // What a socket held when a segment was divided is lost; no more than that.
  assert.ok(origin.bytesSent() < SIZE * 1.5, `${origin.bytesSent()} bytes`);
});

test('a server that takes one connection is fetched from by one', async () => {
  await using origin = await startOrigin({
    limits: { perConnectionBytesPerSecond: 12_000_000, maxConnections: 1 },
  });
  await using world = await openWorld();
  const { job, target } = await addJob(world, origin.put('/file.bin', { body }));
  await runAndComplete(job);
  await assertContent(target, body);
  assert.equal(origin.connections.peakBusy, 1);
});

test('a server that makes further connections wait is fetched from all the same', async () => {
  await using origin = await startOrigin({
    limits: { perConnectionBytesPerSecond: 12_000_000, maxConnections: 1, whenFull: 'wait' },
  });
  await using world = await openWorld();
  const { job, target } = await addJob(world, origin.put('/file.bin', { body }));
  await runAndComplete(job);
  await assertContent(target, body);
});

for (const [name, content] of [
  ['a weak tag', { etag: 'W/"x"', lastModified: null }],
  ['no validators', { etag: null, lastModified: null }],
] as const) {
  test(`a file with ${name} is fetched by one connection`, async () => {
    await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 20_000_000 } });
    await using world = await openWorld();
    const { job, target } = await addJob(world, origin.put('/file.bin', { body, ...content }));
    await runAndComplete(job);
    await assertContent(target, body);
    assert.equal(origin.connections.peakBusy, 1);
  });
}

test('several jobs share the cap of an origin', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 5_000_000 } });
  await using world = await openWorld();
  const bodies = [81, 82, 83, 84, 85, 86].map((seed) => ({ size: 10_000_000, seed }));
  const jobs = await Promise.all(
    bodies.map((content) =>
      addJob(world, origin.put(`/${content.seed}`, { body: content }), `${content.seed}`),
    ),
  );
  await Promise.all(jobs.map(({ job }) => runAndComplete(job)));
  for (const [index, { target }] of jobs.entries()) await assertContent(target, bodies[index]!);
  assert.ok(origin.connections.peakBusy <= 4, `${origin.connections.peakBusy} at once`);
});

for (const [name, next] of [
  ['smaller', { size: 15_000_000, seed: 72 }],
  ['larger', { size: 32_000_000, seed: 73 }],
  ['as large', { size: SIZE, seed: 74 }],
] as const) {
  test(`a file that becomes another, ${name}, under parallel connections starts over`, async () => {
    await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 4_000_000 } });
    await using world = await openWorld();
    const { job, file, target } = await addJob(world, origin.put('/file.bin', { body }));
    await job.resume();
    await waitForConnections(file, 2);
    origin.put('/file.bin', { body: next });
    origin.limit({});
    origin.resetConnections();
    const end = await waitForState(job, [TRANSFERRED, ERROR]);
    assert.equal(end, TRANSFERRED, (await job.getLastFailure())?.message);
    await job.complete();
    await assertContent(target, next);
  });
}

test('a server that answers a second connection with the whole file is left with one', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 8_000_000 } });
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.always('/file.bin', { kind: 'ignore-range' });
  const { job, file, target } = await addJob(world, url);
  await job.resume();
  await waitForBytes(job, 10_000_000);
  assert.ok((await file.getStats()).httpConnectionCount <= 1);
  await waitForState(job, TRANSFERRED);
  await job.complete();
  await assertContent(target, body);
  assert.equal(origin.requests.filter(({ headers }) => headers['range'] === undefined).length, 1);
});

for (const fault of [
  { kind: 'reset-mid-body', afterBytes: 700_000 },
  { kind: 'reset-before-head' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 403 },
  { kind: 'content-range', addToStart: 1 },
  { kind: 'multipart' },
  { kind: 'shorter-range', bytes: 100_000 },
  { kind: 'unsatisfiable', contentRange: null },
] as const) {
  const shown = 'status' in fault ? `status ${fault.status}` : fault.kind;
  test(`${shown} on a further connection leaves the file whole`, async () => {
    await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 10_000_000 } });
    await using world = await openWorld();
    const url = origin.put('/file.bin', { body });
    // A second refusal might meet the last connection, and then it is one of the file.
    const script = 'status' in fault && fault.status === 403 ? [fault] : [fault, fault];
    origin.script('/file.bin', script, ({ headers }) => headers['range'] !== undefined);
    const { job, target } = await addJob(world, url);
    await runAndComplete(job);
    await assertContent(target, body);
  });
}

/** The requests for a part of the file. */
const laterRequests = (origin: Origin): Origin['requests'] =>
  origin.requests.filter(({ headers }) => headers['range'] !== undefined);

test('a connection that falls silent for good is raced, and the file is whole before its time-out', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 4_000_000 } });
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script(
    '/file.bin',
    [{ kind: 'stall', afterBytes: 1_000_000 }],
    ({ headers }) => headers['range'] !== undefined,
  );
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, body);
  const starts = laterRequests(origin).map(({ headers }) =>
    Number(/bytes=(\d+)/.exec(headers['range'] ?? '')?.[1]),
  );
  const stalled = starts[0] ?? NaN;
  assert.ok(
    starts.some((start) => start > stalled && start <= stalled + 1_000_000),
    'from where it stopped',
  );
  assert.ok(origin.connections.peakBusy <= 4);
});

test('the first connection may fall silent too: another one brings its rest', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 8_000_000 } });
  await using world = await openWorld();
  const url = origin.put('/file.bin', { body });
  origin.script('/file.bin', [{ kind: 'stall', afterBytes: 3_000_000 }]);
  const { job, target } = await addJob(world, url);
  await runAndComplete(job);
  await assertContent(target, body);
  assert.deepEqual([...conditionsOf(origin)], ['"seed-71-28000000"']);
  const starts = laterRequests(origin).map(({ headers }) => headers['range']?.split('-')[0]);
  assert.ok(starts.includes('bytes=3000000'), 'from where it stopped');
});

test('suspend under parallel connections keeps what each has brought', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 4_000_000 } });
  await using world = await openWorld();
  const { job, file, target } = await addJob(world, origin.put('/file.bin', { body }));
  await job.resume();
  await waitForConnections(file, 2);
  await waitForBytes(job, 10_000_000);
  await job.suspend();
  const kept = (await job.getProgress()).bytesTransferred;
  origin.limit({});
  const again = await (await world.reopen()).getJob(await job.getId());
  assert.equal((await again.getProgress()).bytesTransferred, kept);
  const before = origin.bytesSent();
  await runAndComplete(again);
  await assertContent(target, body);
  const more = (await origin.idle(), origin.bytesSent() - before);
  assert.ok(more < SIZE - kept + 12_000_000, `${more} bytes for ${SIZE - kept}`);
});

test('a limit on all transfers holds, and the file is whole', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld({ maxBytesPerSecond: 4_000_000 });
  const small = { size: 4_000_000, seed: 91 };
  const { job, target } = await addJob(world, origin.put('/file.bin', { body: small }));
  await runAndComplete(job);
  await assertContent(target, small);
});
