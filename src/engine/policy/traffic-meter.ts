import {
  bestRate,
  expire,
  NO_ESTIMATE,
  observeSecond,
} from '../../core/bandwidth/link-estimate.ts';
import type { TrafficSource } from '../../core/facts/traffic.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TrafficLedger } from '../../ports/traffic-ledger.ts';

/** Longest time that bytes wait to be added to the ledger. */
const FLUSH_MS = 1_000;

export interface TrafficMeterOptions {
  readonly clock: Clock;
  readonly ledger: () => TrafficLedger;
  /** How often a limit has held anything back so far. */
  readonly holds: () => number;
  /** Runs what may fail, and tells of the failure. */
  readonly attempt: (what: string, task: () => void) => void;
  /** Another second of traffic has been measured. */
  readonly measured: () => void;
}

/**
 * Counts what is received: for the ledger, by source, and for the estimate of what the link can
 * carry. Nothing runs while nothing arrives.
 */
export class TrafficMeter {
  readonly #options: TrafficMeterOptions;
  readonly #unflushed = new Map<TrafficSource, number>();
  #cancelFlush: (() => void) | undefined;
  #estimate = NO_ESTIMATE;
  #second = -1;
  #secondBytes = 0;
  #holdsBefore = 0;

  constructor(options: TrafficMeterOptions) {
    this.#options = options;
  }

  /** The best rate lately, in bytes per second; undefined before anything was measured. */
  get linkBytesPerSecond(): number | undefined {
    this.#estimate = expire(this.#estimate, this.#nowSecond());
    return bestRate(this.#estimate);
  }

  /** Bytes that arrived just now. */
  arrived(bytes: number): void {
    const second = this.#nowSecond();
    if (second !== this.#second) this.#endSecond(second);
    this.#secondBytes += bytes;
  }

  /** Bytes to be entered in the ledger. */
  add(source: TrafficSource, bytes: number): void {
    if (bytes <= 0) return;
    this.#unflushed.set(source, (this.#unflushed.get(source) ?? 0) + bytes);
    this.#cancelFlush ??= this.#options.clock.after(FLUSH_MS, () => this.flush());
  }

  /** Enters in the ledger what is not in it yet. */
  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const { attempt, clock, ledger } = this.#options;
    attempt('count the bytes received', () => {
      for (const [source, down] of this.#unflushed) {
        // Removed first: what the store refuses would be refused again and again.
        this.#unflushed.delete(source);
        ledger().add(Math.floor(clock.wallMs()), source, { down, up: 0 });
      }
    });
  }

  #endSecond(second: number): void {
    const holds = this.#options.holds();
    if (this.#second >= 0) {
      const held = holds > this.#holdsBefore;
      this.#estimate = observeSecond(this.#estimate, this.#second, this.#secondBytes, held);
    }
    this.#holdsBefore = holds;
    this.#second = second;
    this.#secondBytes = 0;
    this.#options.measured();
  }

  #nowSecond(): number {
    return Math.floor(this.#options.clock.nowMs() / 1_000);
  }
}
