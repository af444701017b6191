import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ManualClock } from '../../support/manual-clock.ts';

test('timers run in the order of their times, each at its own time', async () => {
  const clock = new ManualClock(1_000);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.nowMs()}/${clock.wallMs()}`);
  clock.after(30, note('c'));
  clock.after(10, note('a'));
  clock.after(30, note('d'));
  clock.after(20, note('b'));
  clock.after(31, note('late'));
  await clock.advance(30);
  assert.deepEqual(ran, ['a@10/1010', 'b@20/1020', 'c@30/1030', 'd@30/1030']);
  assert.equal(clock.nowMs(), 30);
  assert.equal(clock.pendingTimers, 1);
  assert.equal(clock.nextDueMs, 31);
});

test('a timer set by promises behind another one still runs at its time', async () => {
  const clock = new ManualClock();
  const ranAtMs: number[] = [];
  clock.after(10, () => {
    void (async () => {
      for (let step = 0; step < 50; step++) await Promise.resolve();
      clock.after(5, () => ranAtMs.push(clock.nowMs()));
    })();
  });
  clock.after(40, () => ranAtMs.push(clock.nowMs()));
  await clock.advance(100);
  assert.deepEqual(ranAtMs, [15, 40]);
});

test('a dropped timer does not run, also when dropped by one due at the same time', async () => {
  const clock = new ManualClock();
  const drops = new Set<() => void>();
  clock.after(10, () => drops.forEach((drop) => drop()));
  drops.add(clock.after(10, () => assert.fail('dropped')));
  await clock.advance(50);
  assert.equal(clock.pendingTimers, 0);
});

test('the wall clock can be set without a timer noticing', async () => {
  const clock = new ManualClock(5_000);
  let calls = 0;
  clock.after(100, () => calls++);
  clock.setWall(1_000_000);
  assert.equal(clock.wallMs(), 1_000_000);
  await clock.advance(99);
  assert.equal(calls, 0);
  assert.equal(clock.wallMs(), 1_000_099);
  await clock.advance(1);
  assert.equal(calls, 1);
});
