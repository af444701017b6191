import type { Clock } from '../ports/clock.ts';
import { isUnknownJob } from './remote.ts';

export interface RefresherOptions<Facts> {
  readonly clock: Clock;
  read(): Promise<Facts>;
  apply(facts: Facts): void;
  /** What is read exists no more. */
  gone(): void;
}

/** First and longest wait before a reading that failed is tried again. */
const MIN_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;

/**
 * Reads something again after it changed, one reading at a time. A change while one is under way
 * leads to one more, so what was applied last was read after the last change; a reading that fails
 * is repeated, because the event that asked for it does not come again.
 */
export class Refresher<Facts> {
  readonly #options: RefresherOptions<Facts>;
  #reading = false;
  #wanted = false;
  #closed = false;
  #retryMs = MIN_RETRY_MS;
  #cancelTimer: (() => void) | undefined;

  constructor(options: RefresherOptions<Facts>) {
    this.#options = options;
  }

  refresh(): void {
    this.#wanted = true;
    if (!this.#reading && !this.#closed) void this.#read();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    this.#reading = true;
    this.#cancelTimer?.();
    try {
      while (this.#wanted && !this.#closed) {
        this.#wanted = false;
        const facts = await this.#options.read();
        if (!this.#closed) this.#options.apply(facts);
      }
      this.#retryMs = MIN_RETRY_MS;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#reading = false;
    }
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    if (isUnknownJob(error)) {
      this.#options.gone();
      return;
    }
    this.#cancelTimer = this.#options.clock.after(this.#retryMs, () => this.refresh());
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
  }
}
