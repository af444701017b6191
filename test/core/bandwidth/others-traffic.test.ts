import assert from 'node:assert/strict';
import { test } from 'node:test';

import { othersBytes, receivedBytes } from '../../../src/core/bandwidth/others-traffic.ts';

const before = new Map([
  ['eth0', 1_000],
  ['tun0', 500],
]);

test('what others received is that of the busiest interface less our own', () => {
  const after = new Map([
    ['eth0', 11_000],
    ['tun0', 9_500],
  ]);
  assert.equal(receivedBytes(before, after), 10_000);
  assert.equal(othersBytes(10_000, 4_000), 5_400);
});

test('our own headers are nobody else', () => {
  assert.equal(othersBytes(10_000, 9_300), 0);
});

test('an interface that has just come up counts from then on', () => {
  assert.equal(receivedBytes(before, new Map([['wlan0', 70_000]])), 0);
});

test('nothing is known where the system has no counters', () => {
  assert.equal(receivedBytes(before, new Map()), undefined);
  assert.equal(othersBytes(undefined, 0), 0);
});
