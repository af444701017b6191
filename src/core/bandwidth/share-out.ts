import { createTokenBucket, take, withRate, type TokenBucket } from './token-bucket.ts';

/**
 * The budgets that all transfers draw on: total, and below it one for foreground and one for
 * background jobs. Below those each job has a {@link JobBudget}.
 *
 * Bytes count in all three of their budgets at once. A transfer may go on while none of them is in
 * debt, and asks again after each slice, so every budget holds by itself, whatever the others are.
 */
export interface SharedBudget {
  readonly total: TokenBucket;
  readonly foreground: KindBudget;
  readonly background: KindBudget;
  /**
   * Monotonic milliseconds until which background jobs leave the total to foreground ones; Infinity
   * while one of those waits for it.
   */
  readonly reservedUntilMs: number;
}

export interface KindBudget {
  readonly bucket: TokenBucket;
  /** Bytes that the job served last had had: where a job that was idle takes its place. */
  readonly pacerBytes: number;
}

/** One job's own limit, and how much it has had among the jobs of its kind. */
export interface JobBudget {
  readonly bucket: TokenBucket;
  /** Less of it goes first. */
  readonly servedBytes: number;
}

/** Rates in bytes per second; undefined is unlimited, 0 lets nothing pass. */
export interface SharedRates {
  readonly total: number | undefined;
  readonly foreground: number | undefined;
  readonly background: number | undefined;
}

/** A transfer that has bytes in hand and asks for them to pass. */
export interface Wish {
  readonly jobId: string;
  readonly foreground: boolean;
  /** At least 1. */
  readonly bytes: number;
}

/** What came of a round. */
export interface ShareOut {
  readonly shared: SharedBudget;
  /** The budgets of the jobs that were served. */
  readonly jobs: ReadonlyMap<string, JobBudget>;
  /** Indices of the wishes that may pass, in the order they were served. */
  readonly granted: readonly number[];
  /** Milliseconds until the next round can do anything for those left; Infinity when none can. */
  readonly waitMs: number;
}

/**
 * How long foreground keeps the total to itself after it last had to wait for it. It covers the
 * moment in which a fast transfer fetches its next chunk, which must not look like having enough;
 * it is shorter than the burst, so nothing is lost to a foreground that really has enough.
 */
const RESERVED_MS = 30;

/** A job that had less than its share for a while may make up for so much, and no more. */
const MAKE_UP_BYTES = 262_144;

/** Time's worth of bytes that pass at once. */
const SLICE_MS = 50;
/** Smaller slices cost more than they smooth. */
const MIN_SLICE_BYTES = 1_024;

export function createSharedBudget(rates: SharedRates, nowMs: number): SharedBudget {
  const kind = (rate: number | undefined): KindBudget => ({
    bucket: createTokenBucket(rate, nowMs),
    pacerBytes: 0,
  });
  return {
    total: createTokenBucket(rates.total, nowMs),
    foreground: kind(rates.foreground),
    background: kind(rates.background),
    reservedUntilMs: nowMs,
  };
}

/** The budgets at other rates from now on; debts stay, as {@link withRate} has it. */
export function withRates(shared: SharedBudget, rates: SharedRates, nowMs: number): SharedBudget {
  const { total, foreground, background } = shared;
  return {
    ...shared,
    total: withRate(total, rates.total, nowMs),
    foreground: { ...foreground, bucket: withRate(foreground.bucket, rates.foreground, nowMs) },
    background: { ...background, bucket: withRate(background.bucket, rates.background, nowMs) },
  };
}

export function createJobBudget(rate: number | undefined, nowMs: number): JobBudget {
  return { bucket: createTokenBucket(rate, nowMs), servedBytes: 0 };
}

/** Whether anything limits a job of this kind; without, nobody needs to ask. */
export function isLimited(shared: SharedBudget, job: JobBudget, foreground: boolean): boolean {
  return ratesOf(shared, job, foreground).length > 0;
}

/** Whether a rate of 0 holds everything of the job back. */
export function isShut(shared: SharedBudget, job: JobBudget, foreground: boolean): boolean {
  return ratesOf(shared, job, foreground).includes(0);
}

/**
 * Bytes that should pass at once: a small part of a second of the strictest rate, divided among
 * those who ask. Whole chunks at a low rate would come in bursts with long silences between them.
 *
 * @param sharers - transfers that draw on the budgets just now, this one included
 */
export function sliceBytes(
  shared: SharedBudget,
  job: JobBudget,
  foreground: boolean,
  sharers: number,
): number {
  const rate = Math.min(...ratesOf(shared, job, foreground));
  if (rate === Infinity) return Infinity;
  const smallest = Math.min(MIN_SLICE_BYTES, Math.max(1, Math.ceil((rate * SLICE_MS) / 1_000)));
  return Math.max(smallest, Math.floor((rate * SLICE_MS) / 1_000 / Math.max(1, sharers)));
}

/**
 * One round: lets as many wishes pass as the budgets allow, each at most once.
 *
 * Foreground goes first, and while it waits for the total, background gets nothing of it. Within a
 * kind the job that has had least goes first, however many connections it has.
 *
 * @param jobs - the budget of every job that wishes something
 */
export function shareOut(
  shared: SharedBudget,
  jobs: ReadonlyMap<string, JobBudget>,
  wishes: readonly Wish[],
  nowMs: number,
): ShareOut {
  const { reservedUntilMs } = shared;
  const round: Round = {
    shared: {
      ...shared,
      reservedUntilMs: reservedUntilMs === Infinity ? nowMs + RESERVED_MS : reservedUntilMs,
    },
    jobs,
    changed: new Map(),
    granted: [],
    waitMs: Infinity,
    nowMs,
  };
  serveKind(round, wishes, true);
  const reservedMs = round.shared.reservedUntilMs - nowMs;
  const background = wishes.some((wish) => !wish.foreground);
  if (background && reservedMs > 0 && round.shared.total.rateBytesPerSecond !== undefined) {
    // While foreground waits, its own wait is the one to look again after.
    const waitMs = Math.max(reservedMs, waitOf(round.shared.total, nowMs));
    round.waitMs = Math.min(round.waitMs, waitMs);
  } else if (background) {
    serveKind(round, wishes, false);
  }
  return {
    shared: round.shared,
    jobs: round.changed,
    granted: round.granted,
    waitMs: round.waitMs,
  };
}

/** A round in progress. */
interface Round {
  shared: SharedBudget;
  readonly jobs: ReadonlyMap<string, JobBudget>;
  readonly changed: Map<string, JobBudget>;
  readonly granted: number[];
  waitMs: number;
  readonly nowMs: number;
}

function serveKind(round: Round, wishes: readonly Wish[], foreground: boolean): void {
  const { nowMs } = round;
  for (const index of byService(round, wishes, foreground)) {
    const wish = wishes[index]!;
    const job = budgetOf(round, wish.jobId);
    if (job === undefined) continue;
    const kind = foreground ? round.shared.foreground : round.shared.background;
    const ownWaitMs = Math.max(waitOf(kind.bucket, nowMs), waitOf(job.bucket, nowMs));
    const totalWaitMs = waitOf(round.shared.total, nowMs);
    if (ownWaitMs === 0 && totalWaitMs === 0) {
      pass(round, index, wish, job, kind);
      continue;
    }
    round.waitMs = Math.min(round.waitMs, Math.max(ownWaitMs, totalWaitMs));
    if (foreground && ownWaitMs === 0) {
      round.shared = { ...round.shared, reservedUntilMs: Infinity };
    }
  }
}

function pass(round: Round, index: number, wish: Wish, job: JobBudget, kind: KindBudget): void {
  const { nowMs } = round;
  const servedBytes = standing(job, kind);
  round.granted.push(index);
  round.changed.set(wish.jobId, {
    bucket: take(job.bucket, wish.bytes, nowMs).bucket,
    servedBytes: servedBytes + wish.bytes,
  });
  const after = {
    bucket: take(kind.bucket, wish.bytes, nowMs).bucket,
    pacerBytes: Math.max(kind.pacerBytes, servedBytes),
  };
  round.shared = {
    ...round.shared,
    total: take(round.shared.total, wish.bytes, nowMs).bucket,
    ...(wish.foreground ? { foreground: after } : { background: after }),
  };
}

/** The wishes of a kind, those of the job that has had least first. */
function byService(round: Round, wishes: readonly Wish[], foreground: boolean): number[] {
  const kind = foreground ? round.shared.foreground : round.shared.background;
  const order: { readonly index: number; readonly served: number }[] = [];
  // What a job's earlier wishes of this round would take counts before its later ones.
  const ahead = new Map<string, number>();
  for (const [index, wish] of wishes.entries()) {
    const job = round.jobs.get(wish.jobId);
    if (wish.foreground !== foreground || job === undefined) continue;
    const before = ahead.get(wish.jobId) ?? 0;
    ahead.set(wish.jobId, before + wish.bytes);
    order.push({ index, served: standing(job, kind) + before });
  }
  return order.sort((a, b) => a.served - b.served || a.index - b.index).map(({ index }) => index);
}

/** A job that was idle, or is new, cannot have been left behind further than this. */
function standing(job: JobBudget, kind: KindBudget): number {
  return Math.max(job.servedBytes, kind.pacerBytes - MAKE_UP_BYTES);
}

function budgetOf(round: Round, jobId: string): JobBudget | undefined {
  return round.changed.get(jobId) ?? round.jobs.get(jobId);
}

function waitOf(bucket: TokenBucket, nowMs: number): number {
  return take(bucket, 0, nowMs).waitMs;
}

function ratesOf(shared: SharedBudget, job: JobBudget, foreground: boolean): number[] {
  const kind = foreground ? shared.foreground : shared.background;
  return [shared.total, kind.bucket, job.bucket].flatMap(({ rateBytesPerSecond: rate }) =>
    rate === undefined ? [] : [rate],
  );
}
