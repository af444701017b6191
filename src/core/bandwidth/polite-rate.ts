import {
  doubtSingles,
  learnSingle,
  linkSpeed,
  singleSpeed,
  type KnownSpeeds,
  type LinkSpeed,
} from './known-speeds.ts';
import { othersBytes } from './others-traffic.ts';
import {
  HALF_LIFE_MS,
  type PoliteRate,
  type PoliteTick,
  type Train,
  type Turn,
} from './polite-state.ts';

// What the phases are, and what a check is: polite-state.ts.

/** Milliseconds between two looks at the rate. */
export const POLITE_TICK_MS = 250;

const TICKS_OF_A_SECOND = 4;

/** Long enough for others to take what is free, and for a short queue of our own to drain. */
const SILENCE_MS = 300;

/** While yielding, a train leaves so often; all of the link is back within this and a train. */
const TRAIN_EVERY_MS = 2_000;
/** Time's worth of the link in one train: a twentieth of the time between two. */
const TRAIN_MS = 100;
/** Smaller trains show a server's buffers, not the link. */
const MIN_TRAIN_BYTES = 16_384;
const MAX_MISSED_TRAINS = 16;

/** A first train below this part of the speed looks like company; a second train decides. */
const PROMISING = 0.7;
const IDLE = 0.85;
/** Arriving so much faster than before means that before was not all there is. */
const MORE_THAN_BEFORE = 1.2;

/** A rate below this part of the reference is a drop that is looked into at once. */
const DROP = 0.8;
/** Below this it is looked into when the budget allows. */
const DIP = 0.985;

/** Below this the budget need not be there quite yet. */
const CLEAR_DIP = 0.95;
const CLEAR_DIP_DEBT_MS = 400;

/** The part of the time that checks may cost a transfer that is alone. */
const CHECK_SHARE = 1 / 50;
/** So much is saved up before a check that nothing but time calls for. */
const PERIODIC_BUDGET_MS = 400;
const MAX_BUDGET_MS = 1_000;
/** However often the rate drops, checks leave this part of the time in debt at most. */
const MAX_DEBT_MS = 2_000;
/** A rate nobody has proved is looked into after this. */
const UNPROVEN_MS = 4_000;
/** After a return that only forgetting has brought about, sooner. */
const DOUBTFUL_MS = 2_000;

const MAX_HALF_LIFE_MS = 600_000;

/** One connection with so much of the rate was held up by the link, not by a server's cap. */
const OF_THE_LINK = 0.6;

/** A program that has just begun and takes so much of our own rate is worth a check. */
const NEWCOMER = 0.03;
/** One that takes so much is worth a check that the budget has no room for. */
const CLEAR_NEWCOMER = 0.1;
/** Headers are no less than this part of what they carry where packets are of the usual size. */
const HEADER_SHARE = 0.045;

/** So much of our own rate makes other programs worth a look. */
const MANY_OTHERS = 0.25;
/** They have taken so much of our rate while we were silent. */
const TAKEN = 0.3;

/** Trains on an idle link against those among others. */
const FAR_FASTER = 2;

/** Company that was there first has left us half of a link at the most, most of the time. */
const LEFT_BY_OTHERS = 1.5;

/** The state once no background transfer is left: full again, with what has been learnt. */
export function rested(state: PoliteRate, nowMs: number): PoliteRate {
  return { ...toFull(state, nowMs), recent: [], reference: 0, unproven: true };
}

/** The state after a tick; in phase `silent` from now on if everything under way is to be left. */
export function observeTick(before: PoliteRate, tick: PoliteTick): PoliteRate {
  if (before.phase !== 'full') return before;
  const { nowMs, ms, bytes } = tick;
  const earned = before.budgetMs + ms * CHECK_SHARE;
  const state = { ...before, budgetMs: Math.min(MAX_BUDGET_MS, earned) };
  if (tick.changed) return { ...state, recent: [], reference: 0 };
  if (!tick.judged) return { ...state, recent: [] };
  const rate = (bytes * 1_000) / ms;
  const recent = [...state.recent, rate].slice(-TICKS_OF_A_SECOND);
  const others = (othersBytes(tick.received, bytes) * 1_000) / ms;
  const surplus =
    tick.received === undefined || bytes === 0 ? undefined : (tick.received - bytes) / bytes;
  const recentOthers = beside(state.recentOthers, state.recent, others);
  const recentSurplus = beside(state.recentSurplus, state.recent, surplus);
  const crowded = recentOthers.at(-1)! >= rate * MANY_OTHERS;
  const single =
    tick.origin === undefined || crowded
      ? state.speeds
      : learnSingle(state.speeds, tick.origin, rate, nowMs);
  const seen = { ...state, recent, recentOthers, recentSurplus };
  if (recent.length < TICKS_OF_A_SECOND) return { ...seen, speeds: single };
  const now = mean(recent);
  const speeds = learnLink(single, now, nowMs);
  const reference = Math.max(state.reference, now);
  const next = { ...seen, reference, speeds };
  return alarmed(next, now, nowMs) ? beginCheck(next, now, nowMs) : next;
}

/**
 * Whether more connections should wait, because nobody knows yet what one of them gets by itself.
 * It takes a tick or two after a transfer has begun.
 */
export function isLearning(state: PoliteRate, origin: string, nowMs: number): boolean {
  return singleSpeed(state.speeds, origin, nowMs) === undefined;
}

/**
 * The state after the silence of a check. When other programs of this machine have taken at once what
 * we left, nothing more needs to be asked: they are company, and both together are the link's speed.
 * Where they were little before, what still came was on its way to us.
 *
 * @param others - bytes per second they received at the end of it
 */
export function observeSilence(state: PoliteRate, others: number, nowMs: number): PoliteRate {
  const { check, phase } = state;
  if (phase !== 'silent' || check === undefined) return state;
  if (check.others < check.rate * MANY_OTHERS) return state;
  if (others < check.others + check.rate * TAKEN) return state;
  const bytesPerSecond = Math.max(check.rate + check.others, others);
  const link = { bytesPerSecond, confirmed: true, atMs: nowMs };
  // What single connections have shown, they have shown among others.
  const speeds = withLink(doubtSingles(state.speeds, 0), link);
  const train = { origin: '', rate: 0, lateRate: 0, bytes: 0 };
  const found = foundOthers({ ...state, speeds }, train, nowMs);
  return { ...found, trainAtMs: nowMs + everyMs(found, nowMs) };
}

/** What a transfer to `origin` that wants to ask for something may do. */
export function turnOf(state: PoliteRate, origin: string, nowMs: number): Turn {
  if (state.phase === 'full') return { kind: 'free' };
  if (state.phase === 'silent' && nowMs < state.trainAtMs) {
    return { kind: 'wait', ms: Math.ceil(state.trainAtMs - nowMs) };
  }
  return { kind: 'train', bytes: trainBytes(state, origin, nowMs) };
}

/** A train leaves. */
export function depart(state: PoliteRate, nowMs: number): PoliteRate {
  return { ...state, phase: 'train', sinceMs: nowMs, departedMs: nowMs };
}

/** A train leaves that is as long as `length` others, and lets the next one wait as much longer. */
export function departLong(state: PoliteRate, length: number, nowMs: number): PoliteRate {
  const laterMs = (length - 1) * everyMs(state, nowMs);
  return { ...depart(state, nowMs), departedMs: nowMs + laterMs, warm: true };
}

/**
 * The state after a train has come in. In phase `train` still, when the second one is to follow at
 * once over the same connection.
 */
export function observeTrain(state: PoliteRate, train: Train, nowMs: number): PoliteRate {
  if (state.phase !== 'train') return state;
  const check = state.check && { ...state.check, bytes: state.check.bytes + train.bytes };
  const seen = { ...state, check, missed: 0 };
  const goal = goalOf(seen, train.origin, nowMs);
  if (!state.warm) {
    const promising = Math.max(train.rate, train.lateRate) >= goal * PROMISING;
    return promising ? { ...seen, warm: true } : foundOthers(seen, train, nowMs);
  }
  return isIdle(seen, train, goal)
    ? foundIdle(seen, train, nowMs)
    : foundOthers(seen, train, nowMs);
}

/**
 * The state after a train that ended early, with its file or its connection: it says nothing, and
 * the next one may leave when the bytes that did come are paid for. After a few of them there is
 * nothing to go by, and transfers are at full: small files take less than their share anyway.
 *
 * @param share - the part of its bytes that came
 */
export function missTrain(state: PoliteRate, share: number, nowMs: number): PoliteRate {
  if (state.phase !== 'train') return state;
  const missed = state.missed + 1;
  if (missed > MAX_MISSED_TRAINS) return { ...toFull(state, nowMs), unproven: true };
  const trainAtMs = Math.max(nowMs, state.departedMs + share * everyMs(state, nowMs));
  return { ...state, phase: 'silent', sinceMs: nowMs, trainAtMs, warm: false, missed };
}

/** Figures of the same ticks as `recent`, and the one of the tick after. */
function beside<Figure>(
  figures: readonly Figure[],
  recent: readonly number[],
  figure: Figure,
): readonly Figure[] {
  return [...figures.slice(figures.length - recent.length), figure].slice(-TICKS_OF_A_SECOND);
}

/**
 * What the machine has received for half a second beside our own, beyond that of the half second
 * before, in parts of our rate: a program has begun that may want the link. Our own headers are the
 * same part of our rate whatever that is. What has arrived and waits to be read shows in one tick and
 * is missing in another.
 */
function newcomer({ recentSurplus: [a, b, c, d] }: PoliteRate): number {
  if (a === undefined || b === undefined || c === undefined || d === undefined) return 0;
  return Math.min(c, d) - Math.max(a, b, HEADER_SHARE);
}

function alarmed(state: PoliteRate, now: number, nowMs: number): boolean {
  const { budgetMs, reference, sinceMs } = state;
  const begun = newcomer(state);
  if (now < reference * DROP || begun >= CLEAR_NEWCOMER) return budgetMs > -MAX_DEBT_MS;
  if ((now < reference * CLEAR_DIP || begun >= NEWCOMER) && budgetMs > -CLEAR_DIP_DEBT_MS) {
    return true;
  }
  if (budgetMs < 0) return false;
  const fullMs = nowMs - sinceMs;
  const doubtful = state.unproven && state.speeds.link !== undefined;
  if (state.unproven && mean(state.recentOthers) >= now * MANY_OTHERS) return true;
  if (state.unproven) return fullMs >= (doubtful ? DOUBTFUL_MS : UNPROVEN_MS);
  return now < reference * DIP || budgetMs >= PERIODIC_BUDGET_MS;
}

function beginCheck(state: PoliteRate, rate: number, nowMs: number): PoliteRate {
  return {
    ...state,
    phase: 'silent',
    sinceMs: nowMs,
    trainAtMs: nowMs + SILENCE_MS,
    warm: false,
    check: {
      rate,
      startedMs: nowMs,
      others: Math.max(...state.recentOthers),
      dropped: rate < state.reference * DROP,
      bytes: 0,
    },
  };
}

/** Bytes per second that a train should reach on an idle link. */
function goalOf(state: PoliteRate, origin: string, nowMs: number): number {
  const { check, speeds } = state;
  const single = singleSpeed(speeds, origin, nowMs);
  if (check === undefined) return Math.min(linkGoal(state, nowMs), single ?? Infinity);
  const link = linkSpeed(speeds, nowMs);
  const known = link?.confirmed === true ? link.bytesPerSecond : 0;
  const before = check.dropped ? state.reference : check.rate;
  return Math.min(Math.max(known, before), single ?? Infinity);
}

/**
 * What the link should carry, less and less the longer trains have fallen short of it. Where that is
 * a guess, what is as fast as before and far faster than trains have been since will do.
 */
function linkGoal(state: PoliteRate, nowMs: number): number {
  const link = linkSpeed(state.speeds, nowMs);
  if (link === undefined) return 0;
  const forgotten = 0.5 ** (Math.max(0, nowMs - state.yieldedMs) / state.halfLifeMs);
  const goal = link.bytesPerSecond * forgotten;
  if (link.confirmed) return goal;
  return Math.min(goal, Math.max(state.rateBefore, state.amongOthers * FAR_FASTER));
}

function isIdle({ check, speeds }: PoliteRate, train: Train, goal: number): boolean {
  if (train.rate < goal * IDLE) return false;
  if (check === undefined || speeds.link?.confirmed === true) return true;
  return train.rate <= Math.max(check.rate, goal) * MORE_THAN_BEFORE;
}

function foundIdle(state: PoliteRate, train: Train, nowMs: number): PoliteRate {
  const { check, speeds } = state;
  if (check !== undefined) {
    const { startedMs, bytes, rate } = check;
    const costMs = Math.max(0, nowMs - startedMs - (bytes * 1_000) / rate);
    const carried = Math.max(rate, train.rate);
    return {
      ...toFull(state, nowMs),
      budgetMs: state.budgetMs - costMs,
      unproven: false,
      halfLifeMs: HALF_LIFE_MS,
      speeds: withLink(speeds, raised(linkSpeed(speeds, nowMs), carried, nowMs)),
    };
  }
  const link = linkSpeed(speeds, nowMs);
  const single = singleSpeed(speeds, train.origin, nowMs) ?? Infinity;
  const whole = train.rate >= IDLE * Math.min(link?.bytesPerSecond ?? 0, single);
  const proven = whole && link?.confirmed === true;
  return {
    ...toFull(state, nowMs),
    unproven: !proven,
    halfLifeMs: whole ? HALF_LIFE_MS : state.halfLifeMs,
    speeds: whole
      ? speeds
      : withLink(learnSingle(speeds, train.origin, train.rate, nowMs), {
          bytesPerSecond: train.rate,
          confirmed: false,
          atMs: nowMs,
        }),
  };
}

function foundOthers(state: PoliteRate, train: Train, nowMs: number): PoliteRate {
  const { check, speeds } = state;
  const silent: PoliteRate = {
    ...state,
    phase: 'silent',
    sinceMs: nowMs,
    yielding: true,
    check: undefined,
    warm: false,
    trainAtMs: Math.max(nowMs + SILENCE_MS, state.departedMs + everyMs(state, nowMs)),
  };
  const rate = Math.max(train.rate, train.lateRate);
  if (check === undefined) return { ...silent, amongOthers: (silent.amongOthers + rate) / 2 };
  const link = linkSpeed(speeds, nowMs);
  const seen = Math.max(link?.bytesPerSecond ?? 0, state.reference, check.rate);
  const sure = link?.confirmed === true || check.dropped;
  const bytesPerSecond = sure ? seen : Math.max(seen, check.rate * LEFT_BY_OTHERS);
  const again = link !== undefined && !link.confirmed;
  return {
    ...silent,
    // Soon again: what looked like company may have been a moment's trouble.
    trainAtMs: nowMs + SILENCE_MS,
    amongOthers: rate,
    rateBefore: check.rate,
    yieldedMs: nowMs,
    halfLifeMs: again ? Math.min(MAX_HALF_LIFE_MS, state.halfLifeMs * 2) : state.halfLifeMs,
    speeds: withLink(doubtSingles(speeds, check.rate * OF_THE_LINK), {
      bytesPerSecond,
      confirmed: sure,
      atMs: nowMs,
    }),
  };
}

function toFull(state: PoliteRate, nowMs: number): PoliteRate {
  return {
    ...state,
    phase: 'full',
    sinceMs: nowMs,
    yielding: false,
    check: undefined,
    warm: false,
    recent: [],
    missed: 0,
  };
}

function trainBytes(state: PoliteRate, origin: string, nowMs: number): number {
  const { check, speeds } = state;
  const link = linkSpeed(speeds, nowMs)?.bytesPerSecond ?? check?.rate ?? 0;
  const rate = Math.min(
    Math.max(link, check?.rate ?? 0),
    singleSpeed(speeds, origin, nowMs) ?? Infinity,
  );
  return Math.max(MIN_TRAIN_BYTES, Math.round((rate * TRAIN_MS) / 1_000));
}

/** From one train to the next: on a slow link the smallest train lasts longer. */
function everyMs({ speeds }: PoliteRate, nowMs: number): number {
  const link = linkSpeed(speeds, nowMs)?.bytesPerSecond ?? 0;
  const smallestMs = link > 0 ? (MIN_TRAIN_BYTES * 1_000) / link : 0;
  return TRAIN_EVERY_MS * Math.max(1, smallestMs / TRAIN_MS);
}

function learnLink(speeds: KnownSpeeds, rate: number, nowMs: number): KnownSpeeds {
  const link = linkSpeed(speeds, nowMs);
  if (link === undefined || rate <= link.bytesPerSecond) return speeds;
  return withLink(speeds, { ...link, bytesPerSecond: rate, atMs: nowMs });
}

function raised(link: LinkSpeed | undefined, rate: number, nowMs: number): LinkSpeed {
  const kept = link?.confirmed === true ? link.bytesPerSecond : 0;
  return { bytesPerSecond: Math.max(kept, rate), confirmed: true, atMs: nowMs };
}

function withLink(speeds: KnownSpeeds, link: LinkSpeed): KnownSpeeds {
  return { ...speeds, link };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
