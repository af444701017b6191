import type { EventRecord } from '../core/facts/event.ts';
import type { JobFacts } from '../core/facts/job-facts.ts';

/** What a hook is told. */
export interface HookDelivery {
  readonly event: EventRecord;
  /** The job as it is now, which may be further than the event; undefined once it is forgotten. */
  readonly job: JobFacts | undefined;
  /** Counts from 1; a receiver may see an event more than once. */
  readonly attempt: number;
}

/** Somebody outside who is told of events: a program, or a URL. */
export interface Hook {
  /** Stable and unique: the hook's place in the event log is kept under it. */
  readonly name: string;
  /** Whether it is told of this event. */
  wants(event: EventRecord, job: JobFacts | undefined): boolean;
  /**
   * Tells it. Rejects with a `DeliveryOptimizationError` when it did not take the event, and it is
   * told again later. Bounded in time; gives up at once when the signal aborts.
   */
  deliver(delivery: HookDelivery, signal: AbortSignal): Promise<void>;
}
