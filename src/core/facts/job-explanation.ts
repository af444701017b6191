import type { BG_JOB_STATE } from '../constants.ts';
import type { TransferFailure } from '../job/failure.ts';
import type { SourceFacts } from './job-facts.ts';

/** A rule that blocks or delays a job. */
export interface ExplainedReason {
  /** Stable name: a key of the configuration, a property of the job, or a rule of the queue. */
  readonly rule: string;
  readonly code: string | undefined;
  readonly message: string;
  /** What would end it; undefined when waiting is enough. */
  readonly unblockedBy: string | undefined;
  /** Wall-clock milliseconds at which it ends by itself, where that is known. */
  readonly untilMs: number | undefined;
}

/** A rate in force, and the rule that sets it. */
export interface ExplainedLimit {
  /** Undefined: no limit. */
  readonly bytesPerSecond: number | undefined;
  readonly rule: string;
}

/** Why a job is where it is. Built from what the scheduler itself goes by. */
export interface JobExplanation {
  readonly id: string;
  readonly state: BG_JOB_STATE;
  /** One sentence that answers the question. */
  readonly summary: string;
  /** Every rule that blocks or delays it, the deciding one first; empty for a job that moves freely. */
  readonly reasons: readonly ExplainedReason[];
  readonly block: (Omit<ExplainedReason, 'untilMs'> & { readonly code: string }) | undefined;
  readonly slot: {
    readonly kind: 'foreground' | 'background';
    readonly running: number;
    readonly slots: number;
    readonly ahead: number;
  };
  readonly limits: {
    readonly total: ExplainedLimit;
    readonly kind: ExplainedLimit;
    readonly job: ExplainedLimit;
  };
  readonly sources: readonly (Pick<SourceFacts, 'fileIndex' | 'kind' | 'url'> & {
    readonly considered: string;
  })[];
  readonly error: TransferFailure | undefined;
  readonly retryAtMs: number | undefined;
  readonly noProgressDeadlineMs: number | undefined;
  /** From the present rate and what is left; undefined when nothing can be said. */
  readonly expectedFinishMs: number | undefined;
}
