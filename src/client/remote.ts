import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../core/errors.ts';
import type { CallbackFrequency } from '../core/download/callback-frequency.ts';
import type {
  DO_DOWNLOAD_STATUS,
  DownloadStream,
  IDODownload,
  IDODownloadStatusCallback,
} from '../core/interfaces/download.ts';
import type { IBackgroundCopyError } from '../core/interfaces/error.ts';
import type { IBackgroundCopyFile } from '../core/interfaces/file.ts';
import type { IBackgroundCopyCallback, IBackgroundCopyJob } from '../core/interfaces/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { RestClient } from '../rest/client.ts';
import type { JobResource } from '../rest/contract.ts';

/** A job as its callback needs it. */
export interface CallbackTarget {
  readonly id: string;
  /** What the callback is given as its job. */
  readonly job: IBackgroundCopyJob;
  /** The job as it is now; DO_E_JOB_NOT_FOUND once the service has forgotten it. */
  facts(): Promise<JobResource>;
  file(index: number): IBackgroundCopyFile;
  error(failure: NonNullable<JobResource['error']>): IBackgroundCopyError;
}

/** The callbacks of this process, by job. */
export interface JobCallbackRegistry {
  of(id: string): IBackgroundCopyCallback | null;
  /** Resolves once nothing that happens from now on can be missed. */
  register(target: CallbackTarget, callback: IBackgroundCopyCallback | null): Promise<void>;
  /** The mask was set by this process: it counts at once. */
  flagsSet(id: string, flags: number): void;
}

/** A download as its callback needs it. */
export interface StatusTarget {
  readonly id: string;
  /** Name of the user whose download it is. */
  readonly owner: string;
  readonly download: IDODownload;
  status(): Promise<DO_DOWNLOAD_STATUS>;
  frequency(): Promise<CallbackFrequency>;
}

/** The status callbacks of this process, by download. */
export interface StatusCallbackRegistry {
  of(id: string): IDODownloadStatusCallback | null;
  register(target: StatusTarget, callback: IDODownloadStatusCallback | null): Promise<void>;
  /** Something of the download changed that no event tells of. */
  changed(id: string): void;
}

/** A start that is under way: whether it has been answered. */
export interface PendingStart {
  readonly settled: boolean;
}

/** Brings the content of a download into a stream of this process. */
export interface ContentStream {
  readonly stream: DownloadStream;
  readonly running: boolean;
  /** What the stream refused; undefined as long as it takes everything. */
  readonly failure: DeliveryOptimizationError | undefined;
  /** Resolves once the reading under way has ended, however it does. */
  readonly ended: Promise<void>;
  /**
   * Throws DO_E_FATAL_CORE_ERROR where the stream may lack bytes that the service has sent.
   *
   * @param transferred - bytes of the portion that the service has
   */
  assertWhole(transferred: number): void;
  /** Another portion begins, from its first byte. */
  startOver(): void;
  /** Reads while a start is under way and until the portion is complete; one reading at a time. */
  begin(start: PendingStart): void;
  /** Leaves the content where it is. */
  stop(): void;
}

/** What the objects of one manager share. */
export interface Remote {
  readonly rest: RestClient;
  /** Name of the user the service takes this process for. */
  readonly caller: string;
  readonly clock: Clock;
  readonly callbacks: JobCallbackRegistry;
  readonly statusCallbacks: StatusCallbackRegistry;
  /** Streams of this process, by the download whose content they get. */
  readonly streams: Map<string, ContentStream>;
  /** Aborts, with DO_E_NO_SERVICE, once the manager is disposed of. */
  readonly signal: AbortSignal;
  /** Hears of trouble that no caller can be told of. */
  readonly onWarning: (message: string) => void;
}

/** What everything rejects with once the manager is disposed of. */
export function closedError(): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'DO_E_NO_SERVICE',
    'The manager is closed: connect again to use its jobs.',
  );
}

/** Whether an error says that the service knows no such job or download. */
export function isUnknownJob(error: unknown): boolean {
  return isDeliveryOptimizationError(error) && error.code === 'DO_E_JOB_NOT_FOUND';
}
