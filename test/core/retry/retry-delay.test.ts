import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DEFAULT_RETRY_POLICY, retryDelayMs } from '../../../src/core/retry/retry-delay.ts';

const POLICY = DEFAULT_RETRY_POLICY;
const failures = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 31 }));
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Seconds of the n-th delay with the middle sample, which varies nothing. */
function delays(foreground: boolean, count: number): number[] {
  return Array.from(
    { length: count },
    (_, index) => retryDelayMs(POLICY, foreground, index + 1, 0.5) / 1_000,
  );
}

test('a foreground job waits 2, 4, 8, 16, 30 and 60 s, and never longer', () => {
  assert.deepEqual(delays(true, 9), [2, 4, 8, 16, 30, 60, 60, 60, 60]);
});

test('other jobs begin alike and wait up to 600 s', () => {
  assert.deepEqual(delays(false, 12), [2, 4, 8, 16, 30, 60, 120, 240, 480, 600, 600, 600]);
});

test('a delay varies by a fifth in both directions', () => {
  fc.assert(
    fc.property(failures, random, fc.boolean(), (count, sample, foreground) => {
      const middle = retryDelayMs(POLICY, foreground, count, 0.5);
      const delay = retryDelayMs(POLICY, foreground, count, sample);
      assert.ok(Number.isInteger(delay));
      assert.ok(delay >= Math.floor(middle * 0.8) && delay <= Math.ceil(middle * 1.2));
    }),
  );
  assert.equal(retryDelayMs(POLICY, true, 1, 0), 1_600);
  assert.equal(retryDelayMs(POLICY, true, 1, 1 - Number.EPSILON), 2_400);
});

test('a further failure never shortens the delay', () => {
  fc.assert(
    fc.property(failures, random, fc.boolean(), (count, sample, foreground) => {
      assert.ok(
        retryDelayMs(POLICY, foreground, count + 1, sample) >=
          retryDelayMs(POLICY, foreground, count, sample),
      );
    }),
  );
});

test('Retry-After is the shortest delay, however long it is', () => {
  fc.assert(
    fc.property(failures, random, fc.nat(86_400_000), (count, sample, retryAfterMs) => {
      const own = retryDelayMs(POLICY, true, count, sample);
      assert.equal(
        retryDelayMs(POLICY, true, count, sample, retryAfterMs),
        Math.max(own, retryAfterMs),
      );
    }),
  );
});

test('a policy without delays tries again at once', () => {
  assert.equal(retryDelayMs({ ...POLICY, delaysMs: [] }, true, 3, 0.7), 0);
});
