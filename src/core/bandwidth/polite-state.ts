import { NOTHING_KNOWN, type KnownSpeeds } from './known-speeds.ts';

/**
 * How background transfers make room for traffic that nobody here can see: a browser, another
 * program, another machine behind the same link. All background transfers of an engine are one flow
 * to it, and everything is concluded from what that flow receives.
 *
 * - **full**: no limit at all. The rate is watched. A drop, or some time without a look, begins a
 *   check.
 * - **silent**: every answer under way has been left and nothing is asked for. Others who compete
 *   take what has become free within a moment; a link that nobody else uses lies idle.
 * - **train**: one bounded request. Coming into an idle link it arrives at the link's full rate;
 *   among others' packets it does not. Two trains in a row decide: the first warms the connection
 *   up, and only when it looks promising the second is measured.
 *
 * A check is silence and trains; when they find the link idle, transfers are at **full** again.
 * When they do not, others are there: the flow *yields*. It goes on with a train now and then, a
 * twentieth of the link, each of which is another look.
 *
 * The speed that trains are held to is forgotten bit by bit while they fall short of it: a server
 * or a link that has become slow for good is not taken for competition for ever.
 */
export interface PoliteRate {
  readonly phase: 'full' | 'silent' | 'train';
  /** When the phase began. */
  readonly sinceMs: number;
  /** Others were found on the link, and have not been found gone. */
  readonly yielding: boolean;
  /** Rates of the last ticks that say something of the network, in bytes per second, oldest first. */
  readonly recent: readonly number[];
  /** What other programs of this machine received in the same ticks, in bytes per second. */
  readonly recentOthers: readonly number[];
  /**
   * What the machine received beyond our own bytes in the same ticks, headers included, in parts of
   * our own; undefined where nobody knows.
   */
  readonly recentSurplus: readonly (number | undefined)[];
  /** The best mean over a second since the transfers at work changed; 0 while there is none. */
  readonly reference: number;
  readonly speeds: KnownSpeeds;
  /** How long the speed that trains are held to takes to halve. */
  readonly halfLifeMs: number;
  /** When others were found; what is known of the link is forgotten from then on. */
  readonly yieldedMs: number;
  /** Milliseconds of full speed that checks may still cost; they earn a fiftieth of the time. */
  readonly budgetMs: number;
  /** Nothing has shown yet that the rate of now is all the link can carry. */
  readonly unproven: boolean;
  readonly check: Check | undefined;
  /** When the silence ends and the next train may leave. */
  readonly trainAtMs: number;
  /** Whether the first train of two has been seen. */
  readonly warm: boolean;
  /** When the last train left, or would have left to be the last of so many bytes. */
  readonly departedMs: number;
  /** What trains among others have come to lately, in bytes per second; 0 before there was one. */
  readonly amongOthers: number;
  /** The rate before others were found. */
  readonly rateBefore: number;
  /** Trains in a row that ended early. */
  readonly missed: number;
}

/** What a check compares with. */
export interface Check {
  /** The rate before, in bytes per second. */
  readonly rate: number;
  readonly startedMs: number;
  /** The most that other programs of this machine received in a tick of the second before, in bytes per second. */
  readonly others: number;
  /** The rate had fallen clearly, from the reference. */
  readonly dropped: boolean;
  /** Bytes that have come in the trains so far. */
  readonly bytes: number;
}

/** What was received over a tick. */
export interface PoliteTick {
  readonly nowMs: number;
  /** Milliseconds it lasted. */
  readonly ms: number;
  readonly bytes: number;
  /** Bytes that the machine received, ours and all headers included; undefined where nobody knows. */
  readonly received?: number | undefined;
  /** The origin of all of it, when all came over one connection. */
  readonly origin: string | undefined;
  /** The network set the pace all the time: no limit, no disk, no gap between answers. */
  readonly judged: boolean;
  /** Transfers have come or gone. */
  readonly changed: boolean;
}

/** What came of a train. */
export interface Train {
  readonly origin: string;
  /** Bytes per second over the second half of it. */
  readonly lateRate: number;
  /** Bytes per second over all of it. */
  readonly rate: number;
  readonly bytes: number;
}

/** What a background transfer may do now. */
export type Turn =
  | { readonly kind: 'free' }
  /** Ask for no more than this, in one request, alone. */
  | { readonly kind: 'train'; readonly bytes: number }
  | { readonly kind: 'wait'; readonly ms: number };

/** How long the speed of the link takes to be half forgotten, at first. */
export const HALF_LIFE_MS: number = 60_000;

/** Enough for the first check, and for none soon after it. */
const INITIAL_BUDGET_MS = 100;

export function createPoliteRate(nowMs: number): PoliteRate {
  return {
    phase: 'full',
    sinceMs: nowMs,
    yielding: false,
    recent: [],
    recentOthers: [],
    recentSurplus: [],
    reference: 0,
    speeds: NOTHING_KNOWN,
    halfLifeMs: HALF_LIFE_MS,
    yieldedMs: nowMs,
    budgetMs: INITIAL_BUDGET_MS,
    unproven: true,
    check: undefined,
    trainAtMs: nowMs,
    warm: false,
    departedMs: nowMs,
    amongOthers: 0,
    rateBefore: 0,
    missed: 0,
  };
}
