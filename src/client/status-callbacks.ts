import { messageOf } from '../core/errors.ts';
import type { CallbackFrequency } from '../core/download/callback-frequency.ts';
import { DODownloadState } from '../core/constants.ts';
import type { DO_DOWNLOAD_STATUS, IDODownloadStatusCallback } from '../core/interfaces/download.ts';
import type { CallbackSlots } from '../notify/callback-slots.ts';
import { StatusTeller } from '../notify/status-teller.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventHub, EventListener } from './event-hub.ts';
import { Refresher } from './refresher.ts';
import type { StatusCallbackRegistry, StatusTarget } from './remote.ts';

export interface StatusCallbacksOptions {
  readonly clock: Clock;
  readonly hub: EventHub;
  readonly slots: CallbackSlots;
  readonly onWarning: (message: string) => void;
}

/** The status callbacks that this process has registered, one for each download. */
export class StatusCallbacks implements StatusCallbackRegistry {
  readonly #options: StatusCallbacksOptions;
  readonly #subscriptions = new Map<string, StatusSubscription>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: StatusCallbacksOptions) {
    this.#options = options;
  }

  of(id: string): IDODownloadStatusCallback | null {
    return this.#subscriptions.get(id)?.callback ?? null;
  }

  register(target: StatusTarget, callback: IDODownloadStatusCallback | null): Promise<void> {
    const registered = this.#queue.then(() => this.#register(target, callback));
    this.#queue = registered.catch(() => undefined);
    return registered;
  }

  changed(id: string): void {
    this.#subscriptions.get(id)?.gap();
  }

  close(): void {
    for (const subscription of this.#subscriptions.values()) void subscription.close();
    this.#subscriptions.clear();
  }

  async #register(target: StatusTarget, callback: IDODownloadStatusCallback | null): Promise<void> {
    const { hub } = this.#options;
    const { id, owner } = target;
    const before = this.#subscriptions.get(id);
    const previous = before?.close() ?? Promise.resolve();
    if (callback === null) {
      if (before === undefined) return;
      this.#subscriptions.delete(id);
      hub.drop(id);
      return;
    }
    // The first reading comes before the first event, so that nothing is told of what was so already.
    const seen = await target.status();
    const next: StatusSubscription = new StatusSubscription({
      ...this.#options,
      target,
      callback,
      previous,
      seen,
      frequency: await target.frequency(),
      ended: () => this.#drop(id, next),
    });
    this.#subscriptions.set(id, next);
    try {
      await hub.listen(id, owner, next);
      next.gap();
    } catch (error) {
      this.#drop(id, next);
      throw error;
    }
  }

  #drop(id: string, subscription: StatusSubscription): void {
    void subscription.close();
    if (this.#subscriptions.get(id) !== subscription) return;
    this.#subscriptions.delete(id);
    this.#options.hub.drop(id);
  }
}

interface StatusSubscriptionOptions extends StatusCallbacksOptions {
  readonly target: StatusTarget;
  readonly callback: IDODownloadStatusCallback;
  readonly previous: Promise<void>;
  readonly seen: DO_DOWNLOAD_STATUS;
  readonly frequency: CallbackFrequency;
  ended(): void;
}

interface Reading {
  readonly status: DO_DOWNLOAD_STATUS;
  readonly frequency: CallbackFrequency;
}

/** One callback on one download: every event leads to a reading, and every reading to the teller. */
class StatusSubscription implements EventListener {
  readonly callback: IDODownloadStatusCallback;
  readonly #refresher: Refresher<Reading>;
  readonly #teller: StatusTeller;
  #reading: Reading;
  /** Readings before this one show the frequency that was. */
  #frequencyKnown = true;

  constructor(options: StatusSubscriptionOptions) {
    const { clock, slots, onWarning, target, callback, previous } = options;
    this.callback = callback;
    this.#reading = { status: options.seen, frequency: options.frequency };
    this.#teller = new StatusTeller({
      clock,
      slots,
      previous,
      status: () => this.#reading.status,
      frequency: () => this.#reading.frequency,
      tell: (status) => callback.onStatusChange(target.download, status),
      failed: (error) =>
        onWarning(`The status callback of download ${target.id} failed: ${messageOf(error)}`),
      drained: () => {
        if (isEnded(this.#reading.status)) options.ended();
      },
    });
    this.#refresher = new Refresher({
      clock,
      read: async () => {
        const known = this.#frequencyKnown;
        this.#frequencyKnown = true;
        const frequency = known ? this.#reading.frequency : await target.frequency();
        return { frequency, status: await target.status() };
      },
      apply: (reading) => {
        this.#reading = reading;
        this.#teller.changed();
      },
      gone: () => options.ended(),
    });
  }

  event(event: Parameters<EventListener['event']>[0]): void {
    if (event.kind === 'job.changed') this.#frequencyKnown = false;
    this.#refresher.refresh();
  }

  gap(): void {
    this.#frequencyKnown = false;
    this.#refresher.refresh();
  }

  close(): Promise<void> {
    this.#refresher.close();
    return this.#teller.close();
  }
}

function isEnded({ state }: DO_DOWNLOAD_STATUS): boolean {
  return state === DODownloadState.Finalized || state === DODownloadState.Aborted;
}
