import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  adaptConnections,
  capConnections,
  type ConnectionPlan,
  FIRST_PLAN,
  PLAN_TICK_MS,
} from '../../../src/core/picker/adapt-connections.ts';

const maxima = fc.integer({ min: 1, max: 16 });
const rates = fc.integer({ min: 1_000, max: 1_000_000_000 });

/** Ticks with a server or link whose throughput depends on the number of connections alone. */
function simulate(
  rateOf: (connections: number) => number,
  maximum: number,
  ticks: number,
): ConnectionPlan[] {
  const plans = [FIRST_PLAN];
  for (let tick = 0; tick < ticks; tick++) {
    const plan = plans.at(-1)!;
    plans.push(adaptConnections(plan, rateOf(plan.allowed), plan.allowed, maximum));
  }
  return plans;
}

test('a server that gives each connection its own share is opened up to the maximum', () => {
  fc.assert(
    fc.property(maxima, rates, (maximum, rate) => {
      const plans = simulate((connections) => connections * rate, maximum, 20);
      assert.equal(plans.at(-1)!.allowed, maximum);
    }),
  );
});

test('the maximum is reached within four seconds', () => {
  const plans = simulate((connections) => connections * 1e6, 16, 4_000 / PLAN_TICK_MS);
  assert.equal(plans.at(-1)!.allowed, 16);
});

test('a link that one connection fills is never given more than two', () => {
  fc.assert(
    fc.property(maxima, rates, (maximum, rate) => {
      const plans = simulate(() => rate, maximum, 1_000);
      assert.ok(plans.every(({ allowed }) => allowed <= 2));
      const alone = plans.filter(({ allowed }) => allowed === 1).length;
      assert.ok(alone / plans.length > 0.9, 'and one for nearly all of the time');
    }),
  );
});

test('a link that n connections fill is given at most the next power of two beyond n', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), rates, (useful, rate) => {
      const plans = simulate((connections) => Math.min(connections, useful) * rate, 16, 400);
      assert.ok(plans.every(({ allowed }) => allowed <= 2 * 2 ** Math.ceil(Math.log2(useful))));
      assert.ok(plans.at(-1)!.allowed >= useful);
    }),
  );
});

test('there is always one connection, and never more than the maximum of the moment', () => {
  const tick = fc.record({
    rate: fc.oneof(fc.constant(0), rates),
    busy: fc.nat(16),
    maximum: maxima,
    refused: fc.option(fc.nat(16), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(tick, { maxLength: 300 }), (ticks) => {
      let plan = FIRST_PLAN;
      for (const { rate, busy, maximum, refused } of ticks) {
        plan = adaptConnections(plan, rate, busy, maximum);
        assert.ok(plan.allowed >= 1 && plan.allowed <= maximum);
        assert.ok(plan.proven >= 1 && plan.proven <= plan.allowed);
        if (refused === undefined) continue;
        const before = plan.allowed;
        plan = capConnections(plan, refused);
        assert.ok(plan.allowed >= 1 && plan.allowed <= Math.max(1, Math.min(before, refused)));
        assert.ok(plan.proven >= 1 && plan.proven <= plan.allowed);
      }
    }),
  );
});

test('a tick with fewer connections at work than allowed proves nothing', () => {
  const plan = { ...FIRST_PLAN, allowed: 4, proven: 2, provenRate: 1e6, ticks: 10 };
  assert.equal(adaptConnections(plan, 1, 3, 16).allowed, 4);
  assert.equal(adaptConnections(plan, 1, 4, 16).allowed, 2);
});

test('a refused connection lowers the plan to those that work, and rests before the next try', () => {
  const grown = simulate((connections) => connections * 1e6, 4, 20).at(-1)!;
  let plan = capConnections(grown, 2);
  assert.equal(plan.allowed, 2);
  let restMs = 0;
  while (plan.allowed === 2 && restMs < 60_000) {
    plan = adaptConnections(plan, 2e6, 2, 4);
    restMs += PLAN_TICK_MS;
  }
  assert.equal(plan.allowed, 4);
  assert.ok(restMs >= 15_000 && restMs <= 25_000, `${restMs} ms`);
  assert.equal(capConnections(grown, 0).allowed, 1);
});

test('a maximum that shrinks takes effect at once', () => {
  const grown = simulate((connections) => connections * 1e6, 16, 20).at(-1)!;
  assert.equal(adaptConnections(grown, 1e6, 16, 3).allowed, 3);
});
