import {
  adaptConnections,
  capConnections,
  FIRST_PLAN,
  PLAN_TICK_MS,
  type ConnectionPlan,
} from '../../core/picker/adapt-connections.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Workload } from '../../ports/workload.ts';

/** A process that is busy for more of the time than this gains nothing from one more connection. */
const STRAINED_SHARE = 0.85;

/** Ticks from one look for stalled connections to the next: a second. */
const WATCH_EVERY_TICKS = 4;

export interface PaceOptions {
  readonly clock: Clock;
  readonly workload: Workload;
  /** Connections for the file at the most. */
  readonly maximum: number;
  /** Connections at work just now. */
  busy(): number;
  /** The limits set the pace, and not the network: more connections cannot help. */
  held(): boolean;
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
  #ticks = 0;
  #cancel: () => void;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#cancel = this.#next();
  }

  /** Connections allowed now. */
  get allowed(): number {
    return this.#plan.allowed;
  }

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A connection beyond `used` was refused. */
  cap(used: number): void {
    this.#plan = capConnections(this.#plan, used);
  }

  stop(): void {
    this.#cancel();
  }

  #next(): () => void {
    const { clock, workload } = this.#options;
    const sinceMs = clock.nowMs();
    const busySinceMs = workload.busyMs();
    return clock.after(PLAN_TICK_MS, () => {
      const elapsedMs = Math.max(1, clock.nowMs() - sinceMs);
      this.#tick(elapsedMs, (workload.busyMs() - busySinceMs) / elapsedMs);
      this.#cancel = this.#next();
    });
  }

  #tick(elapsedMs: number, busyShare: number): void {
    const options = this.#options;
    const rate = (this.#bytes / elapsedMs) * 1_000;
    this.#bytes = 0;
    this.#ticks += 1;
    this.#plan = adaptConnections(
      this.#plan,
      rate,
      options.busy(),
      options.maximum,
      busyShare > STRAINED_SHARE || options.held(),
    );
    if (this.#ticks % WATCH_EVERY_TICKS === 0) options.watch();
    options.ticked();
  }
}
