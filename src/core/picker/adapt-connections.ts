import { addLook, meanRate, NO_SAMPLE, rateError, type RateSample } from './rate-sample.ts';

/**
 * How many connections a file may use just now. More are tried, and kept only while they raise the
 * total throughput: on a link that one connection fills, a second one costs CPU and fairness and
 * gains nothing. Now and then one fewer is tried, and kept where nothing is lost by it.
 *
 * A plan is in one of three phases. Settled: `allowed` is `proven`. A trial: `allowed` is more, and
 * its throughput has to beat that of `proven`. A probe: `allowed` is one less, and has to keep up.
 */
export interface ConnectionPlan {
  /** Connections allowed now, at least 1. */
  readonly allowed: number;
  /** The number that the last comparison proved useful. */
  readonly proven: number;
  /** Throughput of `proven`, as it was before the trial or probe under way. */
  readonly base: RateSample;
  /** Throughput of `allowed`, since all of them have been bringing bytes. */
  readonly sample: RateSample;
  /** No step has failed yet: the file is still opening up. */
  readonly growing: boolean;
  /** Milliseconds in which no further connection is tried, and what they will be the next time. */
  readonly restMs: number;
  readonly nextRestMs: number;
  /** Milliseconds until one fewer is tried, and what they will be after that. */
  readonly probeInMs: number;
  readonly nextProbeMs: number;
}

/** What one look at a transfer shows. */
export interface PlanTick {
  /** Bytes of the file received in the `elapsedMs` before the look. */
  readonly bytes: number;
  readonly elapsedMs: number;
  /** Connections at work that are bringing bytes, the whole time of the look. */
  readonly flowing: number;
  /** The cap, at least 1. */
  readonly maximum: number;
  /** This machine or a limit, not the network, sets the pace: more connections cannot help. */
  readonly strained: boolean;
  /** Milliseconds from a request to its answer, 0 when not known. */
  readonly headMs: number;
  /** Milliseconds the file still takes at the present rate. */
  readonly leftMs: number;
}

/** Time between two looks: the first while the number is in question, the second when it is not. */
export const QUICK_TICK_MS = 50;
export const CALM_TICK_MS = 250;

/** A larger number must carry this much more to be kept. */
const GAIN = 1.12;
/** A number is judged by what it carried for so long at the most; then its mean decides. */
const LONGEST_TRIAL_MS = 1_000;
const LONGEST_PROBE_MS = 500;
/** A new connection is given so many round trips to get up to speed, and at least so long. */
const SPEED_UP_ROUND_TRIPS = 8;
const MIN_SETTLE_MS = 100;
const MAX_SETTLE_MS = 2_000;
/** While opening up, a trial that shows neither gain nor loss by then goes on to the next number. */
const UNDECIDED_TICKS = 3;
/** After a step that gained nothing: 20 s of rest before the next one, then twice as much. */
const REST_MS = 20_000;
/**
 * Every answer may begin with a burst, and a server may send in nothing but bursts. A rate seen for
 * less than this, or one that scatters by more than this share, is not sure enough to give a number
 * up for long.
 */
const SURE_MS = 500;
const SURE_SHARE = 0.06;
/** The first rest in that case: then the rate is known for sure, and the step is tried again. */
const SECOND_LOOK_MS = 1_000;
const MAX_REST_MS = 160_000;
/** One fewer is tried after so long; soon again when it was enough, later when it was not. */
const FIRST_PROBE_MS = 5_000;
const NEXT_PROBE_MS = 1_000;
const MAX_PROBE_MS = 80_000;
/** A file that is done sooner than this is not worth a probe. */
const MIN_PROBED_LEFT_MS = 4_000;

export const FIRST_PLAN: ConnectionPlan = {
  allowed: 1,
  proven: 1,
  base: NO_SAMPLE,
  sample: NO_SAMPLE,
  growing: true,
  restMs: 0,
  nextRestMs: SECOND_LOOK_MS,
  probeInMs: FIRST_PROBE_MS,
  nextProbeMs: 2 * FIRST_PROBE_MS,
};

/** The plan after one look. */
export function adaptConnections(plan: ConnectionPlan, tick: PlanTick): ConnectionPlan {
  const aged = {
    ...plan,
    restMs: Math.max(0, plan.restMs - tick.elapsedMs),
    probeInMs: Math.max(0, plan.probeInMs - tick.elapsedMs),
  };
  if (plan.allowed > tick.maximum) {
    const proven = Math.min(plan.proven, tick.maximum);
    return { ...aged, allowed: tick.maximum, proven, sample: NO_SAMPLE };
  }
  // With fewer at work than allowed (the file is nearly done, or an answer is awaited), or more
  // (one is on its way out), a look says nothing about the number allowed.
  if (tick.flowing !== plan.allowed) return aged;
  const seen = { ...aged, sample: addLook(plan.sample, tick.bytes, tick.elapsedMs) };
  if (plan.allowed > plan.proven) return judgeTrial(seen, tick);
  if (plan.allowed < plan.proven) return judgeProbe(seen, tick);
  return seen.sample.ticks < 2 ? seen : considerStep(seen, tick);
}

/** The plan after a connection beyond the first was refused: the server takes no more than `used`. */
export function capConnections(plan: ConnectionPlan, used: number): ConnectionPlan {
  const allowed = Math.max(1, Math.min(plan.allowed, used));
  return { ...rested(plan), allowed, proven: Math.min(plan.proven, allowed) };
}

/** Whether the next looks decide something, and are worth being quick. */
export function isInQuestion(plan: ConnectionPlan, maximum: number): boolean {
  return plan.allowed !== plan.proven || (plan.restMs === 0 && plan.allowed < maximum);
}

function considerStep(plan: ConnectionPlan, tick: PlanTick): ConnectionPlan {
  const { allowed, sample } = plan;
  const step = { base: sample, sample: NO_SAMPLE };
  if (plan.restMs === 0 && !tick.strained && allowed < tick.maximum && sample.bytes > 0) {
    return { ...plan, ...step, allowed: Math.min(tick.maximum, allowed * 2) };
  }
  const longEnough = tick.leftMs >= MIN_PROBED_LEFT_MS && sample.ms >= LONGEST_PROBE_MS;
  if (plan.probeInMs === 0 && allowed > 1 && longEnough) {
    return { ...plan, ...step, allowed: allowed - 1 };
  }
  // What is compared later is the throughput of then, not that of an hour ago.
  return sample.ms >= LONGEST_TRIAL_MS ? { ...plan, base: sample, sample: NO_SAMPLE } : plan;
}

function judgeTrial(plan: ConnectionPlan, tick: PlanTick): ConnectionPlan {
  const { base, sample } = plan;
  const target = meanRate(base) * GAIN;
  const doubt = Math.hypot(rateError(sample), rateError(base) * GAIN);
  const rate = meanRate(sample);
  // What a single look shows may be a burst.
  if (sample.ticks < 2) return plan;
  if (rate - doubt > target) return considerStep(proved(plan), tick);
  if (sample.ms < settleMs(tick)) return plan;
  if (rate + doubt < target) return gaveNothing(plan);
  const goesOn = plan.growing && sample.ticks >= UNDECIDED_TICKS && plan.allowed < tick.maximum;
  if (goesOn && !tick.strained) {
    return { ...plan, allowed: Math.min(tick.maximum, plan.allowed * 2), sample: NO_SAMPLE };
  }
  if (sample.ms < LONGEST_TRIAL_MS) return plan;
  if (rate > target) return proved(plan);
  // What cannot be told from a base that was seen so briefly is told by trying one fewer.
  if (base.ms < SURE_MS) return { ...proved(plan), probeInMs: NEXT_PROBE_MS };
  return gaveNothing(plan);
}

function judgeProbe(plan: ConnectionPlan, tick: PlanTick): ConnectionPlan {
  const { base, sample } = plan;
  // Each of n that all count carries a share of 1/n.
  const target = meanRate(base) * (1 - 1 / (2 * plan.proven));
  const doubt = Math.hypot(rateError(sample), rateError(base));
  const rate = meanRate(sample);
  if (sample.ticks < 2 || sample.ms < Math.min(settleMs(tick), LONGEST_PROBE_MS)) return plan;
  if (rate + doubt >= target && rate - doubt <= target && sample.ms < LONGEST_PROBE_MS) return plan;
  if (rate - doubt > target) {
    const next = { probeInMs: NEXT_PROBE_MS, nextProbeMs: 2 * FIRST_PROBE_MS };
    return { ...rested(plan), ...next, proven: plan.allowed };
  }
  return {
    ...plan,
    allowed: plan.proven,
    sample: NO_SAMPLE,
    probeInMs: plan.nextProbeMs,
    nextProbeMs: Math.min(MAX_PROBE_MS, 2 * plan.nextProbeMs),
  };
}

function proved(plan: ConnectionPlan): ConnectionPlan {
  const probes = { probeInMs: FIRST_PROBE_MS, nextProbeMs: 2 * FIRST_PROBE_MS };
  const nextRestMs = plan.growing ? plan.nextRestMs : REST_MS;
  return { ...plan, ...probes, proven: plan.allowed, nextRestMs };
}

function gaveNothing(plan: ConnectionPlan): ConnectionPlan {
  const after = { ...rested(plan), allowed: plan.proven };
  const sure = isSure(plan.base) && isSure(plan.sample);
  if (sure || !plan.growing || plan.nextRestMs !== SECOND_LOOK_MS) return after;
  return { ...after, growing: true, restMs: SECOND_LOOK_MS, nextRestMs: REST_MS };
}

/** Whether a rate scatters so little that it is what it seems. */
function isSure(sample: RateSample): boolean {
  return rateError(sample) <= meanRate(sample) * SURE_SHARE;
}

/** No further connection for a while, and for a longer one each time. */
function rested(plan: ConnectionPlan): ConnectionPlan {
  const restMs = Math.max(REST_MS, plan.nextRestMs);
  return {
    ...plan,
    sample: NO_SAMPLE,
    growing: false,
    restMs,
    nextRestMs: Math.min(MAX_REST_MS, 2 * restMs),
  };
}

function settleMs({ headMs }: PlanTick): number {
  return Math.min(MAX_SETTLE_MS, Math.max(MIN_SETTLE_MS, SPEED_UP_ROUND_TRIPS * headMs));
}
