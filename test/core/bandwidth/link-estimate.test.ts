import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  bestRate,
  expire,
  NO_ESTIMATE,
  observeSecond,
  type LinkEstimate,
} from '../../../src/core/bandwidth/link-estimate.ts';

/** The estimate after so many seconds at a rate, and the second after them. */
function run(
  before: LinkEstimate,
  from: number,
  seconds: number,
  bytes: number,
  held = false,
): LinkEstimate {
  let estimate = before;
  for (let second = from; second < from + seconds; second += 1) {
    estimate = observeSecond(estimate, second, bytes, held);
  }
  return estimate;
}

test('nothing is known before ten seconds of traffic', () => {
  assert.equal(bestRate(run(NO_ESTIMATE, 0, 9, 5_000)), undefined);
  assert.equal(bestRate(run(NO_ESTIMATE, 0, 10, 5_000)), 5_000);
});

test('a second without traffic begins the ten anew', () => {
  let estimate = run(NO_ESTIMATE, 0, 9, 5_000);
  estimate = run(estimate, 10, 9, 5_000);
  assert.equal(bestRate(estimate), undefined);
  estimate = observeSecond(estimate, 19, 5_000, false);
  assert.equal(bestRate(estimate), 5_000);
});

test('the best mean of ten seconds counts, and no single second', () => {
  let estimate = run(NO_ESTIMATE, 0, 30, 1_000);
  estimate = observeSecond(estimate, 30, 11_000, false);
  assert.equal(bestRate(estimate), 2_000);
  estimate = run(estimate, 31, 60, 1_500);
  assert.equal(bestRate(estimate), 2_450);
});

test('what is older than an hour is forgotten', () => {
  let estimate = run(NO_ESTIMATE, 0, 20, 9_000);
  estimate = run(estimate, 1_800, 20, 4_000);
  assert.equal(bestRate(expire(estimate, 3_500)), 9_000);
  assert.equal(bestRate(expire(estimate, 3_700)), 4_000);
  assert.equal(bestRate(expire(estimate, 7_300)), undefined);
});

test('traffic under a limit never lowers what the limit is a percentage of', () => {
  let estimate = run(NO_ESTIMATE, 0, 20, 10_000);
  estimate = run(estimate, 20, 3_000, 5_000, true);
  assert.equal(bestRate(estimate), 10_000);
});

test('traffic that was held back is no first measure of a link', () => {
  // A job held to 5 B/s must not make a percentage of the link a share of 5 B/s.
  const estimate = run(NO_ESTIMATE, 0, 3_600, 5, true);
  assert.equal(bestRate(estimate), undefined);
});

test('a link measured through a slow origin is measured anew after an hour under a limit', () => {
  let estimate = run(NO_ESTIMATE, 0, 20, 10_000);
  estimate = run(estimate, 20, 2 * 3_600, 5_000, true);
  assert.equal(bestRate(estimate), undefined);
  estimate = run(estimate, 20 + 2 * 3_600, 20, 900_000);
  assert.equal(bestRate(estimate), 900_000);
});

test('traffic under a limit may still show more than was known', () => {
  const estimate = run(run(NO_ESTIMATE, 0, 20, 10_000), 20, 20, 12_000, true);
  assert.equal(bestRate(estimate), 12_000);
});

test('the memory of an hour stays small', () => {
  const estimate = run(NO_ESTIMATE, 0, 3 * 3_600, 1_000);
  assert.ok(estimate.minutes.length <= 60, `${estimate.minutes.length} minutes`);
  assert.ok(estimate.seconds.length <= 10);
});
