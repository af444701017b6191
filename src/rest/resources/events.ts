import type { Failure, StateName } from './common.ts';

interface EventBase {
  /** The id in the stream. */
  readonly sequence: number;
  readonly jobId: string;
  readonly owner: string;
  readonly at: string;
}

/** An event of the log. */
export type Event =
  | (EventBase & { readonly kind: 'job.created'; readonly displayName: string })
  | (EventBase & { readonly kind: 'job.changed'; readonly what: readonly string[] })
  | (EventBase & {
      readonly kind: 'job.state';
      readonly from: StateName;
      readonly to: StateName;
      readonly failure?: Failure | undefined;
    })
  | (EventBase & {
      readonly kind: 'file.transferred';
      readonly fileIndex: number;
      readonly fileId: string;
    });

export interface ProgressEvent {
  readonly kind: 'progress';
  readonly jobId: string;
  readonly bytesTransferred: number;
  readonly bytesTotal: number | null;
  readonly filesTransferred: number;
  readonly filesTotal: number;
  readonly bytesPerSecond: number;
}

export interface ResetEvent {
  readonly kind: 'reset';
  readonly trimmed: number;
  readonly last: number;
}

export interface EventQuery {
  readonly job?: string | undefined;
  readonly after?: number | undefined;
  readonly progress: boolean;
  readonly owner?: string | undefined;
}
export interface EventQueryInput {
  readonly job?: string | undefined;
  readonly after?: unknown;
  readonly progress?: string | undefined;
  readonly owner?: string | undefined;
}

export interface JobEvents {
  readonly events: readonly Event[];
  readonly next: string | null;
}
