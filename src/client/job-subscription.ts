import { BG_NOTIFY } from '../core/constants.ts';
import type { IBackgroundCopyCallback } from '../core/interfaces/job.ts';
import { isFinal } from '../core/job/step.ts';
import type { CallbackSlots } from '../notify/callback-slots.ts';
import { NotificationQueue, type FinalEvent } from '../notify/notification-queue.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobResource } from '../rest/contract.ts';
import type { StreamedEvent } from '../rest/event-stream.ts';
import type { EventListener } from './event-hub.ts';
import { stateOf } from './names.ts';
import { Refresher } from './refresher.ts';
import type { CallbackTarget } from './remote.ts';

export interface JobSubscriptionOptions {
  readonly target: CallbackTarget;
  readonly callback: IBackgroundCopyCallback;
  readonly clock: Clock;
  readonly slots: CallbackSlots;
  /** Resolves once the callback that this one replaces has ended its last call. */
  readonly previous: Promise<void>;
  /** Tells the service that a final event was taken. */
  acknowledge(sequence: number): void;
  /** The job is final and everything is told, or the service has forgotten it. */
  ended(): void;
}

/**
 * One callback on one job. Hears the events of the job and puts them in the queue, which tells them
 * as the engine of a program's own would; what a final event needs is read from the job itself.
 */
export class JobSubscription implements EventListener {
  readonly callback: IBackgroundCopyCallback;
  readonly #options: JobSubscriptionOptions;
  readonly #queue: NotificationQueue;
  readonly #refresher: Refresher<JobResource>;
  #facts: JobResource | undefined;
  #pending: FinalEvent | undefined;
  /** The newest final event that was taken; an older answer may still show it. */
  #taken = -1;
  #finished = false;
  /** Events so far. */
  #heard = 0;

  constructor(options: JobSubscriptionOptions) {
    const { target, callback, clock, slots, previous } = options;
    this.#options = options;
    this.callback = callback;
    this.#refresher = new Refresher({
      clock,
      read: () => target.facts(),
      apply: (facts) => this.#apply(facts),
      gone: () => this.#end(),
    });
    this.#queue = new NotificationQueue({
      clock,
      slots,
      previous,
      callback: {
        final: (event) => this.#final(event),
        file: (index) =>
          this.#wants(BG_NOTIFY.FILE_TRANSFERRED)
            ? callback.fileTransferred?.(target.job, target.file(index))
            : undefined,
        modification: () =>
          this.#wants(BG_NOTIFY.JOB_MODIFICATION)
            ? callback.jobModification(target.job, 0)
            : undefined,
      },
      pendingFinal: () => this.#pending,
      acknowledge: (sequence) => this.#acknowledge(sequence),
    });
  }

  /** Reads what there is to tell already; rejects when the job cannot be read. */
  async begin(): Promise<void> {
    const heard = this.#heard;
    this.#apply(await this.#options.target.facts());
    // What was read may be older than an event that came meanwhile.
    if (this.#heard !== heard) this.#refresher.refresh();
  }

  event(event: StreamedEvent): void {
    this.#heard += 1;
    switch (event.kind) {
      case 'progress':
        this.#queue.modified(false);
        return;
      case 'file.transferred':
        this.#queue.fileTransferred(event.fileIndex);
        return;
      case 'job.changed':
        if (event.what.includes('notifyFlags')) this.#refresher.refresh();
        // The mask is no news to the callback (table A): whoever set it knows.
        if (event.what.some((name) => name !== 'notifyFlags')) this.#queue.modified(true);
        return;
      case 'job.state':
        // The event of the state before is void; a new one is read from the job.
        this.#setPending(undefined);
        if (event.to !== 'error' && event.to !== 'transferred') this.#queue.modified(true);
        this.#refresher.refresh();
        return;
      case 'job.created':
        return;
    }
  }

  gap(): void {
    this.#heard += 1;
    this.#queue.modified(true);
    this.#refresher.refresh();
  }

  flagsSet(notifyFlags: number): void {
    if (this.#facts !== undefined) this.#facts = { ...this.#facts, notifyFlags };
    this.#refresher.refresh();
  }

  /** Tells nothing more. Resolves once the call that is under way, if any, has ended. */
  close(): Promise<void> {
    this.#refresher.close();
    return this.#queue.close();
  }

  #apply(facts: JobResource): void {
    this.#facts = facts;
    const pending = facts.pendingEvent ?? undefined;
    this.#setPending(
      pending === undefined || pending.sequence <= this.#taken ? undefined : pending,
    );
    if (isFinal(stateOf(facts.state))) this.#finish();
  }

  #setPending(pending: FinalEvent | undefined): void {
    const changed = pending?.sequence !== this.#pending?.sequence;
    this.#pending = pending;
    if (changed) this.#queue.finalChanged();
    else this.#queue.poke();
  }

  #final(event: FinalEvent['event']): unknown {
    const { target } = this.#options;
    if (event === 'transferred') return this.callback.jobTransferred(target.job);
    const failure = this.#facts?.error ?? this.#facts?.lastFailure;
    if (failure === null || failure === undefined)
      throw new Error(`Job ${target.id} is in ERROR without a failure.`);
    return this.callback.jobError(target.job, target.error(failure));
  }

  #acknowledge(sequence: number): void {
    this.#taken = Math.max(this.#taken, sequence);
    if (this.#pending?.sequence === sequence) this.#pending = undefined;
    this.#options.acknowledge(sequence);
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#queue.finish(() => this.#end());
  }

  #end(): void {
    void this.close();
    this.#options.ended();
  }

  /** What the mask mutes is not told; BG_NOTIFY.DISABLE mutes everything (J-11). */
  #wants(flag: number): boolean {
    const mask = this.#facts?.notifyFlags ?? 0;
    return (mask & BG_NOTIFY.DISABLE) === 0 && (mask & flag) !== 0;
  }
}
