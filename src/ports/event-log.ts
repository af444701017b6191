import type { EventRecord } from '../core/facts/event.ts';

/** Which events are wanted. */
export interface EventFilter {
  /** Only events of this owner's jobs. */
  readonly owner?: string;
  readonly jobId?: string;
}

/**
 * What happened to jobs, oldest first. Events are appended by `JobStore.commit`, in the transaction
 * of the step they tell of, so that none is told that did not happen, and none that did is missing.
 */
export interface EventLog {
  /** The newest sequence number ever given; 0 for a new store. Survives trimming and restarts. */
  readonly lastSequence: number;
  /** Everything up to this one may have been trimmed; 0 when nothing has. */
  readonly trimmedSequence: number;
  /** Up to `limit` events after a sequence number, in ascending order. */
  read(after: number, limit: number, filter?: EventFilter): readonly EventRecord[];
  /**
   * Drops events older than `beforeMs` and all but the newest `keep`, the oldest first; never one after
   * `protectedSequence`, and at most `atMost` of them. Returns how many that were.
   */
  trim(options: {
    readonly beforeMs: number;
    readonly keep: number;
    readonly protectedSequence?: number;
    readonly atMost?: number;
  }): number;
}
