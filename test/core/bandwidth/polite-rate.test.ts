import assert from 'node:assert/strict';
import { test } from 'node:test';

import { observeTick, POLITE_TICK_MS } from '../../../src/core/bandwidth/polite-rate.ts';
import { createPoliteRate, type PoliteRate } from '../../../src/core/bandwidth/polite-state.ts';
import { runScenario, SLOT_MS, type LinkShape, type Scenario } from './fluid-link.ts';

const CABLE: LinkShape = { bytesPerSecond: 12_000_000, roundTripMs: 10, queueMs: 50 };
const SLOW: LinkShape = { bytesPerSecond: 2_400_000, roundTripMs: 30, queueMs: 100 };
const BLOATED: LinkShape = { bytesPerSecond: 12_000_000, roundTripMs: 20, queueMs: 400 };
const FAST: LinkShape = { bytesPerSecond: 120_000_000, roundTripMs: 5, queueMs: 20 };
const LINKS = { CABLE, SLOW, BLOATED, FAST };

/** The part of the link that was taken on average from one second to another. */
function share(rates: readonly number[], { link }: Scenario, from: number, to: number): number {
  const slots = rates.slice((from * 1_000) / SLOT_MS, (to * 1_000) / SLOT_MS);
  return slots.reduce((sum, each) => sum + each, 0) / slots.length / link.bytesPerSecond;
}

/** Company from the 20th to the 50th second. */
function company(count: number): NonNullable<Scenario['others']> {
  return Array.from({ length: count }, () => ({ from: 20, to: 50 }));
}

for (const [name, link] of Object.entries(LINKS)) {
  for (const connections of [1, 4]) {
    for (const count of [1, 3]) {
      test(`beside ${count} others on link ${name}, ${connections} connections take about a tenth, and all of it within 3 s after`, () => {
        const scenario = { link, connections, seconds: 65, others: company(count), noise: 0.05 };
        const { background, others } = runScenario(scenario);
        const beside = share(background, scenario, 20, 50);
        assert.ok(beside <= 0.11, `${beside} of the link beside others`);
        assert.ok(share(others, scenario, 20, 50) >= 0.88);
        // The end of a check may lie in these two seconds.
        const after = share(background, scenario, 53, 62);
        assert.ok(after >= 0.95, `${after} of the link after them`);
      });
    }
  }

  for (const noise of [0, 0.2]) {
    test(`alone on link ${name} with noise ${noise}, hardly anything is lost to checks`, () => {
      const scenario = { link, seconds: 60, connections: 4, noise };
      const polite = share(runScenario(scenario).background, scenario, 0, 60);
      const rude = share(runScenario({ ...scenario, polite: false }).background, scenario, 0, 60);
      assert.ok(polite / rude >= 0.97, `${polite} of ${rude}`);
    });
  }

  test(`a server's own cap is no company on link ${name}`, () => {
    const scenario = { link, seconds: 60, connections: 2, serverCap: () => 500_000 };
    const rate = share(runScenario(scenario).background, scenario, 0, 60) * link.bytesPerSecond;
    assert.ok(rate >= 1_000_000 * 0.95, `${rate} of 1,000,000 bytes a second`);
  });

  test(`a server that has become slow for good is not taken for company for ever on link ${name}`, () => {
    const half = link.bytesPerSecond / 2;
    const serverCap = (second: number): number => (second < 30 ? Infinity : half);
    const scenario = { link, seconds: 180, serverCap };
    const { background } = runScenario(scenario);
    assert.ok(share(background, scenario, 40, 60) <= 0.2);
    const later = share(background, scenario, 120, 180);
    assert.ok(later >= 0.45, `${later} of the link, where the server gives half of it`);
  });
}

for (const [name, link] of Object.entries(LINKS)) {
  for (const connections of [1, 4]) {
    for (const count of [1, 3]) {
      test(`${count} others of this machine who were there first are made room for on link ${name} with ${connections} connections`, () => {
        const others = Array.from({ length: count }, () => ({ from: -9, to: 40 }));
        const scenario = { link, connections, seconds: 55, others, sameMachine: true };
        const { background } = runScenario(scenario);
        const beside = share(background, scenario, 0, 40);
        assert.ok(beside <= 0.11, `${beside} of the link beside others`);
        assert.ok(share(background, scenario, 43, 53) >= 0.95);
      });
    }
  }
}

test('another program of this machine on another road keeps nobody from full speed', () => {
  const server = { link: FAST, seconds: 60, serverCap: () => 10_000_000 };
  const scenario = {
    ...server,
    others: [{ from: -9, to: 60, cap: 50_000_000 }],
    sameMachine: true,
  };
  const rate = share(runScenario(scenario).background, scenario, 5, 60) * FAST.bytesPerSecond;
  assert.ok(rate >= 10_000_000 * 0.95, `${rate} bytes a second`);
});

test('company of half a minute that comes again and again is made room for each time', () => {
  const others = [15, 45, 75].map((from) => ({ from, to: from + 15 }));
  const scenario = { link: CABLE, seconds: 105, others };
  const { background } = runScenario(scenario);
  for (const { from, to } of others) {
    const beside = share(background, scenario, from, to);
    assert.ok(beside <= 0.15, `${beside} from second ${from} on`);
    assert.ok(share(background, scenario, to + 3, to + 13) >= 0.95);
  }
});

test('what comes in slowly beside others never counts as a free link', () => {
  const scenario = { link: CABLE, seconds: 50, others: [{ from: 20, to: 200 }], seed: 7 };
  assert.equal(runScenario(scenario).state.yielding, true);
});

/** Bytes per second of a transfer, and of the machine beside it; undefined: nobody knows. */
type Tick = readonly [own: number, beside: number | undefined];

const ALONE: Tick = [10_000_000, 450_000];

function after(...ticks: readonly Tick[]): PoliteRate {
  let state = createPoliteRate(0);
  for (const [index, [own, beside]] of [
    ...Array.from({ length: 6 }, () => ALONE),
    ...ticks,
  ].entries()) {
    state = observeTick(state, {
      nowMs: (index + 1) * POLITE_TICK_MS,
      ms: POLITE_TICK_MS,
      bytes: (own * POLITE_TICK_MS) / 1_000,
      received: beside === undefined ? undefined : ((own + beside) * POLITE_TICK_MS) / 1_000,
      origin: undefined,
      judged: true,
      changed: false,
    });
  }
  return state;
}

function beside(...rates: readonly (number | undefined)[]): PoliteRate {
  return after(...rates.map((rate): Tick => [10_000_000, rate]));
}

test('a program of this machine that begins slowly is looked into after half a second', () => {
  assert.equal(beside(800_000).phase, 'full');
  assert.equal(beside(800_000, 1_100_000).phase, 'silent');
});

test('one that takes a clear part is looked into although checks have cost much already', () => {
  const indebted = { ...beside(), budgetMs: -1_000 };
  const tick = { ms: 250, bytes: 2_500_000, origin: undefined, judged: true, changed: false };
  const next = (received: number): PoliteRate =>
    [1, 2].reduce<PoliteRate>(
      (state, each) => observeTick(state, { ...tick, nowMs: 1_500 + each * 250, received }),
      indebted,
    );
  assert.equal(next(2_500_000 * 1.1).phase, 'full');
  assert.equal(next(2_500_000 * 1.2).phase, 'silent');
});

for (const [what, state] of [
  ['what waits to be read for a moment', beside(2_500_000, -1_600_000)],
  ['what is read after it has waited', beside(-500_000, -500_000, 450_000, 450_000)],
  ['a trickle', beside(600_000, 600_000, 600_000)],
  ['counters that cannot be read for a while', beside(undefined, undefined, 450_000, 450_000)],
  ['counters that are nowhere', beside(undefined, undefined, undefined, undefined)],
  ['the headers of a rate that grows', after([30_000_000, 1_350_000], [30_000_000, 1_350_000])],
] as const) {
  test(`${what}: no newcomer`, () => assert.equal(state.phase, 'full'));
}

test('a program of this machine that takes little keeps nobody from the rest', () => {
  const others = [{ from: 10, to: 60, cap: 600_000 }];
  const scenario = { link: CABLE, seconds: 60, connections: 2, others, sameMachine: true };
  const rate = share(runScenario(scenario).background, scenario, 10, 60);
  assert.ok(rate >= 0.95 * 0.95, `${rate} of the link, of which 0.95 are free`);
});
