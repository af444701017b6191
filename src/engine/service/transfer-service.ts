import type { BG_JOB_STATE } from '../../core/constants.ts';
import type { EventRecord } from '../../core/facts/event.ts';
import type { JobExplanation } from '../../core/facts/job-explanation.ts';
import type {
  AttemptFacts,
  FileFacts,
  JobFacts,
  PieceFacts,
  SourceFacts,
} from '../../core/facts/job-facts.ts';
import type {
  DO_DOWNLOAD_ENUM_CATEGORY,
  IDODownload,
  IDOManager,
} from '../../core/interfaces/download.ts';
import type { IBackgroundCopyJob } from '../../core/interfaces/job.ts';
import type { WantedJob } from '../create-job.ts';
import type { FileArguments } from '../validate/file-arguments.ts';
import type { MonthlyTraffic } from '../../ports/traffic-ledger.ts';

export type { WantedJob } from '../create-job.ts';

/** Who calls. A job belongs to the user who made it; only that user and administrators get at it. */
export interface Caller {
  readonly user: string;
  readonly administrator: boolean;
}

/** Which jobs a page holds. */
export interface JobPageQuery {
  readonly afterId?: string;
  /** 1 to 1,000. */
  readonly limit: number;
  /** Which end of the list its first page stands at. Default: `oldest`. */
  readonly first?: 'oldest' | 'newest';
  readonly states?: readonly BG_JOB_STATE[];
  readonly includeFinal: boolean;
  /** Another user, or `*` for everyone: administrators only, E_ACCESSDENIED otherwise. Default: the caller. */
  readonly owner?: string;
  readonly family: 'job' | 'download' | 'both';
}

/** A page of a list of jobs. */
export interface JobPage {
  readonly jobs: readonly JobFacts[];
  /** Undefined for the last page. */
  readonly nextAfterId: string | undefined;
  /** Jobs on all pages together, as of now. */
  readonly total: number;
}

/** A request that must not be carried out twice. */
export interface Idempotency {
  /** 1 to 200 visible characters, the caller's own. */
  readonly key: string;
  /** Digest of the request: another one under the same key is refused with E_INVALIDARG. */
  readonly fingerprint: string;
}

/** Where to put a queued job. */
export type QueuePosition =
  'first' | 'last' | { readonly before: string } | { readonly after: string };

/** Rates and counts of a job that moves. */
export interface ProgressFacts {
  readonly jobId: string;
  readonly owner: string;
  readonly progress: JobFacts['progress'];
  readonly bytesPerSecond: number;
}

/** A listener's place in the event log. */
export interface EventSubscription extends Disposable {
  /** The next events in order, as soon as there are any. */
  next(signal: AbortSignal): Promise<EventBatch>;
}

export type EventBatch =
  | { readonly kind: 'events'; readonly events: readonly EventRecord[] }
  /** Events between the place asked for and `trimmed` are gone. */
  | { readonly kind: 'reset'; readonly trimmed: number; readonly last: number };

/**
 * The engine as front doors see it: plain values out, the job interfaces in. Every method takes the
 * caller and throws E_ACCESSDENIED for a job of another user, DO_E_JOB_NOT_FOUND for none.
 */
export interface TransferService {
  /** The job behind an id, final ones of the history included. */
  job(caller: Caller, id: string): IBackgroundCopyJob;
  facts(caller: Caller, id: string): JobFacts;
  page(caller: Caller, query: JobPageQuery): JobPage;
  /**
   * Makes a job. All of it or nothing: a refused file leaves no job behind.
   *
   * @returns `created` false when the key was answered before: the job of that time
   */
  createJob(
    caller: Caller,
    wanted: WantedJob,
    idempotency?: Idempotency,
  ): Promise<{ readonly facts: JobFacts; readonly created: boolean }>;
  /** Adds files, all or none, and returns them. */
  addFiles(
    caller: Caller,
    id: string,
    files: readonly FileArguments[],
  ): Promise<readonly FileFacts[]>;
  files(
    caller: Caller,
    id: string,
    page: { readonly after: number; readonly limit: number },
  ): { readonly files: readonly FileFacts[]; readonly total: number };
  pieces(
    caller: Caller,
    id: string,
    page: { readonly after: number; readonly limit: number },
  ): { readonly files: readonly PieceFacts[]; readonly total: number };
  sources(caller: Caller, id: string): readonly SourceFacts[];
  attempts(caller: Caller, id: string): readonly AttemptFacts[];
  explain(caller: Caller, id: string): JobExplanation;
  /** Resumes a job in ERROR or TRANSIENT_ERROR; DO_E_INVALID_STATE for any other. */
  retry(caller: Caller, id: string): Promise<void>;
  setMaxBytesPerSecond(
    caller: Caller,
    id: string,
    bytesPerSecond: number | undefined,
  ): Promise<void>;
  order(caller: Caller, id: string, position: QueuePosition): Promise<void>;
  /** A final event was taken; one that is not pending any more is no error. */
  acknowledge(caller: Caller, id: string, sequence: number): void;
  /** Forgets a final job at once; cancels one that is not final first. */
  remove(caller: Caller, id: string): Promise<void>;

  /** The download behind an id, final ones of the history included. */
  download(caller: Caller, id: string): IDODownload;
  /**
   * Downloads that the caller made and that are not final, a page of them in order of creation. With
   * a category, those of the page that have its property, which may be none although others follow.
   */
  downloadPage(
    caller: Caller,
    query: {
      readonly afterId?: string;
      /** 1 to 1,000. */
      readonly limit: number;
      readonly category?: DO_DOWNLOAD_ENUM_CATEGORY;
    },
  ): { readonly downloads: readonly IDODownload[]; readonly nextAfterId: string | undefined };
  /** Downloads of the IDO family that the caller made. */
  downloads(caller: Caller): IDOManager;

  /** The newest event's sequence number, and up to which they may be gone. */
  eventBounds(): { readonly last: number; readonly trimmed: number };
  /** Follows the log after a sequence number. `owner` `*`: everyone's, for administrators. */
  subscribe(
    caller: Caller,
    options: { readonly after: number; readonly jobId?: string; readonly owner?: string },
  ): EventSubscription;
  /** Events of a job that are still in the log. */
  jobEvents(
    caller: Caller,
    id: string,
    page: { readonly after: number; readonly limit: number },
  ): readonly EventRecord[];
  /** Jobs that move just now, of the caller or (administrators) of everyone. */
  progress(caller: Caller, everyone: boolean): readonly ProgressFacts[];
  statistics(caller: Caller): {
    readonly jobsByState: ReadonlyMap<BG_JOB_STATE, number>;
    readonly running: { readonly foreground: number; readonly background: number };
    readonly bytesPerSecond: number;
    readonly months: readonly MonthlyTraffic[];
  };
}
