import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { Simulation, type SimulationReport } from './simulation.ts';

const SEEDS = 200;
const TIME_LIMIT_MS = 20_000;

async function simulate(seed: number): Promise<SimulationReport> {
  try {
    return await new Simulation(seed).run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Seed ${seed} broke an invariant: ${reason}. Replay: HAULYARD_SEED=${seed}`, {
      cause,
    });
  }
}

async function simulateMany(t: TestContext, seeds: Iterable<number>): Promise<void> {
  const startedMs = performance.now();
  const totals = { seeds: 0, events: 0, deaths: 0, requests: 0 };
  for (const seed of seeds) {
    const report = await simulate(seed);
    totals.seeds += 1;
    totals.events += report.events;
    totals.deaths += report.deaths;
    totals.requests += report.requests;
    if (performance.now() - startedMs > TIME_LIMIT_MS) break;
  }
  const { seeds: run, events, deaths, requests } = totals;
  t.diagnostic(`${run} seeds, ${events} events, ${deaths} deaths, ${requests} requests`);
}

const replayed = process.env['HAULYARD_SEED'];

test('jobs survive everything at once, whatever the order', async (t) => {
  const first = Number(replayed ?? 1);
  const count = replayed === undefined ? SEEDS : 1;
  await simulateMany(
    t,
    Array.from({ length: count }, (_, at) => first + at),
  );
});

test('a seed plays the same game every time', async () => {
  const seed = Number(replayed ?? 1_001);
  const [once, again] = [await simulate(seed), await simulate(seed)];
  assert.equal(once.history, again.history);
});
