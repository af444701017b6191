import {
  createTokenBucket,
  take,
  withRate,
  type TokenBucket,
} from '../../core/bandwidth/token-bucket.ts';
import type { Clock } from '../../ports/clock.ts';

/** Holds all transfers of an engine to one rate. */
export class BandwidthGate {
  readonly #clock: Clock;
  #bucket: TokenBucket;

  /** @param rate - bytes per second; undefined is unlimited, 0 lets nothing pass */
  constructor(clock: Clock, rate: number | undefined) {
    this.#clock = clock;
    this.#bucket = createTokenBucket(rate, clock.nowMs());
  }

  setRate(rate: number | undefined): void {
    this.#bucket = withRate(this.#bucket, rate, this.#clock.nowMs());
  }

  /** Accounts for bytes received. The returned promise, if any, is how long to wait before more. */
  passed(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    if (this.#bucket.rateBytesPerSecond === undefined) return undefined;
    const { bucket, waitMs } = take(this.#bucket, bytes, this.#clock.nowMs());
    this.#bucket = bucket;
    return waitMs === 0 ? undefined : this.#wait(waitMs, signal);
  }

  async #wait(firstWaitMs: number, signal: AbortSignal): Promise<void> {
    for (
      let waitMs = firstWaitMs;
      waitMs > 0;
      waitMs = take(this.#bucket, 0, this.#clock.nowMs()).waitMs
    ) {
      // A look now and then, since the rate may change while somebody waits.
      await pause(this.#clock, Math.min(waitMs, LONGEST_WAIT_MS), signal);
    }
  }
}

const LONGEST_WAIT_MS = 500;

/** Resolves after `delayMs`, or rejects with the signal's reason. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
