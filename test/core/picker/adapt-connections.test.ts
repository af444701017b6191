import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  adaptConnections,
  CALM_TICK_MS,
  capConnections,
  type ConnectionPlan,
  FIRST_PLAN,
  isInQuestion,
  type PlanTick,
  QUICK_TICK_MS,
} from '../../../src/core/picker/adapt-connections.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';

const maxima = fc.integer({ min: 1, max: 16 });
const rates = fc.integer({ min: 1_000, max: 1_000_000 });

/** One look at a transfer with so many connections at work, which bring `rate` bytes a millisecond. */
function tickOf(rate: number, flowing: number, changes: Partial<PlanTick> = {}): PlanTick {
  const elapsedMs = changes.elapsedMs ?? QUICK_TICK_MS;
  return {
    bytes: rate * elapsedMs,
    elapsedMs,
    flowing,
    maximum: 16,
    strained: false,
    headMs: 1,
    leftMs: Infinity,
    ...changes,
  };
}

interface Seen {
  readonly ms: number;
  readonly plan: ConnectionPlan;
}

/** Looks at a server or link whose throughput depends on the number of connections alone. */
function simulate(
  rateOf: (connections: number, ms: number) => number,
  maximum: number,
  forMs: number,
  changes: Partial<PlanTick> = {},
): Seen[] {
  const seen = [{ ms: 0, plan: FIRST_PLAN }];
  for (;;) {
    const { ms, plan } = seen.at(-1)!;
    if (ms >= forMs) return seen;
    const elapsedMs = isInQuestion(plan, maximum) ? QUICK_TICK_MS : CALM_TICK_MS;
    const rate = rateOf(plan.allowed, ms);
    const tick = tickOf(rate, plan.allowed, { ...changes, elapsedMs, maximum });
    seen.push({ ms: ms + elapsedMs, plan: adaptConnections(plan, tick) });
  }
}

const lastOf = (seen: readonly Seen[]): ConnectionPlan => seen.at(-1)!.plan;

/** Share of the time in which a condition held. */
function shareOf(seen: readonly Seen[], holds: (allowed: number) => boolean): number {
  let ms = 0;
  for (const [index, { plan }] of seen.entries()) {
    if (holds(plan.allowed)) ms += (seen[index + 1]?.ms ?? seen[index]!.ms) - seen[index]!.ms;
  }
  return ms / seen.at(-1)!.ms;
}

test('a server that gives each connection its own share is opened up to the maximum', () => {
  fc.assert(
    fc.property(maxima, rates, (maximum, rate) => {
      const seen = simulate((connections) => connections * rate, maximum, 60_000);
      const open = seen.findIndex(({ plan }) => plan.allowed === maximum);
      assert.ok(open >= 0);
      assert.ok(shareOf(seen.slice(open), (allowed) => allowed === maximum) > 0.95);
    }),
  );
});

test('four connections to a server that limits each are open after two looks and two more', () => {
  const seen = simulate((connections) => connections * 10_000, 4, 1_000);
  const opened = seen.find(({ plan }) => plan.allowed === 4);
  assert.equal(opened?.ms, 4 * QUICK_TICK_MS);
});

test('a link that one connection fills is never given more than two, and one nearly all the time', () => {
  fc.assert(
    fc.property(maxima, rates, (maximum, rate) => {
      const seen = simulate(() => rate, maximum, 300_000);
      assert.ok(seen.every(({ plan }) => plan.allowed <= 2));
      assert.ok(shareOf(seen, (allowed) => allowed === 1) > 0.99);
    }),
  );
});

test('tries that gain nothing become rarer', () => {
  const seen = simulate(() => 1_000, 4, 600_000);
  const tries = seen.filter(
    ({ plan }, index) => plan.allowed > (seen[index - 1]?.plan.allowed ?? 1),
  );
  const gaps = tries.slice(1).map(({ ms }, index) => Math.round((ms - tries[index]!.ms) / 10_000));
  assert.deepEqual(gaps, [2, 4, 8, 16, 16]);
});

test('a link that n connections fill is given no more for long, and n or nearly so', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), rates, (useful, rate) => {
      const seen = simulate((connections) => Math.min(connections, useful) * rate, 16, 120_000);
      assert.ok(seen.every(({ plan }) => plan.allowed <= 2 * 2 ** Math.ceil(Math.log2(useful))));
      const late = seen.filter(({ ms }) => ms > 60_000);
      assert.ok(late.every(({ plan }) => plan.proven === useful));
    }),
  );
});

test('connections that a rising window made look useful are given up one by one', () => {
  // The first one is still getting up to speed while more are tried: each number seems a gain.
  const rising = (ms: number): number => Math.min(12_500, 100 * 2 ** (ms / 50));
  const seen = simulate((connections, ms) => Math.min(12_500, connections * rising(ms)), 4, 30_000);
  assert.ok(seen.some(({ plan }) => plan.allowed === 4));
  assert.equal(lastOf(seen).proven, 1);
});

test('a probe that loses throughput is over within half a second, and the next one is later', () => {
  const seen = simulate((connections) => connections * 10_000, 4, 200_000);
  const probes = seen.filter(
    ({ plan }, index) => plan.allowed === 3 && seen[index - 1]?.plan.allowed === 4,
  );
  assert.ok(probes.length >= 3 && probes.length <= 6, `${probes.length} probes`);
  assert.ok(shareOf(seen, (allowed) => allowed === 3) < 0.02);
});

test('a file that is nearly done is not probed', () => {
  const seen = simulate((connections) => connections * 10_000, 4, 60_000, { leftMs: 3_000 });
  const open = seen.findIndex(({ plan }) => plan.allowed === 4);
  assert.ok(seen.slice(open).every(({ plan }) => plan.allowed === 4));
});

test('rates that scatter widely hide a gain for long only rarely', () => {
  let open = 0;
  for (let seed = 1; seed <= 100; seed += 1) {
    const randomness = seededRandomness(seed);
    const seen = simulate((n) => n * 10_000 * (0.5 + randomness.sample()), 4, 1_500);
    if (lastOf(seen).allowed === 4) open += 1;
  }
  assert.ok(open >= 90, `${open} of 100`);
});

test('a server that sends in bursts is opened up before its rate is known', () => {
  // All of 200 ms at once: the first looks show four times the rate, or nothing.
  const seen = simulate((n, ms) => (ms % 200 === 0 ? n * 40_000 : 0), 4, 5_000);
  const opened = seen.find(({ plan }) => plan.allowed === 4);
  assert.ok(opened !== undefined && opened.ms <= 500, `${opened?.ms} ms`);
  assert.ok(shareOf(seen, (allowed) => allowed === 4) > 0.8);
});

test('an answer that begins with a burst does not hide a gain for longer than a second look', () => {
  // As a server's limit may let them through: two looks at five times the rate of the connection.
  for (const burst of [30_000, 50_000, 80_000]) {
    const seen = simulate(
      (n, ms) => (ms < 50 ? burst : ms < 100 ? burst / 2 : n * 10_000),
      4,
      4_900,
    );
    const opened = seen.findLast(({ plan }) => plan.allowed < 4);
    assert.ok(opened !== undefined && opened.ms <= 3_000, `${burst}: ${opened?.ms} ms`);
  }
});

test('a far server is given time to get up to speed before a connection is called useless', () => {
  let openedMs: number | undefined;
  // The second one brings next to nothing in its first 300 ms.
  const seen = simulate(
    (connections, ms) => {
      if (connections > 1) openedMs ??= ms;
      const age = openedMs === undefined ? 0 : ms - openedMs;
      return connections === 1 ? 10_000 : 10_000 + Math.min(10_000, 100 * 2 ** (age / 50));
    },
    2,
    5_000,
    { headMs: 50 },
  );
  assert.equal(lastOf(seen).proven, 2);
});

test('while this machine or a limit sets the pace nothing is tried', () => {
  const seen = simulate((connections) => connections * 10_000, 16, 60_000, { strained: true });
  assert.ok(seen.every(({ plan }) => plan.allowed === 1));
});

test('there is always one connection, and never more than the maximum of the moment', () => {
  const step = fc.record({
    rate: fc.oneof(fc.constant(0), rates),
    flowing: fc.nat(16),
    maximum: maxima,
    strained: fc.boolean(),
    headMs: fc.nat(500),
    refused: fc.option(fc.nat(16), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let plan = FIRST_PLAN;
      for (const { rate, flowing, refused, ...changes } of steps) {
        plan = adaptConnections(plan, tickOf(rate, flowing, changes));
        assert.ok(plan.allowed >= 1 && plan.allowed <= changes.maximum);
        assert.ok(plan.proven >= 1 && plan.proven <= 16);
        if (refused === undefined) continue;
        const before = plan.allowed;
        plan = capConnections(plan, refused);
        assert.ok(plan.allowed >= 1 && plan.allowed <= Math.max(1, Math.min(before, refused)));
        assert.ok(plan.proven >= 1 && plan.proven <= plan.allowed);
      }
    }),
  );
});

test('a look at another number than the one allowed proves nothing', () => {
  const grown = lastOf(simulate((connections) => connections * 10_000, 4, 1_000));
  for (const flowing of [1, 3, 5]) {
    const after = adaptConnections(grown, tickOf(1, flowing, { maximum: 4 }));
    assert.equal(after.allowed, 4);
    assert.deepEqual(after.sample, grown.sample);
  }
});

test('a refused connection lowers the plan to those that work, and rests before the next try', () => {
  const grown = lastOf(simulate((connections) => connections * 10_000, 4, 1_000));
  let plan = capConnections(grown, 2);
  assert.equal(plan.allowed, 2);
  let restMs = 0;
  while (plan.allowed === 2 && restMs < 60_000) {
    plan = adaptConnections(plan, tickOf(20_000, 2, { maximum: 4, leftMs: 0 }));
    restMs += QUICK_TICK_MS;
  }
  assert.equal(plan.allowed, 4);
  assert.ok(restMs >= 15_000 && restMs <= 25_000, `${restMs} ms`);
  assert.equal(capConnections(grown, 0).allowed, 1);
});

test('a maximum that shrinks takes effect at once', () => {
  const grown = lastOf(simulate((connections) => connections * 10_000, 16, 2_000));
  assert.equal(adaptConnections(grown, tickOf(10_000, 16, { maximum: 3 })).allowed, 3);
});
