import {
  adaptConnections,
  CALM_TICK_MS,
  capConnections,
  FIRST_PLAN,
  isInQuestion,
  QUICK_TICK_MS,
  type ConnectionPlan,
} from '../../core/picker/adapt-connections.ts';
import {
  isStrained,
  STRAIN_WINDOW_MS,
  type WorkloadReading,
} from '../../core/picker/machine-strain.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Workload } from '../../ports/workload.ts';

/** Time from one look for stalled connections to the next. */
const WATCH_EVERY_MS = 1_000;

/** Looks are quick for so long after the number allowed has changed. */
const QUICK_MS = 2_000;

/** A look that began so short a time ago, because an answer has come since, shows too little. */
const MIN_LOOK_MS = 20;

export interface PaceOptions {
  readonly clock: Clock;
  readonly workload: Workload;
  /** Connections for the file at the most. */
  readonly maximum: number;
  /** Connections that bring bytes just now. */
  flowing(): number;
  /** The limits set the pace, and not the network: more connections cannot help. */
  held(): boolean;
  /** Milliseconds from a request to its answer, 0 when not known. */
  headMs(): number;
  /** Milliseconds the file still takes. */
  leftMs(): number;
  /** Called at every tick, first of all, with the milliseconds since the one before. */
  look(elapsedMs: number): void;
  /** Called about once a second. */
  watch(): void;
  /** Called after every tick. */
  ticked(): void;
}

/** The clockwork of a transfer: measures what arrives and says how many connections that is worth. */
export class Pace {
  readonly #options: PaceOptions;
  #plan: ConnectionPlan = FIRST_PLAN;
  #bytes = 0;
  #sinceMs: number;
  #changedMs: number;
  #watchedMs: number;
  /** Readings of the workload, from the last one that is old enough on. */
  #readings: readonly WorkloadReading[];
  #cancel: () => void;

  constructor(options: PaceOptions) {
    this.#options = options;
    const nowMs = options.clock.nowMs();
    this.#sinceMs = nowMs;
    this.#changedMs = nowMs;
    this.#watchedMs = nowMs;
    this.#readings = [options.workload.read()];
    this.#cancel = this.#next();
  }

  /** Connections allowed now. */
  get allowed(): number {
    return this.#plan.allowed;
  }

  /** Connections that have proved useful. */
  get proven(): number {
    return this.#plan.proven;
  }

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Another connection has begun to bring bytes: what came before shows fewer at work. */
  joined(): void {
    this.#bytes = 0;
    this.#sinceMs = this.#options.clock.nowMs();
  }

  /** A connection beyond `used` was refused. */
  cap(used: number): void {
    this.#plan = capConnections(this.#plan, used);
  }

  stop(): void {
    this.#cancel();
  }

  #next(): () => void {
    const { clock, maximum } = this.#options;
    const startedMs = clock.nowMs();
    const quick = startedMs - this.#changedMs < QUICK_MS && isInQuestion(this.#plan, maximum);
    return clock.after(quick ? QUICK_TICK_MS : CALM_TICK_MS, () => {
      const elapsedMs = Math.max(1, clock.nowMs() - startedMs);
      this.#tick(elapsedMs, this.#strained());
      this.#cancel = this.#next();
    });
  }

  /** Whether this machine has set the pace lately. */
  #strained(): boolean {
    const now = this.#options.workload.read();
    const old = this.#readings.findLastIndex(({ atMs }) => now.atMs - atMs >= STRAIN_WINDOW_MS);
    this.#readings = [...this.#readings.slice(Math.max(0, old)), now];
    return isStrained(this.#readings[0]!, now);
  }

  #tick(elapsedMs: number, strained: boolean): void {
    const options = this.#options;
    const nowMs = options.clock.nowMs();
    options.look(elapsedMs);
    const lookMs = nowMs - this.#sinceMs;
    if (lookMs >= MIN_LOOK_MS) {
      const before = this.#plan.allowed;
      this.#plan = adaptConnections(this.#plan, {
        bytes: this.#bytes,
        elapsedMs: lookMs,
        flowing: options.flowing(),
        maximum: options.maximum,
        strained: strained || options.held(),
        headMs: options.headMs(),
        leftMs: options.leftMs(),
      });
      if (this.#plan.allowed !== before) this.#changedMs = nowMs;
      this.#bytes = 0;
      this.#sinceMs = nowMs;
    }
    if (nowMs - this.#watchedMs >= WATCH_EVERY_MS) {
      this.#watchedMs = nowMs;
      options.watch();
    }
    options.ticked();
  }
}
