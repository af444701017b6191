import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytesTransferred } from '../../src/core/job/file.ts';
import type { LiveJob } from '../../src/engine/live-job.ts';
import {
  DEFAULT_POLICIES,
  fileOf,
  openClockWorld,
  startJob,
  until,
  type ClockWorld,
} from '../support/clock-world.ts';

const URL = 'http://one.test/file';
const RATE = 200_000;
const SIZE = RATE * 25;

function open(backgroundYields: boolean = true): ClockWorld {
  const world = openClockWorld({
    policies: { ...DEFAULT_POLICIES, backgroundYields },
    connectionsPerOrigin: 1,
    web: { bytesPerSecond: RATE },
  });
  world.web.put(URL, { body: { size: SIZE, seed: 1 } });
  return world;
}

const here = (live: LiveJob): number => bytesTransferred(fileOf(live));

/** What each connection gets through from now on, as when others come or go. */
function setSpeed({ web }: ClockWorld, bytesPerSecond: number): void {
  web.options = { ...web.options, bytesPerSecond };
}

async function received(world: ClockWorld, live: LiveJob, ms: number): Promise<number> {
  const before = here(live);
  await world.clock.advance(ms);
  return here(live) - before;
}

test('a background job yields when its rate falls, says so, and has all of it once it is back', async () => {
  await using world = open();
  const { live } = await startJob(world, URL);
  await world.clock.advance(8_000);
  assert.equal(world.engine.scheduler.explain(live).yields, false);
  setSpeed(world, RATE * 0.3);
  await world.clock.advance(3_000);
  assert.equal(world.engine.scheduler.explain(live).yields, true);
  const beside = await received(world, live, 10_000);
  assert.ok(beside <= RATE * 10 * 0.11, `${beside} bytes in 10 s`);
  setSpeed(world, RATE);
  await world.clock.advance(3_000);
  assert.equal(world.engine.scheduler.explain(live).yields, false);
  const after = await received(world, live, 5_000);
  assert.ok(after >= RATE * 5 * 0.9, `${after} bytes in 5 s`);
  await until(world, live, 'TRANSFERRED', { stepMs: 500 });
});

for (const [who, options, backgroundYields] of [
  ['a foreground job', { foreground: true }, true],
  ['a background job that is told not to', {}, false],
] as const) {
  test(`${who} takes what it gets when its rate falls`, async () => {
    await using world = open(backgroundYields);
    const { live } = await startJob(world, URL, options);
    await world.clock.advance(8_000);
    setSpeed(world, RATE * 0.3);
    const beside = await received(world, live, 10_000);
    assert.ok(beside >= RATE * 0.3 * 10 * 0.9, `${beside} bytes in 10 s`);
    assert.equal(world.engine.scheduler.explain(live).yields, false);
  });
}
