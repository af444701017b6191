import { othersBytes, receivedBytes } from '../../core/bandwidth/others-traffic.ts';
import {
  depart,
  departLong,
  isLearning,
  missTrain,
  observeSilence,
  observeTick,
  observeTrain,
  POLITE_TICK_MS,
  rested,
  turnOf,
} from '../../core/bandwidth/polite-rate.ts';
import { createPoliteRate, type PoliteRate } from '../../core/bandwidth/polite-state.ts';
import {
  MIN_TRAIN_SHARE,
  seeBytes,
  speedOf,
  trainOf,
  type TrainLog,
} from '../../core/bandwidth/train.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MachineTraffic } from '../../ports/machine-traffic.ts';

/** A transfer that makes room for others. */
export interface PoliteUser {
  /** Where it gets its bytes from: scheme, host and port. */
  readonly origin: string;
  /** Connections at work for it. */
  connections(): number;
  /** It waits for others to leave the link, or does so no more. */
  held(waits: boolean): void;
}

/** An answer that cannot be left is looked at less often, and longer: buffers hide its speed. */
const LONG_TRAIN = 8;

/** The connection of the first train asks for the second one within this, or not at all. */
const SECOND_TRAIN_MS = 250;

/** What one connection gets by itself is learnt within this, or not at all. */
const LEARNING_MS = 1_000;

/** What was asked for so long ago has failed. */
const FORGOTTEN_MS = 60_000;

/** A train that brings nothing for so long is given up, so that another connection may try. */
const STUCK_MS = 10_000;

/** How long before the end of a silence it is looked who has taken what we left. */
const LISTEN_MS = 100;

type Counters = ReadonlyMap<string, number>;
const NO_COUNTERS: Counters = new Map();

/** Part of a tick that connections must at least wait for the network for it to say anything. */
const WAITING_SHARE = 0.3;
/** Part of a tick that may pass between requests and their answers. */
const GAP_SHARE = 0.1;

/** A connection that waits for its turn. */
interface Waiter {
  readonly user: PoliteUser;
  readonly key: AbortSignal;
  /** The answer under way cannot be left: the turn is for going on with it. */
  readonly stays: boolean;
  readonly go: () => void;
}

/** The train under way: the only answer that brings anything. */
interface Holder {
  readonly user: PoliteUser;
  readonly key: AbortSignal;
  readonly log: TrainLog;
}

/**
 * Carries out what core/bandwidth/polite-rate.ts decides for the background transfers of an engine:
 * hands out turns, measures trains, and looks at the rate a few times a second while there are any.
 * A connection is known by its signal.
 */
export class Politeness {
  readonly #clock: Clock;
  /** How often a limit has held anything back so far. */
  readonly #held: () => number;
  readonly #machineTraffic: MachineTraffic | undefined;
  /** The machine's counters at the last tick, and shortly before the end of a silence. */
  #counters: Counters = NO_COUNTERS;
  #silence: { readonly sinceMs: number; readonly counters: Counters } | undefined;
  #state: PoliteRate;
  #enabled = false;
  readonly #users = new Set<PoliteUser>();
  readonly #waiters = new Set<Waiter>();
  /** Connections that have asked and not received anything yet, and since when. */
  readonly #asking = new Map<AbortSignal, number>();
  #holder: Holder | undefined;
  /** The connection that the second train belongs to. */
  #reserved: AbortSignal | undefined;
  #reservedUntilMs = 0;
  #cancelTick: (() => void) | undefined;
  #cancelTurn: (() => void) | undefined;
  #tickedMs = 0;
  #bytes = 0;
  #waitedMs = 0;
  #gapMs = 0;
  #holdsBefore = 0;
  #changed = false;

  constructor(clock: Clock, held: () => number, machineTraffic?: MachineTraffic) {
    this.#clock = clock;
    this.#machineTraffic = machineTraffic;
    this.#held = held;
    this.#state = createPoliteRate(clock.nowMs());
  }

  /** Whether transfers leave the link to others just now. */
  get yielding(): boolean {
    return this.#state.yielding;
  }

  /** Whether a transfer that began at `sinceMs` should leave it at the connections it has. */
  settling({ origin }: PoliteUser, sinceMs: number): boolean {
    if (!this.#enabled) return false;
    const nowMs = this.#clock.nowMs();
    return this.holds || (nowMs - sinceMs < LEARNING_MS && isLearning(this.#state, origin, nowMs));
  }

  /** Whether transfers are held back, if only for a look. */
  get holds(): boolean {
    return this.#state.phase !== 'full';
  }

  /** Switches politeness on or off. */
  enable(on: boolean): void {
    if (on === this.#enabled) return;
    this.#enabled = on;
    this.#rest();
    if (on && this.#users.size > 0) this.#startTicks();
  }

  join(user: PoliteUser): void {
    this.#users.add(user);
    this.#changed = true;
    if (this.#enabled) this.#startTicks();
  }

  leave(user: PoliteUser): void {
    this.#users.delete(user);
    this.#changed = true;
    if (this.#holder?.user === user) this.#endTrain();
    if (this.#users.size === 0) this.#rest();
  }

  /**
   * Waits for the turn to ask for something; undefined: at once. Rejects with the signal's reason.
   *
   * @param stays - it is to go on with an answer that cannot be left
   */
  turn(user: PoliteUser, key: AbortSignal, stays: boolean): Promise<void> | undefined {
    if (this.#holder?.key === key) this.#endTrain();
    if (this.holds) return this.#wait(user, key, stays);
    this.#asking.set(key, this.#clock.nowMs());
    return undefined;
  }

  /** Bytes that may be asked for at once. */
  limit(key: AbortSignal): number {
    return this.#holder?.key === key ? this.#holder.log.wanted : Infinity;
  }

  /** Whether the answer under way is to be left. */
  leaves(key: AbortSignal): boolean {
    return this.holds && this.#holder?.key !== key;
  }

  /** A connection is at its end, and asks for nothing more. */
  ended(key: AbortSignal): void {
    this.#asking.delete(key);
    if (this.#holder?.key === key) this.#endTrain();
    if (this.#reserved !== key) return;
    this.#giveUpSecond();
    this.#serve();
  }

  /** Bytes of a background transfer are in hand. */
  arrived(key: AbortSignal, bytes: number): void {
    this.#bytes += bytes;
    this.#endGap(key);
    const holder = this.#holder;
    if (holder?.key !== key) return;
    this.#holder = { ...holder, log: seeBytes(holder.log, bytes, this.#clock.nowMs()) };
    if (this.#holder.log.bytes >= holder.log.wanted) this.#endTrain();
  }

  /** A connection has waited for bytes from the network. */
  waited(ms: number): void {
    this.#waitedMs += ms;
  }

  async #wait(user: PoliteUser, key: AbortSignal, stays: boolean): Promise<void> {
    key.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { user, key, stays, go: resolve };
    const onAbort = (): void => reject(key.reason);
    key.addEventListener('abort', onAbort, { once: true });
    this.#waiters.add(waiter);
    user.held(true);
    try {
      this.#serve();
      await promise;
    } finally {
      key.removeEventListener('abort', onAbort);
      this.#waiters.delete(waiter);
      user.held(false);
    }
  }

  /** Lets those go on whose turn it is. */
  #serve(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
    const nowMs = this.#clock.nowMs();
    if (!this.holds) {
      for (const { key, go } of this.#waiters) {
        this.#asking.set(key, nowMs);
        go();
      }
      this.#waiters.clear();
      return;
    }
    if (this.#holder !== undefined) return;
    const waiters = [...this.#waiters];
    const next =
      this.#reserved === undefined
        ? waiters[0]
        : waiters.find(({ key, stays }) => key === this.#reserved && !stays);
    if (next === undefined) {
      if (this.#reserved !== undefined) this.#again(this.#reservedUntilMs - nowMs);
      return;
    }
    const turn = turnOf(this.#state, next.user.origin, nowMs);
    if (turn.kind === 'wait') {
      this.#again(this.#listen(turn.ms, nowMs));
    } else if (turn.kind === 'train' && this.#heardOthers(nowMs)) {
      this.#serve();
    } else if (turn.kind === 'train') {
      this.#depart(next, turn.bytes);
    }
  }

  /** Reads the counters near the end of a silence; the milliseconds until the next look. */
  #listen(waitMs: number, nowMs: number): number {
    if (this.#silence !== undefined) return waitMs;
    if (waitMs > LISTEN_MS) return waitMs - LISTEN_MS;
    this.#silence = { sinceMs: nowMs, counters: this.#readCounters() };
    return waitMs;
  }

  /** Whether other programs of this machine were heard in the silence that ends now. */
  #heardOthers(nowMs: number): boolean {
    const silence = this.#silence;
    this.#silence = undefined;
    if (silence === undefined) return false;
    const others = othersBytes(receivedBytes(silence.counters, this.#readCounters()), 0);
    const rate = (others * 1_000) / Math.max(1, nowMs - silence.sinceMs);
    this.#state = observeSilence(this.#state, rate, nowMs);
    return this.#state.trainAtMs > nowMs;
  }

  #readCounters(): Counters {
    return this.#machineTraffic?.receivedBytes() ?? NO_COUNTERS;
  }

  #again(ms: number): void {
    this.#cancelTurn?.();
    this.#cancelTurn = this.#clock.after(Math.max(0, ms), () => {
      this.#cancelTurn = undefined;
      if (this.#clock.nowMs() >= this.#reservedUntilMs) this.#giveUpSecond();
      this.#serve();
    });
  }

  /** The connection of the first train does not ask for a second one. */
  #giveUpSecond(): void {
    if (this.#reserved === undefined) return;
    this.#reserved = undefined;
    this.#state = missTrain(this.#state, 0, this.#clock.nowMs());
  }

  #depart(waiter: Waiter, bytes: number): void {
    const { user, key, stays, go } = waiter;
    const nowMs = this.#clock.nowMs();
    if (stays) this.#state = departLong(this.#state, LONG_TRAIN, nowMs);
    else if (this.#reserved === undefined) this.#state = depart(this.#state, nowMs);
    this.#reserved = undefined;
    this.#holder = { user, key, log: trainOf(stays ? bytes * LONG_TRAIN : bytes, nowMs) };
    this.#waiters.delete(waiter);
    go();
  }

  /** The train is here, or will not be. */
  #endTrain(): void {
    const { user, key, log } = this.#holder!;
    this.#holder = undefined;
    const nowMs = this.#clock.nowMs();
    const share = log.bytes / log.wanted;
    this.#state =
      share < MIN_TRAIN_SHARE
        ? missTrain(this.#state, share, nowMs)
        : observeTrain(this.#state, { origin: user.origin, ...speedOf(log) }, nowMs);
    if (this.#state.phase === 'train') {
      this.#reserved = key;
      this.#reservedUntilMs = nowMs + SECOND_TRAIN_MS;
    }
    this.#serve();
  }

  #endGap(key: AbortSignal): void {
    const sinceMs = this.#asking.get(key);
    if (sinceMs === undefined) return;
    this.#asking.delete(key);
    this.#gapMs += this.#clock.nowMs() - Math.max(sinceMs, this.#tickedMs);
  }

  /** Nothing is under way: what was going on has ended without a verdict. */
  #rest(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#holder = undefined;
    this.#reserved = undefined;
    this.#asking.clear();
    this.#state = rested(this.#state, this.#clock.nowMs());
    this.#serve();
  }

  #startTicks(): void {
    if (this.#cancelTick !== undefined) return;
    this.#tickedMs = this.#clock.nowMs();
    this.#bytes = 0;
    this.#waitedMs = 0;
    this.#gapMs = 0;
    this.#holdsBefore = this.#held();
    this.#counters = this.#readCounters();
    this.#cancelTick = this.#clock.after(POLITE_TICK_MS, () => {
      this.#cancelTick = undefined;
      this.#tick();
      this.#startTicks();
    });
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    const ms = Math.max(1, nowMs - this.#tickedMs);
    for (const [key, sinceMs] of this.#asking) {
      if (key.aborted || nowMs - sinceMs > FORGOTTEN_MS) this.#asking.delete(key);
      this.#gapMs += nowMs - Math.max(sinceMs, this.#tickedMs);
    }
    this.#giveUpStuck(nowMs);
    const users = [...this.#users];
    const connections = users.reduce((sum, user) => sum + user.connections(), 0);
    const judged =
      connections > 0 &&
      this.#held() === this.#holdsBefore &&
      this.#waitedMs >= ms * connections * WAITING_SHARE &&
      this.#gapMs <= ms * connections * GAP_SHARE;
    const origin = connections === 1 ? users.find((user) => user.connections() === 1) : undefined;
    const changed = this.#changed;
    this.#changed &&= this.holds;
    this.#state = observeTick(this.#state, {
      nowMs,
      ms,
      bytes: this.#bytes,
      received: receivedBytes(this.#counters, this.#readCounters()),
      origin: origin?.origin,
      judged,
      changed,
    });
  }

  /** A train that brings nothing must not keep the others waiting for ever. */
  #giveUpStuck(nowMs: number): void {
    if (this.#holder === undefined) return;
    const { key, log } = this.#holder;
    if (key.aborted || nowMs - log.lastMs > STUCK_MS) this.#endTrain();
  }
}
