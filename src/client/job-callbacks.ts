import type { IBackgroundCopyCallback } from '../core/interfaces/job.ts';
import { MAX_CONCURRENT_CALLBACKS } from '../core/limits.ts';
import { CallbackSlots } from '../notify/callback-slots.ts';
import type { Clock } from '../ports/clock.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { EventHub } from './event-hub.ts';
import { JobSubscription } from './job-subscription.ts';
import type { CallbackTarget, JobCallbackRegistry } from './remote.ts';

export interface JobCallbacksOptions {
  readonly clock: Clock;
  readonly hub: EventHub;
  readonly acknowledgements: Acknowledgements;
}

/** The callbacks that this process has registered, one for each job. */
export class JobCallbacks implements JobCallbackRegistry {
  readonly slots: CallbackSlots = new CallbackSlots(MAX_CONCURRENT_CALLBACKS);
  readonly #options: JobCallbacksOptions;
  readonly #subscriptions = new Map<string, JobSubscription>();
  /** Registrations run one after the other: the last one asked for is the one that stays. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: JobCallbacksOptions) {
    this.#options = options;
  }

  of(id: string): IBackgroundCopyCallback | null {
    return this.#subscriptions.get(id)?.callback ?? null;
  }

  register(target: CallbackTarget, callback: IBackgroundCopyCallback | null): Promise<void> {
    const registered = this.#queue.then(() => this.#register(target, callback));
    this.#queue = registered.catch(() => undefined);
    return registered;
  }

  flagsSet(id: string, flags: number): void {
    this.#subscriptions.get(id)?.flagsSet(flags);
  }

  /** Tells nothing more to anybody. */
  close(): void {
    for (const subscription of this.#subscriptions.values()) void subscription.close();
    this.#subscriptions.clear();
  }

  async #register(target: CallbackTarget, callback: IBackgroundCopyCallback | null): Promise<void> {
    const { hub } = this.#options;
    const before = this.#subscriptions.get(target.id);
    if (callback === null) {
      if (before === undefined) return;
      this.#subscriptions.delete(target.id);
      hub.drop(target.id);
      // Not awaited: it may be the callback itself that clears itself.
      void before.close();
      return;
    }
    const { owner } = await target.facts();
    const next = this.#subscribe(target, callback, before?.close() ?? Promise.resolve());
    this.#subscriptions.set(target.id, next);
    try {
      await hub.listen(target.id, owner, next);
      await next.begin();
    } catch (error) {
      this.#drop(target.id, next);
      throw error;
    }
  }

  #subscribe(
    target: CallbackTarget,
    callback: IBackgroundCopyCallback,
    previous: Promise<void>,
  ): JobSubscription {
    const { clock, acknowledgements } = this.#options;
    const subscription: JobSubscription = new JobSubscription({
      target,
      callback,
      clock,
      slots: this.slots,
      previous,
      acknowledge: (sequence) => acknowledgements.send(target.id, sequence),
      ended: () => this.#drop(target.id, subscription),
    });
    return subscription;
  }

  #drop(id: string, subscription: JobSubscription): void {
    void subscription.close();
    if (this.#subscriptions.get(id) !== subscription) return;
    this.#subscriptions.delete(id);
    this.#options.hub.drop(id);
  }
}
