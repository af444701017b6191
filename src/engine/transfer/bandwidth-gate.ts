import {
  createJobBudget,
  createSharedBudget,
  isLimited,
  isShut,
  shareOut,
  sliceBytes,
  withRates,
  type JobBudget,
  type SharedBudget,
  type SharedRates,
} from '../../core/bandwidth/share-out.ts';
import { take, withRate } from '../../core/bandwidth/token-bucket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MachineTraffic } from '../../ports/machine-traffic.ts';
import { pause } from './pause.ts';
import { Politeness, type PoliteUser } from './politeness.ts';

/** The job behind a transfer, as the gate sees it; asked again and again, since it may change. */
export interface GateUser {
  readonly jobId: string;
  foreground(): boolean;
  /** The job's own limit in bytes per second; undefined is unlimited, 0 lets nothing pass. */
  bytesPerSecond(): number | undefined;
  /** The limits alone keep the transfer from going on, for longer than a moment; or no longer. */
  held(waits: boolean): void;
  /** Where the bytes come from: scheme, host and port. */
  readonly origin: string;
  /** Whether others may need the road to that origin: never when it leads to this machine itself. */
  readonly shared: boolean;
}

/** One transfer's way through the gate. */
export interface GateShare {
  /**
   * How many of the bytes in hand may pass now, at least 1 of them; a promise when it has to wait.
   * Rejects with the signal's reason.
   */
  take(bytes: number, signal: AbortSignal): number | Promise<number>;
  /**
   * What to wait for before asking a server for anything: a limit of 0 wants no request at all, and
   * a background transfer may have to leave the link to others for a while.
   */
  open(signal: AbortSignal): Promise<void> | undefined;
  /** Bytes that one request may ask for now; Infinity unless others use the link. */
  askedAtMost(signal: AbortSignal): number;
  /** Whether the answer under way is to be left, and asked for again once `open` lets it. */
  leaves(signal: AbortSignal): boolean;
  /** What to wait for in place of leaving, with an answer that cannot be resumed. */
  stay(signal: AbortSignal): Promise<void> | undefined;
  /** A connection has waited so many milliseconds for bytes from the network. */
  waited(ms: number): void;
  /** A connection of the transfer asks for nothing more. */
  ended(signal: AbortSignal): void;
  /** Whether room is made for others just now: no time to open more connections. */
  readonly yields: boolean;
  /** Ends the share, when nothing of the transfer is under way any more. */
  leave(): void;
}

/** Limits may change at any time, and take effect on those who wait within this time. */
const LOOK_AGAIN_MS = 250;

/** Being held for longer than this is told: then it is the limits, and not the pace they set. */
const HELD_MS = 1_000;

interface Member {
  user: GateUser;
  budget: JobBudget;
  transfers: number;
}

interface Waiter {
  readonly member: Member;
  /** Bytes in hand; a slice of them passes at once. */
  readonly wanted: number;
  readonly sinceMs: number;
  readonly grant: (bytes: number) => void;
  told: boolean;
}

/**
 * Holds all transfers of an engine to the limits: in all, of each kind, and of each job
 * (core/bandwidth/share-out.ts). Bytes ask once they are in hand, and what waits is not read on, so
 * the connection behind it is slowed by its own window.
 */
export class BandwidthGate {
  readonly #clock: Clock;
  #shared: SharedBudget;
  readonly #members = new Map<string, Member>();
  readonly #waiters = new Set<Waiter>();
  #cancelTimer: (() => void) | undefined;
  #holds = 0;
  readonly #politeness: Politeness;

  constructor(clock: Clock, rates: SharedRates, machineTraffic?: MachineTraffic) {
    this.#clock = clock;
    this.#politeness = new Politeness(clock, () => this.#holds, machineTraffic);
    this.#shared = createSharedBudget(rates, clock.nowMs());
  }

  /** How often anything had to wait so far. */
  get holds(): number {
    return this.#holds;
  }

  /** Puts other limits in force, also for those who wait. */
  setRates(rates: SharedRates): void {
    this.#shared = withRates(this.#shared, rates, this.#clock.nowMs());
    this.#serve();
  }

  /** Whether background transfers make room for others whom no limit knows of. */
  setPolite(polite: boolean): void {
    this.#politeness.enable(polite);
  }

  /** Whether background transfers have found others on the link, and leave it to them. */
  get yielding(): boolean {
    return this.#politeness.yielding;
  }

  /** @param connections - how many the transfer has at work */
  join(user: GateUser, connections: () => number): GateShare {
    this.#forgetPaidUp();
    const member = this.#members.get(user.jobId) ?? {
      user,
      budget: createJobBudget(user.bytesPerSecond(), this.#clock.nowMs()),
      transfers: 0,
    };
    member.user = user;
    member.transfers += 1;
    this.#members.set(user.jobId, member);
    let left = false;
    const joinedMs = this.#clock.nowMs();
    const politeness = this.#politeness;
    const polite: PoliteUser | undefined =
      user.shared && !user.foreground()
        ? { origin: user.origin, connections, held: (waits) => user.held(waits) }
        : undefined;
    if (polite !== undefined) politeness.join(polite);
    const turn = (signal: AbortSignal, stays: boolean): Promise<void> | undefined =>
      polite && politeness.turn(polite, signal, stays);
    return {
      take: (bytes, signal) => {
        if (polite !== undefined) politeness.arrived(signal, bytes);
        return this.#take(member, bytes, signal);
      },
      open: (signal) =>
        this.#isShut(member)
          ? this.#opened(member, signal).then(() => turn(signal, false))
          : turn(signal, false),
      askedAtMost: (signal) => (polite === undefined ? Infinity : politeness.limit(signal)),
      leaves: (signal) => polite !== undefined && politeness.leaves(signal),
      stay: (signal) => turn(signal, true),
      waited: (ms) => {
        if (polite !== undefined) politeness.waited(ms);
      },
      ended: (signal) => politeness.ended(signal),
      get yields() {
        return polite !== undefined && politeness.settling(polite, joinedMs);
      },
      leave: () => {
        if (left) return;
        left = true;
        if (polite !== undefined) politeness.leave(polite);
        member.transfers -= 1;
        this.#forgetPaidUp();
      },
    };
  }

  /** A job's debt outlives its transfer: many small files would else each begin without any. */
  #forgetPaidUp(): void {
    for (const [jobId, { transfers, budget }] of this.#members) {
      if (transfers > 0) continue;
      const { waitMs } = take(budget.bucket, 0, this.#clock.nowMs());
      if (waitMs === 0 || waitMs === Infinity) this.#members.delete(jobId);
    }
  }

  #take(member: Member, bytes: number, signal: AbortSignal): number | Promise<number> {
    if (bytes === 0) return 0;
    this.#renew(member);
    const foreground = member.user.foreground();
    if (!isLimited(this.#shared, member.budget, foreground)) return bytes;
    return this.#ask(member, bytes, signal);
  }

  #ask(member: Member, wanted: number, signal: AbortSignal): number | Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    let granted: number | undefined;
    const onAbort = (): void => {
      this.#waiters.delete(waiter);
      reject(signal.reason);
    };
    const waiter: Waiter = {
      member,
      wanted,
      sinceMs: this.#clock.nowMs(),
      told: false,
      grant: (bytes) => {
        granted = bytes;
        signal.removeEventListener('abort', onAbort);
        resolve(bytes);
      },
    };
    signal.throwIfAborted();
    this.#waiters.add(waiter);
    this.#serve();
    if (granted !== undefined) return granted;
    this.#holds += 1;
    signal.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => {
      if (waiter.told) member.user.held(false);
    });
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#waiters.size === 0) return;
    const waiters = [...this.#waiters];
    for (const { member } of waiters) this.#renew(member);
    const nowMs = this.#clock.nowMs();
    const wishes = waiters.map(({ member: { user, budget }, wanted }) => {
      const foreground = user.foreground();
      const slice = sliceBytes(this.#shared, budget, foreground, waiters.length);
      return { jobId: user.jobId, foreground, bytes: Math.min(wanted, slice) };
    });
    const round = shareOut(
      this.#shared,
      new Map(waiters.map(({ member }) => [member.user.jobId, member.budget])),
      wishes,
      nowMs,
    );
    this.#shared = round.shared;
    for (const { member } of waiters) {
      member.budget = round.jobs.get(member.user.jobId) ?? member.budget;
    }
    for (const index of round.granted) {
      const waiter = waiters[index]!;
      this.#waiters.delete(waiter);
      waiter.grant(wishes[index]!.bytes);
    }
    if (this.#waiters.size === 0) return;
    const delayMs = Math.min(round.waitMs, LOOK_AGAIN_MS);
    this.#cancelTimer = this.#clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#serve();
      this.#tellHeld();
    });
  }

  #tellHeld(): void {
    const nowMs = this.#clock.nowMs();
    for (const waiter of this.#waiters) {
      if (waiter.told || nowMs - waiter.sinceMs < HELD_MS) continue;
      waiter.told = true;
      waiter.member.user.held(true);
    }
  }

  #isShut(member: Member): boolean {
    this.#renew(member);
    return isShut(this.#shared, member.budget, member.user.foreground());
  }

  async #opened(member: Member, signal: AbortSignal): Promise<void> {
    this.#holds += 1;
    member.user.held(true);
    try {
      while (this.#isShut(member)) await pause(this.#clock, LOOK_AGAIN_MS, signal);
    } finally {
      member.user.held(false);
    }
  }

  /** The job's own limit as it is now. */
  #renew(member: Member): void {
    const rate = member.user.bytesPerSecond();
    const { budget } = member;
    if (budget.bucket.rateBytesPerSecond === rate) return;
    member.budget = { ...budget, bucket: withRate(budget.bucket, rate, this.#clock.nowMs()) };
  }
}
