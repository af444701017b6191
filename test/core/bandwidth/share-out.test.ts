import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';

import {
  createJobBudget,
  createSharedBudget,
  isShut,
  shareOut,
  sliceBytes,
  withRates,
  type JobBudget,
  type SharedBudget,
  type SharedRates,
} from '../../../src/core/bandwidth/share-out.ts';

const UNLIMITED: SharedRates = { total: undefined, foreground: undefined, background: undefined };

/** A transfer of the simulation. */
interface Transfer {
  readonly jobId: string;
  readonly foreground: boolean;
  readonly chunk: number;
  /** Bytes per second its server delivers; undefined: as fast as they are taken. */
  readonly serverRate?: number;
  /** The job's own limit. */
  readonly jobRate?: number;
}

/** Moves bytes for `seconds`, timers firing up to `lateMs` late; returns bytes of each transfer. */
function simulate(
  rates: SharedRates,
  transfers: readonly Transfer[],
  { seconds = 10, lateMs = 0 }: { readonly seconds?: number; readonly lateMs?: number } = {},
): number[] {
  let shared: SharedBudget = createSharedBudget(rates, 0);
  const jobs = new Map<string, JobBudget>(
    transfers.map(({ jobId, jobRate }) => [jobId, createJobBudget(jobRate, 0)]),
  );
  const moved = transfers.map(() => 0);
  const chunkLeft = transfers.map(({ chunk }) => chunk);
  const arrivesMs = transfers.map(() => 0);
  let turn = 0;
  for (let nowMs = 0; nowMs < seconds * 1_000;) {
    const here = transfers.flatMap((each, index) => (arrivesMs[index]! <= nowMs ? [index] : []));
    const wishes = here.map((index) => {
      const { jobId, foreground } = transfers[index]!;
      const slice = sliceBytes(shared, jobs.get(jobId)!, foreground, here.length);
      return { jobId, foreground, bytes: Math.min(chunkLeft[index]!, slice) };
    });
    const round = shareOut(shared, jobs, wishes, nowMs);
    shared = round.shared;
    for (const [id, budget] of round.jobs) jobs.set(id, budget);
    for (const at of round.granted) {
      const index = here[at]!;
      const { chunk, serverRate } = transfers[index]!;
      moved[index] = moved[index]! + wishes[at]!.bytes;
      chunkLeft[index] = chunkLeft[index]! - wishes[at]!.bytes;
      if (chunkLeft[index] > 0) continue;
      chunkLeft[index] = chunk;
      if (serverRate !== undefined) {
        arrivesMs[index] =
          Math.max(arrivesMs[index]!, nowMs - 1_000) + (chunk * 1_000) / serverRate;
      }
    }
    const arrival = Math.min(...arrivesMs.filter((ms) => ms > nowMs));
    // Whoever was served and has more in hand asks again at the same moment.
    if (round.granted.length > 0 && arrival > nowMs && here.length > 0) {
      const again = here.some((index) => arrivesMs[index]! <= nowMs);
      if (again) continue;
    }
    const waitMs = Math.min(round.waitMs, arrival - nowMs);
    if (waitMs === Infinity) break;
    nowMs += Math.max(waitMs, 0.01) + ((turn++ % 3) * lateMs) / 2;
  }
  return moved;
}

function assertNear(actual: number, expected: number, share: number, what: string): void {
  const deviation = Math.abs(actual / expected - 1);
  assert.ok(deviation <= share, `${what}: ${actual} is not ${expected} (${deviation * 100} %)`);
}

const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
const transferOf = (name: string, foreground: boolean, chunk = 65_536): Transfer => ({
  jobId: name,
  foreground,
  chunk,
});

const rate = fc.integer({ min: 20_000, max: 20_000_000 });
const chunk = fc.integer({ min: 4_096, max: 262_144 });

test('the total holds within 3 % over 10 s for one transfer and for many', () => {
  fc.assert(
    fc.property(
      rate,
      fc.array(fc.tuple(fc.boolean(), chunk), { minLength: 1, maxLength: 6 }),
      (total, kinds) => {
        const transfers = kinds.map(([foreground, bytes], index) =>
          transferOf(`${index}`, foreground, bytes),
        );
        assertNear(sum(simulate({ ...UNLIMITED, total }, transfers)), total * 10, 0.03, 'total');
      },
    ),
    { numRuns: 25 },
  );
});

test('timers that fire 15 ms late cost nothing', () => {
  fc.assert(
    fc.property(rate, chunk, (total, bytes) => {
      const transfers = [transferOf('a', true, bytes), transferOf('b', false, bytes)];
      const moved = simulate({ ...UNLIMITED, total }, transfers, { lateMs: 15 });
      assertNear(sum(moved), total * 10, 0.03, 'total');
    }),
    { numRuns: 25 },
  );
});

test('every budget of the tree holds by itself', () => {
  fc.assert(
    fc.property(rate, rate, rate, rate, (total, foreground, background, jobRate) => {
      const transfers = [
        { ...transferOf('a', true), jobRate },
        transferOf('b', true),
        transferOf('c', false),
      ];
      const [a = 0, b = 0, c = 0] = simulate({ total, foreground, background }, transfers);
      const most = (limit: number): number => limit * 10 * 1.03 + 65_536;
      assert.ok(a <= most(jobRate), `job: ${a} of ${jobRate * 10}`);
      assert.ok(a + b <= most(foreground), `foreground: ${a + b} of ${foreground * 10}`);
      assert.ok(c <= most(background), `background: ${c} of ${background * 10}`);
      assert.ok(a + b + c <= most(total), `total: ${a + b + c} of ${total * 10}`);
      // Nothing is lost either: the strictest way through the tree is used up.
      const wanted =
        Math.min(total, foreground) + Math.min(background, Math.max(0, total - foreground));
      assertNear(a + b + c, wanted * 10, 0.06, 'used');
    }),
    { numRuns: 25 },
  );
});

test('background gets nothing of the total while foreground wants all of it', () => {
  fc.assert(
    fc.property(rate, chunk, fc.constantFrom(0, 15), (total, bytes, lateMs) => {
      const transfers = [transferOf('urgent', true, bytes), transferOf('other', false, bytes)];
      const [urgent = 0, other = 0] = simulate({ ...UNLIMITED, total }, transfers, { lateMs });
      assertNear(urgent, total * 10, 0.03, 'foreground');
      assert.equal(other, 0);
    }),
    { numRuns: 25 },
  );
});

test('background gets what a slow foreground leaves, and nothing of the total is lost', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000_000, max: 50_000_000 }),
      fc.integer({ min: 10, max: 80 }),
      (total, percent) => {
        const serverRate = (total * percent) / 100;
        const transfers = [
          { ...transferOf('slow', true, 16_384), serverRate },
          transferOf('other', false),
        ];
        const [slow = 0, other = 0] = simulate({ ...UNLIMITED, total }, transfers);
        assertNear(slow, serverRate * 10, 0.1, 'foreground');
        assertNear(slow + other, total * 10, 0.03, 'total');
      },
    ),
    { numRuns: 25 },
  );
});

test('a foreground job held by its own limit leaves the total to the others', () => {
  const transfers = [
    { ...transferOf('held', true), jobRate: 1_000_000 },
    transferOf('free', false),
  ];
  const [held = 0, free = 0] = simulate({ ...UNLIMITED, total: 10_000_000 }, transfers);
  assertNear(held, 10_000_000, 0.03, 'held');
  assertNear(free, 90_000_000, 0.03, 'free');
});

test('jobs of a kind get equal parts, however many connections each has', () => {
  const many = [1, 2, 3, 4].map(() => transferOf('many', false));
  const moved = simulate({ ...UNLIMITED, background: 8_000_000 }, [
    ...many,
    transferOf('one', false, 9_000),
  ]);
  assertNear(sum(moved.slice(0, 4)), 40_000_000, 0.03, 'four connections');
  assertNear(moved[4]!, 40_000_000, 0.03, 'one connection');
});

test('a job that was idle does not make up for all it did not have', () => {
  const shared = createSharedBudget({ ...UNLIMITED, background: 1_000_000 }, 0);
  let state = { shared, jobs: new Map([['old', createJobBudget(undefined, 0)]]) };
  const wish = (jobId: string): { jobId: string; foreground: boolean; bytes: number } => ({
    jobId,
    foreground: false,
    bytes: 50_000,
  });
  let nowMs = 0;
  for (; nowMs < 60_000; nowMs += 50) {
    const round = shareOut(state.shared, state.jobs, [wish('old')], nowMs);
    state = { shared: round.shared, jobs: new Map([...state.jobs, ...round.jobs]) };
  }
  state.jobs.set('new', createJobBudget(undefined, nowMs));
  const served = { old: 0, new: 0 };
  for (const endMs = nowMs + 4_000; nowMs < endMs; nowMs += 50) {
    const wishes = [wish('old'), wish('new')];
    const round = shareOut(state.shared, state.jobs, wishes, nowMs);
    for (const at of round.granted) served[wishes[at]!.jobId as 'old' | 'new'] += wishes[at]!.bytes;
    state = { shared: round.shared, jobs: new Map([...state.jobs, ...round.jobs]) };
  }
  assert.ok(served.old >= 1_500_000, `the old job had ${served.old} of ${served.old + served.new}`);
});

test('a limit of 0 lets nothing pass and asks for no timer', () => {
  for (const rates of [
    { ...UNLIMITED, total: 0 },
    { ...UNLIMITED, background: 0 },
  ]) {
    const shared = createSharedBudget(rates, 0);
    const budget = createJobBudget(undefined, 0);
    assert.ok(isShut(shared, budget, false));
    const jobs = new Map([['a', budget]]);
    const round = shareOut(shared, jobs, [{ jobId: 'a', foreground: false, bytes: 1 }], 0);
    assert.deepEqual(round.granted, []);
    assert.equal(round.waitMs, Infinity);
  }
});

test('a rate that is raised lets those who wait in debt go on by the new rate', () => {
  let shared = createSharedBudget({ ...UNLIMITED, total: 1_000 }, 0);
  const jobs = new Map([['a', createJobBudget(undefined, 0)]]);
  const wish = { jobId: 'a', foreground: true, bytes: 10_000 };
  shared = shareOut(shared, jobs, [wish], 0).shared;
  assert.equal(shareOut(shared, jobs, [wish], 0).waitMs, 10_000);
  shared = withRates(shared, { ...UNLIMITED, total: 100_000 }, 0);
  assert.equal(shareOut(shared, jobs, [wish], 0).waitMs, 100);
  assert.deepEqual(shareOut(shared, jobs, [wish], 100).granted, [0]);
});

test('bytes of a small limit pass in small parts, at least ten times a second of it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 1, max: 100 }),
      (total, sharers) => {
        const shared = createSharedBudget({ ...UNLIMITED, total }, 0);
        const bytes = sliceBytes(shared, createJobBudget(undefined, 0), true, sharers);
        assert.ok(bytes >= 1);
        assert.ok(bytes <= Math.max(1, Math.ceil(total / 10)), `${bytes} at ${total}`);
      },
    ),
  );
});
