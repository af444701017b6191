import assert from 'node:assert/strict';
import { test } from 'node:test';

import { othersBytes } from '../../../src/core/bandwidth/others-traffic.ts';

const before = new Map([
  ['eth0', 1_000],
  ['tun0', 500],
]);

test('what others received is that of the busiest interface less our own', () => {
  const after = new Map([
    ['eth0', 11_000],
    ['tun0', 9_500],
  ]);
  assert.equal(othersBytes(before, after, 4_000), 5_400);
});

test('our own headers are nobody else', () => {
  assert.equal(othersBytes(before, new Map([['eth0', 11_000]]), 9_300), 0);
});

test('an interface that has just come up counts from then on', () => {
  assert.equal(othersBytes(before, new Map([['wlan0', 70_000]]), 0), 0);
});

test('nothing is known where the system has no counters', () => {
  assert.equal(othersBytes(before, new Map(), 0), undefined);
});
