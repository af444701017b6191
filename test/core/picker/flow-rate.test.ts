import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  advanceRate,
  bytesPerMs,
  type FlowRate,
  isSilent,
  likelyRate,
  NO_FLOW,
} from '../../../src/core/picker/flow-rate.ts';

/** A flow after `looks` looks, 50 ms apart, each of which found so many bytes. */
function flowOf(bytes: number, looks: number, before: FlowRate = NO_FLOW): FlowRate {
  let flow = before;
  for (let look = 0; look < looks; look += 1) flow = advanceRate(flow, bytes, 50);
  return flow;
}

test('a steady flow has its rate from the first look on', () => {
  for (const looks of [1, 2, 10, 1_000])
    assert.ok(Math.abs(bytesPerMs(flowOf(5_000, looks)) - 100) < 1e-6);
});

test('another rate is believed within some seconds', () => {
  const slowed = flowOf(500, 60, flowOf(5_000, 100));
  assert.ok(bytesPerMs(slowed) < 15, `${bytesPerMs(slowed)}`);
});

test('the wait for an answer is no part of the rate of its body, a pause in the body is', () => {
  assert.equal(bytesPerMs(flowOf(5_000, 1, flowOf(0, 100))), 100);
  const paused = advanceRate(flowOf(0, 20, flowOf(5_000, 1)), 5_000, 50);
  assert.ok(bytesPerMs(paused) < 10);
});

test('the rate falls while nothing comes', () => {
  const flowing = flowOf(5_000, 20);
  assert.ok(bytesPerMs(flowOf(0, 20, flowing)) < bytesPerMs(flowing) / 2);
});

test('a connection that has just begun is not taken for slower than others', () => {
  const begun = flowOf(50, 2);
  assert.equal(likelyRate(begun, 100, 5), 100);
  assert.equal(likelyRate(flowOf(5_000, 2), 1, 5), 100);
  assert.ok(Math.abs(likelyRate(flowOf(50, 100), 100, 5) - 1) < 1e-6, 'later its own speed counts');
});

for (const [name, flow, headMs, silent] of [
  ['a fast flow is silent after two seconds', flowOf(0, 40, flowOf(50_000, 20)), 5, true],
  ['and not before', flowOf(0, 39, flowOf(50_000, 20)), 5, false],
  [
    'a flow of 100 KB a second is not silent after five',
    flowOf(0, 100, flowOf(5_000, 20)),
    5,
    false,
  ],
  ['and is after eleven', flowOf(0, 220, flowOf(5_000, 20)), 5, true],
  ['an answer that takes longer than others is late', flowOf(0, 60), 5, true],
  ['one of a slow server is not', flowOf(0, 60), 500, false],
  ['the first answer is never late', flowOf(0, 600), 0, false],
] as const) {
  test(name, () => assert.equal(isSilent(flow, headMs), silent));
}
