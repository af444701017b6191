import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import {
  arrivedLine,
  barLine,
  percent,
  plainLine,
  waitingLine,
} from '../../../src/app/cli/progress/progress-text.ts';
import type { Progress } from '../../../src/app/cli/progress/progress.ts';
import { RateMeter } from '../../../src/app/cli/progress/rate-meter.ts';
import { BG_JOB_STATE } from '../../../src/core/constants.ts';

const MIB = 1_048_576;

const half: Progress = {
  state: BG_JOB_STATE.TRANSFERRING,
  bytesTotal: 100 * MIB,
  bytesTransferred: 50 * MIB,
  bytesPerSecond: 10 * MIB,
  wait: undefined,
};

test('a line tells percent, bytes, rate and time left', () => {
  assert.equal(plainLine('a.bin', half), 'a.bin: 50%, 50 MiB of 100 MiB, 10 MiB/s, 5s left');
});

test('without a size there is no percent and no time left', () => {
  const unknown = { ...half, bytesTotal: undefined };
  assert.equal(plainLine('a.bin', unknown), 'a.bin: 50 MiB, 10 MiB/s');
  assert.equal(barLine('a.bin', unknown, 80), 'a.bin  50 MiB  10 MiB/s');
});

test('without a rate there is no time left', () => {
  assert.equal(
    plainLine('a.bin', { ...half, bytesPerSecond: undefined }),
    'a.bin: 50%, 50 MiB of 100 MiB',
  );
  assert.equal(
    plainLine('a.bin', { ...half, bytesPerSecond: 0 }),
    'a.bin: 50%, 50 MiB of 100 MiB, 0 B/s',
  );
});

test('a queued job says that it waits for its turn', () => {
  const queued = { ...half, state: BG_JOB_STATE.QUEUED, bytesPerSecond: undefined };
  assert.match(plainLine('a.bin', queued), /waiting for its turn$/);
});

test('a bar is as full as the file', () => {
  assert.equal(
    barLine('a.bin', half, 90),
    `a.bin  [${'='.repeat(15)}${' '.repeat(15)}]  50%  50 MiB of 100 MiB  10 MiB/s  5s left`,
  );
});

test('a failure that heals is told with its reason, made harmless', () => {
  const wait = { reason: 'The \u001b[2Jserver is busy.', atLeastMs: 30_000 };
  assert.equal(
    waitingLine('a.bin', wait),
    'a.bin: waiting at least 30s to try again: The \ufffd[2Jserver is busy.',
  );
  assert.match(barLine('a.bin', { ...half, wait }, 60), /^a\.bin {2}50 MiB of 100 MiB {2}waiting/);
});

test('an empty file is all there, and nothing is 100 % before it is', () => {
  assert.equal(percent({ bytesTotal: 0, bytesTransferred: 0 }), '100%');
  assert.equal(percent({ bytesTotal: 1_000_000, bytesTransferred: 999_999 }), '99%');
});

test('the last line tells size, time and rate, and what was here before', () => {
  assert.equal(arrivedLine('a.bin', 1_024 * MIB, 0, 1_300), 'a.bin: 1 GiB in 1.3s (788 MiB/s)');
  assert.equal(
    arrivedLine('a.bin', 100 * MIB, 60 * MIB, 4_000),
    'a.bin: 100 MiB, 40 MiB of it now, in 4s (10 MiB/s)',
  );
  assert.equal(arrivedLine('a.bin', 0, 0, 5), 'a.bin: 0 B in 5ms');
});

const anyProgress = fc.record({
  state: fc.constantFrom(...Object.values(BG_JOB_STATE)),
  bytesTotal: fc.option(fc.maxSafeNat(), { nil: undefined }),
  bytesTransferred: fc.maxSafeNat(),
  bytesPerSecond: fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined }),
  wait: fc.option(
    fc.record({ reason: fc.string(), atLeastMs: fc.option(fc.nat(), { nil: undefined }) }),
    { nil: undefined },
  ),
});

test('a bar line never exceeds the width of the terminal', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 300 }),
      anyProgress,
      fc.integer({ min: 1, max: 300 }),
      (name, progress, width) => {
        assert.ok(barLine(name, progress, width).length <= width);
      },
    ),
  );
});

test('the rate is that of the last three seconds', () => {
  const meter = new RateMeter();
  assert.equal(meter.bytesPerSecond(), undefined);
  for (let second = 0; second <= 10; second++) meter.note(second * 1_000, second * 100);
  assert.equal(meter.bytesPerSecond(), 100);
  for (let second = 11; second <= 14; second++) meter.note(second * 1_000, 1_000);
  assert.equal(meter.bytesPerSecond(), 0);
});

test('a file that starts over is measured anew', () => {
  const meter = new RateMeter();
  meter.note(0, 0);
  meter.note(1_000, 500);
  meter.note(2_000, 0);
  assert.equal(meter.bytesPerSecond(), undefined);
  meter.note(3_000, 100);
  assert.equal(meter.bytesPerSecond(), 100);
});

test('a rate is never negative, whatever the counts', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5_000), fc.nat())), (steps) => {
      const meter = new RateMeter();
      let nowMs = 0;
      for (const [passedMs, bytes] of steps) {
        nowMs += passedMs;
        meter.note(nowMs, bytes);
        assert.ok((meter.bytesPerSecond() ?? 0) >= 0);
      }
    }),
  );
});
