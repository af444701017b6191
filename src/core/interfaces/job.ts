import type { BG_JOB_PRIORITY, BG_JOB_STATE, BG_JOB_TYPE } from '../constants.ts';
import type { IEnumerator } from './enumerator.ts';
import type { IBackgroundCopyError } from './error.ts';
import type { TransferFailure } from '../job/failure.ts';
import type { BG_FILE_RANGE, FileOptions, IBackgroundCopyFile } from './file.ts';

/** BG_JOB_PROGRESS (api.md 5). */
export interface BG_JOB_PROGRESS {
  /** Bytes; BG_SIZE_UNKNOWN until every file's size is known; 0 for a job without files. */
  readonly bytesTotal: number;
  /** Bytes written. Falls when a file has to start over. */
  readonly bytesTransferred: number;
  readonly filesTotal: number;
  readonly filesTransferred: number;
}

/** BG_JOB_TIMES (api.md 5). */
export interface BG_JOB_TIMES {
  readonly creationTime: Date;
  /** Last change of a property, a file, the state or the bytes, or the last successful call. */
  readonly modificationTime: Date;
  /** When the job became TRANSFERRED; undefined before. */
  readonly transferCompletionTime: Date | undefined;
}

/** A failure as `getLastFailure` tells it. */
export type JobFailure = TransferFailure;

/** One file of an `addFileSet` call. */
export interface BG_FILE_INFO extends FileOptions {
  readonly remoteName: string;
  readonly localName: string;
}

/**
 * A download job: files that are fetched together and appear together.
 *
 * Methods reject with `DeliveryOptimizationError`. Those that change something reject with
 * DO_E_INVALID_STATE once the job is ACKNOWLEDGED or CANCELLED, and then change nothing; getters
 * answer with the last values as long as the object is held. What each call does in each state is
 * table A of job-lifecycle.md.
 */
export interface IBackgroundCopyJob {
  /** Adds a file to fetch from `url` to the absolute path `localName`; validation as api.md 2.4. */
  addFile(url: string, localName: string, options?: FileOptions): Promise<IBackgroundCopyFile>;
  /** Adds several files, or none if one of them is refused. */
  addFileSet(files: readonly BG_FILE_INFO[]): Promise<void>;
  /**
   * Adds a file, or parts of one: ranges are concatenated in the order given.
   *
   * @param fileId - identifies the content; unique within the job
   * @param fileSize - size of the whole remote file in bytes; omitted or DO_UNKNOWN_FILE_SIZE when
   *   not known. A server that disagrees ends the job in ERROR.
   */
  addFileWithRanges(
    fileId: string,
    url: string,
    localName: string,
    ranges?: readonly BG_FILE_RANGE[] | null,
    fileSize?: number,
  ): Promise<IBackgroundCopyFile>;
  /**
   * IDeliveryOptimizationJob2::AddFile: adds a file whose local path is set afterwards through
   * DOFilePropertyId.DownloadSinkFilePath. `url` may be null and be set by `setRemoteName`.
   */
  addFileById(
    fileId: string,
    url: string | null,
    ranges?: readonly BG_FILE_RANGE[] | null,
  ): Promise<IBackgroundCopyFile>;

  /** Deletes the job and its temporary files. Resolves to S_OK or BG_S_UNABLE_TO_DELETE_FILES. */
  cancel(): Promise<number>;
  /**
   * Moves every finished file to its final name and ends the job. Resolves to S_OK,
   * BG_S_PARTIAL_COMPLETE when some files were not finished (they are deleted) or
   * BG_S_UNABLE_TO_DELETE_FILES. Rejects with the code of the file system when a rename fails; the
   * job can then be completed again.
   */
  complete(): Promise<number>;
  /** A snapshot of the list of files; the file objects in it are live. */
  enumFiles(): Promise<IEnumerator<IBackgroundCopyFile>>;
  getDisplayName(): Promise<string>;
  /** The failure of a job in ERROR or TRANSIENT_ERROR; DO_E_ERROR_INFORMATION_UNAVAILABLE otherwise. */
  getError(): Promise<IBackgroundCopyError>;
  /** Lower-case UUID, given by `createJob`. */
  getId(): Promise<string>;
  /** Seconds. Default 3,600 for foreground jobs and 86,400 for all others, until set. */
  getNoProgressTimeout(): Promise<number>;
  /** Mask of BG_NOTIFY; default JOB_TRANSFERRED | JOB_ERROR. */
  getNotifyFlags(): Promise<number>;
  /** The callback registered in this process, or null. */
  getNotifyInterface(): Promise<IBackgroundCopyCallback | null>;
  getPriority(): Promise<BG_JOB_PRIORITY>;
  getProgress(): Promise<BG_JOB_PROGRESS>;
  getState(): Promise<BG_JOB_STATE>;
  getTimes(): Promise<BG_JOB_TIMES>;
  /** Always BG_JOB_TYPE.DOWNLOAD. */
  getType(): Promise<BG_JOB_TYPE>;
  /** Starts, continues or retries the job. DO_E_JOB_EMPTY without files. */
  resume(): Promise<void>;
  /** Seconds, 0 to 4,294,967,295; 0 makes every failure final at once. */
  setNoProgressTimeout(seconds: number): Promise<void>;
  /** Mask of BG_NOTIFY; E_NOTIMPL for any other bit. */
  setNotifyFlags(flags: number): Promise<void>;
  /** Registers the callback for this process, replacing the one before; null clears. */
  setNotifyInterface(callback: IBackgroundCopyCallback | null): Promise<void>;
  /** E_NOTIMPL for a value outside BG_JOB_PRIORITY. */
  setPriority(priority: BG_JOB_PRIORITY): Promise<void>;
  /** Stops the job; bytes are kept. Resolves once nothing is written any more. */
  suspend(): Promise<void>;

  /**
   * Why the job last failed, also after a restart, until its data has arrived; null when nothing
   * went wrong. For people: programs go by `getError`, which a restart ends by specification.
   */
  getLastFailure(): Promise<JobFailure | null>;

  /** IBackgroundCopyJob5: BITS_JOB_PROPERTY_ID.COST_FLAGS (number) or NOTIFICATION_CLSID (GUID). */
  getProperty(id: number): Promise<number | string>;
  setProperty(id: number, value: number | string): Promise<void>;
  /**
   * IDeliveryOptimizationJob2: DOJobPropertyId.ExtendedErrorInfo, a JSON object with HResult and,
   * when known, ExtendedHResult, HttpStatus, Url and FileId; empty without an error.
   */
  getDOProperty(id: number): Promise<string>;
  /** Never succeeds: DO_E_READ_ONLY_PROPERTY or DO_E_UNKNOWN_PROPERTY_ID. */
  setDOProperty(id: number, value: unknown): Promise<void>;
  /**
   * Header lines sent with every request of the job, as IBackgroundCopyJobHttpOptions: at most
   * 16,384 characters, no field that the engine itself sets. Null removes them. Stored encrypted.
   */
  setCustomHeaders(headers: string | null): Promise<void>;
  getCustomHeaders(): Promise<string | null>;
}

/**
 * What a program implements to hear of a job. Calls for one job never overlap, and none is made
 * from inside a call of the program's own.
 *
 * `jobTransferred` and `jobError` are repeated, first after a minute, until the call returns or its
 * promise resolves; a throw, a rejection, a failed HRESULT as the result and 60 s of silence all
 * count as not delivered.
 */
export interface IBackgroundCopyCallback {
  jobTransferred(job: IBackgroundCopyJob): unknown;
  jobError(job: IBackgroundCopyJob, error: IBackgroundCopyError): unknown;
  /** Bytes, files, properties or state changed. May be merged or dropped; the result is ignored. */
  jobModification(job: IBackgroundCopyJob, reserved: number): unknown;
  /** IBackgroundCopyCallback2: a file is done, before its job is. The result is ignored. */
  fileTransferred?(job: IBackgroundCopyJob, file: IBackgroundCopyFile): unknown;
}
