import type { LimitRule } from '../policy/effective-limits.ts';
import type { PolicyBlock } from '../policy/policy-block.ts';

/** A rate in force for a job, and the rule that sets it. */
export interface LimitInForce {
  /** Undefined: no limit; 0 lets nothing pass. */
  readonly bytesPerSecond: number | undefined;
  /** A key of the configuration, or the job's own property; undefined without a limit. */
  readonly rule: LimitRule | 'job.max_bytes_per_second' | undefined;
}

/** What the scheduler goes by for one job, just now. Times are wall-clock milliseconds since 1970. */
export interface SchedulerExplanation {
  readonly slot: {
    readonly kind: 'foreground' | 'background';
    /** Jobs of the kind that hold a slot, and how many slots it has. */
    readonly running: number;
    readonly slots: number;
    /** Queued jobs of the kind before this one; counted up to 1,000. 0 for a job that is not queued. */
    readonly ahead: number;
    /** When the job that has held its slot longest may lose it to one that waits. */
    readonly nextSliceAtMs?: number;
  };
  /** The first rule that keeps the job from transferring, whatever state it is in. */
  readonly block: PolicyBlock | undefined;
  /** False for a job that an earlier process left under way and that nobody has resumed in this one. */
  readonly admitted: boolean;
  /** It holds a slot, and the connections to its origin are all taken by other files. */
  readonly waitsForConnection: boolean;
  /** It is a background job that leaves the link to other traffic just now. */
  readonly yields: boolean;
  readonly limits: {
    readonly total: LimitInForce;
    readonly kind: LimitInForce;
    readonly job: LimitInForce;
  };
  /** When the next attempt is due; undefined when no timer runs. */
  readonly retryAtMs: number | undefined;
  /** When the job stops in ERROR unless data arrives; undefined while the clock rests. */
  readonly noProgressDeadlineMs: number | undefined;
}
