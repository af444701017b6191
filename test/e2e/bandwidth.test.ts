import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytesTransferred } from '../../src/core/job/file.ts';
import type { Policies } from '../../src/core/policy/policies.ts';
import type { LiveJob } from '../../src/engine/live-job.ts';
import {
  DEFAULT_POLICIES,
  fileOf,
  openClockWorld,
  startJob,
  stateOf,
  until,
  type ClockWorld,
} from '../support/clock-world.ts';

/** A small megabyte: a disk in memory copies its files often. */
const MB = 20_000;
const URLS = ['http://one.test/file', 'http://two.test/file', 'http://three.test/file'] as const;

/** A world with a file of `size` bytes at each URL, under these policies. */
function worldWith(policies: Partial<Policies>, size: number = 200 * MB): ClockWorld {
  const world = openClockWorld({ policies: { ...DEFAULT_POLICIES, ...policies } });
  for (const [index, url] of URLS.entries())
    world.web.put(url, { body: { size, seed: index + 1 } });
  return world;
}

const here = (live: LiveJob): number => bytesTransferred(fileOf(live));

/** Bytes each job gets in `ms`, once it has begun. */
async function measure(
  world: ClockWorld,
  lives: readonly LiveJob[],
  ms: number,
): Promise<readonly number[]> {
  const before = lives.map(here);
  await world.clock.advance(ms);
  return lives.map((live, index) => here(live) - before[index]!);
}

function assertRate(bytes: number, rate: number, seconds: number, what = 'rate'): void {
  const deviation = Math.abs(bytes / (rate * seconds) - 1);
  assert.ok(deviation <= 0.03, `${what}: ${bytes} in ${seconds} s is off by ${deviation * 100} %`);
}

for (const rate of [3_000, 20_000, 100_000]) {
  test(`a total of ${rate} bytes a second holds within 3 % for a single connection`, async () => {
    await using world = worldWith({ totalBytesPerSecond: rate }, rate * 30);
    world.engine.applySettings?.({ ...world.engine.settings, connectionsPerOrigin: 1 });
    const { live } = await startJob(world, URLS[0]);
    await world.clock.advance(500);
    const [bytes = 0] = await measure(world, [live], 10_000);
    assertRate(bytes, rate, 10);
  });
}

test('a total holds over many jobs with several connections each', async () => {
  await using world = worldWith({ totalBytesPerSecond: 4 * MB });
  const lives: LiveJob[] = [];
  for (const [index, url] of URLS.entries())
    lives.push((await startJob(world, url, { name: `file-${index}` })).live);
  await world.clock.advance(3_000);
  const bytes = await measure(world, lives, 10_000);
  assertRate(
    bytes.reduce((sum, each) => sum + each, 0),
    4 * MB,
    10,
  );
  for (const each of bytes) assertRate(each, (4 * MB) / 3, 10, 'each job has its part');
});

test('foreground takes the total from background, which goes on once it has enough', async () => {
  await using world = worldWith({ totalBytesPerSecond: 2 * MB }, 40 * MB);
  const background = (await startJob(world, URLS[0], { name: 'background' })).live;
  await world.clock.advance(1_000);
  const { live } = await startJob(world, URLS[1], { name: 'foreground', foreground: true });
  await world.clock.advance(1_000);
  const [urgent = 0, other = 0] = await measure(world, [live, background], 10_000);
  assertRate(urgent, 2 * MB, 10, 'foreground');
  assert.ok(other <= 0.01 * urgent, `background had ${other}`);
  await until(world, live, 'TRANSFERRED');
  const [alone = 0] = await measure(world, [background], 5_000);
  assertRate(alone, 2 * MB, 5, 'background alone');
  assert.equal(stateOf(background), 'TRANSFERRING', 'it never failed while it waited');
});

test('background has what a slow foreground leaves', async () => {
  await using world = worldWith({ totalBytesPerSecond: 4 * MB });
  world.web.onRequest = ({ url }) =>
    url === URLS[1] ? [{ kind: 'rate', bytesPerSecond: MB / 4 }] : [];
  const background = (await startJob(world, URLS[0], { name: 'background' })).live;
  const { live } = await startJob(world, URLS[1], { name: 'foreground', foreground: true });
  await world.clock.advance(5_000);
  const [urgent = 0, other = 0] = await measure(world, [live, background], 10_000);
  assert.ok(urgent >= 2.4 * MB, `foreground had ${urgent} in 10 s from a slow server`);
  assertRate(urgent + other, 4 * MB, 10, 'together');
});

test('each kind has a limit of its own', async () => {
  await using world = worldWith({
    foreground: { bytesPerSecond: 3 * MB },
    background: { bytesPerSecond: MB },
  });
  const slow = (await startJob(world, URLS[0], { name: 'background' })).live;
  const { live } = await startJob(world, URLS[1], { name: 'foreground', foreground: true });
  await world.clock.advance(1_000);
  const [fast = 0, background = 0] = await measure(world, [live, slow], 10_000);
  assertRate(fast, 3 * MB, 10, 'foreground');
  assertRate(background, MB, 10, 'background');
});

test("a job's own limit goes before the one for all jobs", async () => {
  await using world = worldWith({ jobBytesPerSecond: MB });
  const usual = (await startJob(world, URLS[0], { name: 'usual' })).live;
  const own = (await startJob(world, URLS[1], { name: 'own' })).live;
  world.engine.call(own, { call: 'setMaxBytesPerSecond', bytesPerSecond: MB / 4 });
  await world.clock.advance(2_000);
  const [first = 0, second = 0] = await measure(world, [usual, own], 10_000);
  assertRate(first, MB, 10, 'usual');
  assertRate(second, MB / 4, 10, 'own');
  world.engine.call(own, { call: 'setMaxBytesPerSecond', bytesPerSecond: undefined });
  await world.clock.advance(1_000);
  assertRate((await measure(world, [own], 10_000))[0]!, MB, 10, 'own limit removed');
});

test('a job of many small files keeps to its limit over all of them', async () => {
  await using world = openClockWorld({
    policies: { ...DEFAULT_POLICIES, jobBytesPerSecond: 50_000 },
  });
  const job = await world.manager.createJob('many', 0);
  for (let index = 0; index < 200; index += 1) {
    world.web.put(`http://many.test/${index}`, { body: { size: 5_000, seed: index } });
    await job.addFile(`http://many.test/${index}`, `/data/${index}`);
  }
  await job.resume();
  await world.clock.advance(10_000);
  const { bytesTransferred: bytes } = await job.getProgress();
  assert.ok(bytes > 400_000 && bytes < 515_000, `${bytes} bytes`);
});

test('a limit of 0 sends no request, and what it holds goes on once it is lifted', async () => {
  await using world = worldWith({ totalBytesPerSecond: 0 }, 5 * MB);
  const { live } = await startJob(world, URLS[0]);
  await world.clock.advance(30_000);
  assert.equal(world.sent.length, 0);
  assert.equal(stateOf(live), 'TRANSFERRING');
  world.engine.applyPolicies(DEFAULT_POLICIES);
  await until(world, live, 'TRANSFERRED', { maxMs: 5_000 });
});

test('a change of the limits reaches running transfers within a second, whichever way', async () => {
  await using world = worldWith({ totalBytesPerSecond: 20 * MB }, 250 * MB);
  const { live } = await startJob(world, URLS[0]);
  const to = (totalBytesPerSecond: number | undefined): void =>
    world.engine.applyPolicies({
      ...DEFAULT_POLICIES,
      ...(totalBytesPerSecond === undefined ? {} : { totalBytesPerSecond }),
    });
  await world.clock.advance(1_000);
  for (const rate of [200, 5 * MB, 0, MB / 10, 8 * MB]) {
    to(rate);
    await world.clock.advance(1_000);
    const [bytes = 0] = await measure(world, [live], 10_000);
    if (rate === 0) assert.equal(bytes, 0);
    else assertRate(bytes, rate, 10, `${rate}`);
  }
  to(undefined);
  await until(world, live, 'TRANSFERRED', { maxMs: 5_000 });
});

test('bytes of a small limit trickle evenly, and no stall is seen in it', async () => {
  await using world = worldWith({ totalBytesPerSecond: 5_000 }, 100 * MB);
  const { live } = await startJob(world, URLS[0]);
  await world.clock.advance(2_000);
  for (let second = 0; second < 120; second += 1) {
    const [bytes = 0] = await measure(world, [live], 1_000);
    assert.ok(bytes >= 4_000 && bytes <= 6_000, `${bytes} bytes in second ${second}`);
  }
  assert.equal(world.sent.length, 1, 'one request serves it all');
  assert.equal(live.job.lastFailure, undefined);
});

test('waiting for a limit is no lack of progress', async () => {
  await using world = worldWith({}, 5 * MB);
  world.web.onRequest = ({ connection }) =>
    connection === 0 ? [{ kind: 'reset-mid-body', afterBytes: 30_000 }] : [];
  const { job, live } = await startJob(world, URLS[0]);
  await job.setNoProgressTimeout(60);
  await until(world, live, 'TRANSIENT_ERROR ERROR_WINHTTP_CONNECTION_ERROR', { stepMs: 1 });
  world.engine.applyPolicies({ ...DEFAULT_POLICIES, totalBytesPerSecond: 0 });
  await world.clock.advance(3_600_000);
  assert.equal(stateOf(live), 'TRANSFERRING');
  world.engine.applyPolicies(DEFAULT_POLICIES);
  await until(world, live, 'TRANSFERRED', { maxMs: 5_000 });
});

test('a percentage is of the best rate measured, and holds from then on', async () => {
  await using world = worldWith({ background: { percent: 25 } }, 2_000 * MB);
  world.web.options = { ...world.web.options, bytesPerSecond: 4 * MB };
  world.engine.applySettings?.({ ...world.engine.settings, connectionsPerOrigin: 1 });
  const { live } = await startJob(world, URLS[0]);
  await world.clock.advance(5_000);
  const link = (await measure(world, [live], 5_000))[0]! / 5;
  await world.clock.advance(5_000);
  for (const _minute of [1, 2, 3]) {
    const [bytes = 0] = await measure(world, [live], 10_000);
    assertRate(bytes, link / 4, 10);
    // Measuring under the limit must not lower what it is a quarter of.
    await world.clock.advance(20_000);
  }
});

test('a percentage of a link whose bandwidth is given needs no measuring', async () => {
  await using world = worldWith({ foreground: { percent: 10 }, linkBytesPerSecond: 10 * MB });
  const { live } = await startJob(world, URLS[0], { foreground: true });
  await world.clock.advance(500);
  assertRate((await measure(world, [live], 10_000))[0]!, MB, 10);
});

test('hours of the day change a limit when they begin', async () => {
  const now = new Date(Date.UTC(2026, 0, 1));
  const minute = now.getHours() * 60 + now.getMinutes();
  const hours = {
    fromMinute: (minute + 2) % 1_440,
    toMinute: (minute + 62) % 1_440,
    insidePercent: 10,
    outsidePercent: 50,
  };
  await using world = worldWith({ background: { hours }, linkBytesPerSecond: MB });
  const { live } = await startJob(world, URLS[0]);
  await world.clock.advance(60_000);
  assertRate((await measure(world, [live], 10_000))[0]!, MB / 2, 10, 'outside');
  await world.clock.advance(55_000);
  assertRate((await measure(world, [live], 10_000))[0]!, MB / 10, 10, 'inside');
});
