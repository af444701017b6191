import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  createTokenBucket,
  DEFAULT_BURST_MS,
  take,
  type TokenBucket,
  withRate,
} from '../../../src/core/bandwidth/token-bucket.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

const rates = fc.oneof(
  fc.integer({ min: 16 * KIB, max: 1024 * MIB }),
  fc.constantFrom(16 * KIB, 64 * KIB, MIB, 1024 * MIB),
);
const chunkSizes = fc.oneof(fc.integer({ min: 4 * KIB, max: MIB }), fc.constant(MIB));

/**
 * Moves chunks through a bucket until at least 10 s have passed and the debt is paid; timers fire
 * up to `lateMs` too late. Returns bytes per second.
 */
function simulate(rate: number, chunk: number, lateMs: number): number {
  let bucket = createTokenBucket(rate, 0);
  let nowMs = 0;
  let bytes = 0;
  for (let turn = 0; nowMs < 10_000; turn++) {
    const taken = take(bucket, chunk, nowMs);
    bucket = taken.bucket;
    bytes += chunk;
    if (taken.waitMs > 0) nowMs += taken.waitMs + (turn % 3) * (lateMs / 2);
  }
  return (bytes * 1000) / nowMs;
}

test('the rate holds within 3 % over 10 s for any chunk size', () => {
  fc.assert(
    fc.property(rates, chunkSizes, (rate, chunk) => {
      const ratio = simulate(rate, chunk, 0) / rate;
      assert.ok(ratio > 0.97 && ratio < 1.03, `ratio ${ratio}`);
    }),
    { numRuns: 30 },
  );
});

test('timers that fire up to 15 ms late cost nothing', () => {
  fc.assert(
    fc.property(rates, chunkSizes, (rate, chunk) => {
      const ratio = simulate(rate, chunk, 15) / rate;
      assert.ok(ratio > 0.97 && ratio < 1.03, `ratio ${ratio}`);
    }),
    { numRuns: 30 },
  );
});

test('no stretch carries more than its time, a burst and one chunk', () => {
  const steps = fc.array(fc.record({ idleMs: fc.nat(500), bytes: fc.nat(MIB) }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(rates, steps, (rate, moves) => {
      let bucket = createTokenBucket(rate, 0);
      let nowMs = 0;
      const moments: { atMs: number; bytes: number }[] = [];
      for (const { idleMs, bytes } of moves) {
        nowMs += idleMs;
        moments.push({ atMs: nowMs, bytes });
        const taken = take(bucket, bytes, nowMs);
        bucket = taken.bucket;
        nowMs += taken.waitMs;
      }
      for (const [from, first] of moments.entries()) {
        let sum = 0;
        for (const { atMs, bytes } of moments.slice(from)) {
          // The chunk that is moving may go into debt, hence it is not yet in the sum.
          const allowed = (rate * (atMs - first.atMs + DEFAULT_BURST_MS)) / 1000;
          assert.ok(sum <= allowed + 1, `${sum} > ${allowed}`);
          sum += bytes;
        }
      }
    }),
  );
});

test('a new bucket has nothing saved up', () => {
  assert.equal(take(createTokenBucket(1_000, 0), 500, 0).waitMs, 500);
});

test('savings of an idle bucket end at the burst', () => {
  const { bucket, waitMs } = take(createTokenBucket(1_000, 0), 100, 3_600_000);
  assert.equal(waitMs, 0);
  assert.equal(take(bucket, 100, 3_600_000).waitMs, 100);
});

test('nothing passes at a rate of 0, and debt is paid once the rate is back', () => {
  const stopped = take(createTokenBucket(0, 0), 1_000, 0);
  assert.equal(stopped.waitMs, Number.POSITIVE_INFINITY);
  assert.equal(take(stopped.bucket, 0, 60_000).waitMs, Number.POSITIVE_INFINITY);
  const again = withRate(stopped.bucket, 1_000, 60_000);
  assert.equal(take(again, 0, 60_000).waitMs, 1_000);
});

test('an unlimited bucket never makes anyone wait', () => {
  const { bucket, waitMs } = take(createTokenBucket(undefined, 0), 2 ** 40, 0);
  assert.equal(waitMs, 0);
  assert.equal(take(withRate(bucket, 1_000, 5_000), 0, 5_000).waitMs, 0);
  assert.equal(take(withRate(bucket, 1_000, 5_000), 10, 5_000).waitMs, 10);
});

test('a higher rate pays the debt sooner, and a lower one in the time that was left', () => {
  const { bucket } = take(createTokenBucket(1_000, 0), 10_000, 0);
  const faster = withRate(bucket, 2_000, 4_000);
  assert.equal(take(faster, 0, 4_000).waitMs, 3_000);
  assert.equal(take(withRate(faster, 500, 4_000), 0, 4_000).waitMs, 3_000);
});

test('changing the rate back and forth gains no more than the debt there was', () => {
  fc.assert(
    fc.property(rates, rates, fc.nat(MIB), fc.nat(50), (rate, other, bytes, changes) => {
      let bucket: TokenBucket = take(createTokenBucket(rate, 0), bytes, 0).bucket;
      const before = take(bucket, 0, 0).waitMs;
      for (let change = 0; change < changes; change++) {
        bucket = withRate(withRate(bucket, other, 0), rate, 0);
      }
      const after = take(bucket, 0, 0).waitMs;
      assert.ok(after >= 0 && after <= before, `${after} of ${before} ms`);
    }),
  );
});

test('a clock that steps back credits nothing and does not stop the bucket', () => {
  const { bucket } = take(createTokenBucket(1_000, 10_000), 1_000, 10_000);
  const back = take(bucket, 0, 2_000);
  assert.equal(back.waitMs, 1_000);
  assert.equal(take(back.bucket, 0, 3_000).waitMs, 0);
});
