import { dueInMs, sameStop, type CallbackFrequency } from '../core/download/callback-frequency.ts';
import type { DO_DOWNLOAD_STATUS } from '../core/interfaces/download.ts';
import { CALLBACK_TIMEOUT_MS } from '../core/limits.ts';
import type { Clock } from '../ports/clock.ts';
import { afterCalls } from './after-calls.ts';

/** States that wait to be told; of more than these, the oldest are dropped. */
const MAX_PENDING_STATES = 100;

export interface StatusTellerOptions {
  readonly clock: Clock;
  /** Callbacks that may run at once; resolves with the function that gives the place back. */
  readonly slots: { take(): Promise<() => void> };
  /** Resolves once the teller that this one replaces has ended its last call. */
  readonly previous: Promise<void>;
  /** Resolves once the calls under way on the download have their answers; undefined when none is. */
  callsAnswered?(): Promise<void> | undefined;
  /** Must not throw. */
  status(): DO_DOWNLOAD_STATUS;
  frequency(): CallbackFrequency;
  tell(status: DO_DOWNLOAD_STATUS): unknown;
  /** Hears that the callback threw: nothing is repeated for it. */
  failed(error: unknown): void;
  /** Called each time there is nothing left to tell. */
  drained(): void;
}

/**
 * Tells one callback of one download: every change of state or code, one after the other, and the
 * bytes in between as often as it asked for. Never from inside the engine's own step, and never
 * while the last call is still at work.
 */
export class StatusTeller {
  readonly #options: StatusTellerOptions;
  readonly #pending: DO_DOWNLOAD_STATUS[] = [];
  /** What the next change is compared with. */
  #seen: DO_DOWNLOAD_STATUS;
  #told: DO_DOWNLOAD_STATUS;
  #toldAtMs: number;
  #cancelTimer: (() => void) | undefined;
  #dueAtMs = Infinity;
  #call: Promise<void> | undefined;
  /** Resolves once the call under way has taken longer than a callback may. */
  #overdue: Promise<void> | undefined;
  #closed = false;

  constructor(options: StatusTellerOptions) {
    this.#options = options;
    this.#seen = options.status();
    this.#told = this.#seen;
    this.#toldAtMs = options.clock.nowMs();
  }

  /** To be called after every change of the download. */
  changed(): void {
    if (this.#closed) return;
    const status = this.#options.status();
    if (!sameStop(status, this.#seen)) {
      if (this.#pending.length >= MAX_PENDING_STATES) this.#pending.shift();
      this.#pending.push(status);
    }
    this.#seen = status;
    this.#arm();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    // One that never returns must not keep its successor from being told.
    await Promise.race([this.#call, ...(this.#overdue === undefined ? [] : [this.#overdue])]);
  }

  #arm(): void {
    if (this.#closed || this.#call !== undefined) return;
    const nowMs = this.#options.clock.nowMs();
    const delayMs =
      this.#pending.length > 0
        ? 0
        : dueInMs(this.#options.frequency(), this.#told, this.#seen, nowMs - this.#toldAtMs);
    if (nowMs + delayMs >= this.#dueAtMs) return;
    this.#cancelTimer?.();
    this.#dueAtMs = nowMs + delayMs;
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#dueAtMs = Infinity;
      this.#call = this.#deliver().finally(() => {
        this.#call = undefined;
        if (this.#pending.length === 0) this.#options.drained();
        this.#arm();
      });
    });
  }

  async #deliver(): Promise<void> {
    const { clock, slots, previous } = this.#options;
    await previous;
    await afterCalls(this.#options.callsAnswered?.(), clock);
    const release = await slots.take();
    // One that never returns must not keep the callbacks of others waiting.
    const overdue = Promise.withResolvers<void>();
    this.#overdue = overdue.promise;
    const cancelTimeout = clock.after(CALLBACK_TIMEOUT_MS, () => {
      release();
      overdue.resolve();
    });
    try {
      if (this.#closed) return;
      const status = this.#pending.shift() ?? this.#seen;
      this.#told = status;
      this.#toldAtMs = clock.nowMs();
      await this.#options.tell(status);
    } catch (error) {
      this.#options.failed(error);
    } finally {
      cancelTimeout();
      release();
      this.#overdue = undefined;
    }
  }
}
