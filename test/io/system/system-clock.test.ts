import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { systemClock } from '../../../src/io/system/system-clock.ts';

test('the monotonic clock goes on and the wall clock shows the time', async () => {
  const nowMs = systemClock.nowMs();
  await sleep(20);
  assert.ok(systemClock.nowMs() - nowMs >= 19);
  assert.ok(Math.abs(systemClock.wallMs() - Date.now()) < 1_000);
});

test('a timer calls back once, and not before its time', async () => {
  // Node alone wakes a fraction of a millisecond early now and then, hence the many.
  const startMs = systemClock.nowMs();
  const delaysMs = Array.from({ length: 100 }, (_, index) => index / 3);
  const late: number[] = [];
  for (const delayMs of delaysMs) {
    systemClock.after(delayMs, () => late.push(systemClock.nowMs() - startMs - delayMs));
  }
  await sleep(200);
  assert.equal(late.length, delaysMs.length);
  assert.ok(Math.min(...late) >= 0, `${Math.min(...late)} ms`);
});

test('a dropped timer does not call back', async () => {
  let calls = 0;
  const drop = systemClock.after(10, () => calls++);
  drop();
  drop();
  await sleep(30);
  assert.equal(calls, 0);
});

test('a delay of zero or less calls back soon, but never at once', async () => {
  for (const delayMs of [0, -5]) {
    await new Promise<void>((resolve) => {
      let isInside = true;
      systemClock.after(delayMs, () => {
        assert.equal(isInside, false);
        resolve();
      });
      isInside = false;
    });
  }
});

test('a delay beyond the 24.8 days of a Node timer does not fire early', async () => {
  const drops = [2 ** 31, 30 * 86_400_000, Infinity].map((delayMs) =>
    systemClock.after(delayMs, () => assert.fail(`${delayMs} ms are not over`)),
  );
  await sleep(30);
  for (const drop of drops) drop();
});

test('a long delay is waited for in parts', (t) => {
  const dayMs = 86_400_000;
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let calls = 0;
  systemClock.after(60 * dayMs, () => calls++);
  for (let day = 1; day <= 61; day++) {
    nowMs += dayMs;
    t.mock.timers.tick(dayMs);
    if (day < 60) assert.equal(calls, 0, `day ${day}`);
  }
  assert.equal(calls, 1);
});
