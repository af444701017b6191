import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  advanceFlow,
  FIRST_FLOW,
  type Flow,
  judgeFlow,
  silenceLimitMs,
} from '../../../src/core/retry/stall.ts';

const MIB = 1_048_576;

interface Run {
  readonly flow: Flow;
  /** Seconds until the transfer stalled, or undefined when it never did. */
  readonly stalledAfter: number | undefined;
}

/** Receives `rate` bytes a second for some seconds, judged once a second as the engine does. */
function receive(flow: Flow, rate: number, seconds: number): Run {
  let current = flow;
  for (let second = 1; second <= seconds; second++) {
    current = advanceFlow(current, 1_000, rate);
    const verdict = judgeFlow(current);
    if (verdict.kind === 'stalled') return { flow: current, stalledAfter: second };
    current = verdict.flow;
  }
  return { flow: current, stalledAfter: undefined };
}

function flowing(rate: number, seconds: number): Flow {
  const run = receive(FIRST_FLOW, rate, seconds);
  assert.equal(run.stalledAfter, undefined);
  return run.flow;
}

test('a steady transfer never stalls, however slow it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 * MIB }), (rate) => {
      assert.equal(receive(FIRST_FLOW, rate, 600).stalledAfter, undefined);
    }),
  );
});

test('a transfer that brings nothing at all stalls after 60 s', () => {
  assert.equal(receive(FIRST_FLOW, 0, 100).stalledAfter, 60);
});

test('a fast transfer that falls silent stalls after 15 s', () => {
  for (const rate of [10 * MIB, 100 * MIB, 1_000 * MIB]) {
    assert.equal(receive(flowing(rate, 20), 0, 100).stalledAfter, 15, `${rate} bytes/s`);
  }
});

test('a slow transfer that falls silent is granted more than 30 s, and 60 s at most', () => {
  for (const rate of [1, 1_000, 100_000]) {
    const { stalledAfter } = receive(flowing(rate, 20), 0, 100);
    assert.ok(stalledAfter !== undefined && stalledAfter > 30 && stalledAfter <= 60);
  }
});

test('a silence is granted between 15 and 60 s', () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.nat(1e12), (waitedMs, bytes) => {
      const limitMs = silenceLimitMs(advanceFlow(FIRST_FLOW, waitedMs, bytes));
      assert.ok(limitMs >= 15_000 && limitMs <= 60_000);
    }),
  );
});

test('any transfer that falls silent stalls within 15 to 60 s', () => {
  const rates = fc.integer({ min: 1, max: 1_000 * MIB });
  fc.assert(
    fc.property(rates, fc.integer({ min: 1, max: 300 }), (rate, seconds) => {
      const { stalledAfter } = receive(flowing(rate, seconds), 0, 100);
      assert.ok(stalledAfter !== undefined && stalledAfter >= 15 && stalledAfter <= 60);
    }),
  );
});

test('a byte now and then ends a silence', () => {
  let flow = FIRST_FLOW;
  for (let turn = 0; turn < 20; turn++) {
    const silent = receive(flow, 0, 28);
    assert.equal(silent.stalledAfter, undefined);
    flow = receive(silent.flow, 1, 1).flow;
  }
});

test('time in which the engine did not wait for the network does not count', () => {
  // A limit or a slow disk takes hours here; the network always has the bytes ready.
  let flow = flowing(100 * MIB, 20);
  for (let turn = 0; turn < 10_000; turn++) {
    flow = advanceFlow(flow, 0, 1_000);
    const verdict = judgeFlow(flow);
    assert.equal(verdict.kind, 'flowing');
    if (verdict.kind === 'flowing') flow = verdict.flow;
  }
});

test('a transfer that slows down to less than 2 % stalls after 30 to 60 s', () => {
  const rates = fc.integer({ min: 10_000, max: 100 * MIB });
  fc.assert(
    fc.property(rates, fc.integer({ min: 30, max: 200 }), (rate, seconds) => {
      const slow = receive(flowing(rate, seconds), Math.floor(rate * 0.01), 200);
      assert.ok(slow.stalledAfter !== undefined);
      assert.ok(slow.stalledAfter >= 29 && slow.stalledAfter <= 60, `${slow.stalledAfter} s`);
    }),
  );
});

test('a transfer that slows down to a twentieth goes on', () => {
  const rates = fc.integer({ min: 10_000, max: 100 * MIB });
  fc.assert(
    fc.property(rates, fc.integer({ min: 30, max: 200 }), (rate, seconds) => {
      const slow = receive(flowing(rate, seconds), Math.ceil(rate * 0.05), 600);
      assert.equal(slow.stalledAfter, undefined);
    }),
  );
});

test('the reason of a stall names the seconds', () => {
  const silent = judgeFlow({ ...FIRST_FLOW, waitedMs: 60_000, silentMs: 60_000 });
  assert.deepEqual(silent, { kind: 'stalled', reason: 'no byte arrived for 60 s' });
});

test('the silence does not make the transfer itself look slower, and so last longer', () => {
  // At 1 MiB/s, 8 MiB take 8 s: after 15 s of silence the transfer has stalled.
  assert.equal(receive(flowing(MIB, 10), 0, 100).stalledAfter, 15);
});

test('a fast transfer that falls silent within its first 8 MiB stalls after 15 s', () => {
  const flow = advanceFlow(FIRST_FLOW, 100, 4 * MIB);
  assert.equal(receive(flow, 0, 100).stalledAfter, 15);
});

test('a slow transfer may be silent for 59 s wherever in the window of a slow-down it is', () => {
  for (let seconds = 1; seconds <= 60; seconds++) {
    assert.equal(receive(flowing(1_000, seconds), 0, 59).stalledAfter, undefined, `${seconds} s`);
  }
});
