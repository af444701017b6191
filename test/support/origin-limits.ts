/** Bounds a test can set, and change, while an origin runs. Absent means unbounded. */
export interface OriginLimits {
  readonly perConnectionBytesPerSecond?: number;
  /** For all connections together. */
  readonly totalBytesPerSecond?: number;
  /** Connections with a request in service at one time, as nginx's limit_conn counts them. */
  readonly maxConnections?: number;
  /** What a request beyond `maxConnections` meets; `answer-503` unless told. */
  readonly whenFull?: 'answer-503' | 'wait';
}

/** Credit that makes up for timers that fire late; more would let bursts through. */
const BURST_MS = 25;

/**
 * A token bucket as a time line: each byte has its earliest moment, and a sender that falls
 * behind gets at most `BURST_MS` back.
 */
export class Pace {
  readonly #rate: () => number | undefined;
  #freeAtMs = 0;

  /** @param rate - bytes per second at this moment, undefined for unbounded */
  constructor(rate: () => number | undefined) {
    this.#rate = rate;
  }

  /** Books `bytes` and returns the milliseconds to wait before sending them. */
  book(bytes: number, nowMs: number): number {
    const rate = this.#rate();
    if (rate === undefined) return 0;
    const startMs = Math.max(this.#freeAtMs, nowMs - BURST_MS);
    this.#freeAtMs = startMs + (bytes / rate) * 1000;
    return Math.max(0, startMs - nowMs);
  }

  /** A piece small enough to be smooth: ten milliseconds' worth. */
  stepBytes(): number {
    const rate = this.#rate() ?? Infinity;
    return Math.min(256 * 1024, Math.max(256, Math.floor(rate / 100)));
  }
}

/** Counts requests in service and keeps the rest waiting in order. */
export class Slots {
  readonly #limits: () => OriginLimits;
  readonly #waiting: (() => void)[] = [];
  busy = 0;
  peakBusy = 0;

  constructor(limits: () => OriginLimits) {
    this.#limits = limits;
  }

  /** Takes a slot, waiting for one when told so; false when there is none to be had. */
  async take(signal: AbortSignal): Promise<boolean> {
    while (this.busy >= (this.#limits().maxConnections ?? Infinity)) {
      if (this.#limits().whenFull !== 'wait') return false;
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    this.busy++;
    this.peakBusy = Math.max(this.peakBusy, this.busy);
    return true;
  }

  release(): void {
    this.busy--;
    this.wake();
  }

  /** Lets all who wait look again; those without luck queue up anew in the same order. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
