import {
  CALLBACK_TIMEOUT_MS,
  MAX_PENDING_FILE_NOTIFICATIONS,
  NOTIFY_RETRY_MAX_MS,
  NOTIFY_RETRY_MIN_MS,
  PROGRESS_INTERVAL_MS,
} from '../core/limits.ts';
import { failed } from '../core/hresult.ts';
import type { Clock } from '../ports/clock.ts';
import { afterCalls } from './after-calls.ts';
import type { CallbackSlots } from './callback-slots.ts';

/** A callback with its arguments bound: what to call for each kind of event. */
export interface BoundCallback {
  final(event: 'transferred' | 'error'): unknown;
  file(index: number): unknown;
  modification(): unknown;
}

/** An event that is kept in the store until it is acknowledged. */
export interface FinalEvent {
  readonly sequence: number;
  readonly event: 'transferred' | 'error';
}

export interface NotificationQueueOptions {
  readonly clock: Clock;
  readonly slots: CallbackSlots;
  readonly callback: BoundCallback;
  /** Resolves once the queue that this one replaces has ended its last call. */
  readonly previous: Promise<void>;
  /** Resolves once the calls under way on the job have their answers; undefined when none is. */
  callsAnswered?(): Promise<void> | undefined;
  /**
   * The event still to be told, or undefined when it is acknowledged or the job has moved on. Must
   * not throw.
   */
  pendingFinal(): FinalEvent | undefined;
  acknowledge(sequence: number): void;
}

/**
 * What one callback is still to be told of one job. One call at a time: files before the final
 * event, a modification when nothing else waits. A final event is repeated until the callback
 * takes it; everything else is told once, and merged or dropped under load (job-lifecycle.md 4).
 */
export class NotificationQueue {
  readonly #options: NotificationQueueOptions;
  #files: number[] = [];
  #modified = false;
  #lastModificationMs = -Infinity;
  #delivering = false;
  #delivery: Promise<void> | undefined;
  #closed = false;
  /** Called once everything is told, when the job has become final. */
  #onDrained: (() => void) | undefined;
  #retryDelayMs = NOTIFY_RETRY_MIN_MS;
  #retryAtMs = -Infinity;
  #cancelTimer: (() => void) | undefined;

  constructor(options: NotificationQueueOptions) {
    this.#options = options;
  }

  fileTransferred(index: number): void {
    if (this.#files.length >= MAX_PENDING_FILE_NOTIFICATIONS) this.#files.shift();
    this.#files.push(index);
    this.poke();
  }

  /** @param urgent - a change of state or of a property, as opposed to bytes that moved */
  modified(urgent: boolean): void {
    this.#modified = true;
    if (urgent) this.#lastModificationMs = -Infinity;
    this.poke();
  }

  /** A new final event, or none any more: whatever delay the last one had is over. */
  finalChanged(): void {
    this.#retryDelayMs = NOTIFY_RETRY_MIN_MS;
    this.#retryAtMs = -Infinity;
    this.poke();
  }

  /** Tells what is left, then calls back. */
  finish(onDrained: () => void): void {
    this.#onDrained = onDrained;
    this.poke();
  }

  /** Tells nothing more. Resolves once the call that is under way, if any, has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#delivery;
  }

  /** Looks, outside of the caller's own call, whether there is something to tell. */
  poke(): void {
    if (this.#closed || this.#delivering) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const delayMs = this.#delayMs();
    if (delayMs === Infinity) return;
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      this.#delivery = this.#deliver();
    });
  }

  /** Milliseconds until there is something to tell; Infinity when nothing waits. */
  #delayMs(): number {
    if (this.#files.length > 0) return 0;
    const nowMs = this.#options.clock.nowMs();
    const finalInMs =
      this.#options.pendingFinal() === undefined ? Infinity : this.#retryAtMs - nowMs;
    const modifiedInMs = this.#modified
      ? this.#lastModificationMs + PROGRESS_INTERVAL_MS - nowMs
      : Infinity;
    const delayMs = Math.max(0, Math.min(finalInMs, modifiedInMs));
    return delayMs === Infinity && this.#onDrained !== undefined ? 0 : delayMs;
  }

  async #deliver(): Promise<void> {
    if (this.#closed || this.#delivering) return;
    this.#delivering = true;
    try {
      // The callback before this one may still be at work: no two calls of one job overlap.
      await this.#options.previous;
      await afterCalls(this.#options.callsAnswered?.(), this.#options.clock);
      if (!this.#closed) await this.#deliverNext();
    } finally {
      this.#delivering = false;
    }
    this.#afterDelivery();
  }

  async #deliverNext(): Promise<void> {
    const { callback, clock } = this.#options;
    const file = this.#files.shift();
    if (file !== undefined) {
      await this.#call(() => callback.file(file));
      return;
    }
    const final = this.#options.pendingFinal();
    if (final !== undefined && clock.nowMs() >= this.#retryAtMs) {
      await this.#deliverFinal(final);
      return;
    }
    if (this.#modified && clock.nowMs() >= this.#lastModificationMs + PROGRESS_INTERVAL_MS) {
      this.#modified = false;
      this.#lastModificationMs = clock.nowMs();
      await this.#call(() => callback.modification());
    }
  }

  async #deliverFinal(final: FinalEvent): Promise<void> {
    const taken = await this.#call(() => this.#options.callback.final(final.event));
    if (taken) {
      this.#options.acknowledge(final.sequence);
      return;
    }
    this.#retryAtMs = this.#options.clock.nowMs() + this.#retryDelayMs;
    this.#retryDelayMs = Math.min(NOTIFY_RETRY_MAX_MS, this.#retryDelayMs * 2);
  }

  #afterDelivery(): void {
    if (this.#closed) return;
    const idle = this.#files.length === 0 && !this.#modified;
    if (this.#onDrained !== undefined && idle && this.#options.pendingFinal() === undefined) {
      const drained = this.#onDrained;
      this.#closed = true;
      drained();
      return;
    }
    this.poke();
  }

  /** Whether the callback took it: it returned, or its promise resolved, to no failed HRESULT. */
  async #call(invoke: () => unknown): Promise<boolean> {
    const { slots, clock } = this.#options;
    const release = await slots.take();
    if (this.#closed) {
      release();
      return false;
    }
    let cancelTimeout: (() => void) | undefined;
    try {
      const timeout = new Promise<boolean>((resolve) => {
        cancelTimeout = clock.after(CALLBACK_TIMEOUT_MS, () => resolve(false));
      });
      const outcome = Promise.resolve(invoke()).then(
        (result) => !(typeof result === 'number' && failed(result)),
      );
      // A rejection that comes after the time limit has nobody left to tell.
      outcome.catch(() => false);
      return await Promise.race([outcome, timeout]);
    } catch {
      // What a callback throws means "not delivered" (job-lifecycle.md 4); the event is repeated.
      return false;
    } finally {
      cancelTimeout?.();
      release();
    }
  }
}
