import type { BG_JOB_STATE } from '../constants.ts';
import type { TransferFailure } from '../job/failure.ts';

/** What happened to a job, as it is kept in the event log. */
export type JobEventBody =
  | { readonly kind: 'job.created'; readonly displayName: string }
  /** Properties, files or the place in the queue changed; `what` names them. */
  | { readonly kind: 'job.changed'; readonly what: readonly string[] }
  | {
      readonly kind: 'job.state';
      readonly from: BG_JOB_STATE;
      readonly to: BG_JOB_STATE;
      /** Why, for TRANSIENT_ERROR, ERROR and an expired job. */
      readonly failure?: TransferFailure;
    }
  | {
      readonly kind: 'file.transferred';
      readonly fileIndex: number;
      readonly fileId: string;
    };

export type EventKind = JobEventBody['kind'];

/** An event that has not been stored yet. */
export interface NewEvent {
  readonly jobId: string;
  /** Owner of the job: whoever may hear of it. */
  readonly owner: string;
  /** Wall-clock milliseconds since 1970. */
  readonly atMs: number;
  readonly body: JobEventBody;
}

/** One row of the event log. */
export interface EventRecord extends NewEvent {
  /** Ascending over the whole store, never used twice, also across restarts. */
  readonly sequence: number;
}
