/**
 * How many connections a file may use just now. More are tried one step at a time, and kept only
 * while they raise the total throughput: on a link that one connection fills, a second one costs
 * CPU and fairness and gains nothing.
 */
export interface ConnectionPlan {
  /** Connections allowed now, at least 1. */
  readonly allowed: number;
  /** The number that the last comparison proved useful, and its rate in bytes per second. */
  readonly proven: number;
  readonly provenRate: number;
  /** Ticks since `allowed` changed. */
  readonly ticks: number;
  /** Ticks left in which no further connection is tried. */
  readonly rest: number;
}

/** Milliseconds between two ticks: long enough for a rate, short enough to open up a slow server. */
export const PLAN_TICK_MS = 250;

/** A larger number must carry this much more to be kept. */
const GAIN = 1.12;
/** The first tick after a change still shows the old number at work. */
const SETTLE_TICKS = 1;
/** After a step that gained nothing: 20 s of rest before the next one. */
const REST_TICKS = 80;

export const FIRST_PLAN: ConnectionPlan = {
  allowed: 1,
  proven: 1,
  provenRate: 0,
  ticks: 0,
  rest: 0,
};

/**
 * The plan after one tick.
 *
 * @param rate - bytes per second received by the file over the tick
 * @param busy - connections that were at work during it
 * @param maximum - the origin's cap, at least 1
 * @param strained - this machine, not the network, sets the pace: more connections cannot help
 */
export function adaptConnections(
  plan: ConnectionPlan,
  rate: number,
  busy: number,
  maximum: number,
  strained: boolean = false,
): ConnectionPlan {
  if (plan.allowed > maximum) {
    return { ...plan, allowed: maximum, proven: Math.min(plan.proven, maximum), ticks: 0 };
  }
  const aged = { ...plan, ticks: plan.ticks + 1, rest: Math.max(0, plan.rest - 1) };
  // With fewer at work than allowed (the file is nearly done, or an answer is awaited) a tick says
  // nothing about the number allowed.
  if (busy < plan.allowed || aged.ticks <= SETTLE_TICKS || rate <= 0) return aged;
  if (plan.allowed > plan.proven && rate < plan.provenRate * GAIN) {
    return { ...aged, allowed: plan.proven, ticks: 0, rest: REST_TICKS };
  }
  const proven = { ...aged, proven: plan.allowed, provenRate: rate };
  if (aged.rest > 0 || strained || plan.allowed >= maximum) return proven;
  return { ...proven, allowed: Math.min(maximum, plan.allowed * 2), ticks: 0 };
}

/** The plan after a connection beyond the first was refused: the server takes no more than `used`. */
export function capConnections(plan: ConnectionPlan, used: number): ConnectionPlan {
  const allowed = Math.max(1, Math.min(plan.allowed, used));
  return { ...plan, allowed, proven: Math.min(plan.proven, allowed), ticks: 0, rest: REST_TICKS };
}
