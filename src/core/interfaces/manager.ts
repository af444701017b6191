import type { BG_JOB_TYPE } from '../constants.ts';
import type { IEnumerator } from './enumerator.ts';
import type { IBackgroundCopyJob } from './job.ts';

/** Makes jobs and finds them again. */
export interface IBackgroundCopyManager extends AsyncDisposable {
  /**
   * A new job, SUSPENDED and without files.
   *
   * @param displayName - at most 256 characters; need not be unique. E_INVALIDARG otherwise.
   * @param type - BG_JOB_TYPE.DOWNLOAD; E_NOTIMPL otherwise.
   */
  createJob(displayName: string, type: BG_JOB_TYPE): Promise<IBackgroundCopyJob>;
  /** DO_E_JOB_NOT_FOUND for an id that is unknown or whose job is final. */
  getJob(id: string): Promise<IBackgroundCopyJob>;
  /** A snapshot of all jobs that are not final, in order of creation. */
  enumJobs(): Promise<IEnumerator<IBackgroundCopyJob>>;
  /** A sentence for a result code, DO_E_*, BG_*, Win32 and HTTP alike. */
  getErrorDescription(hresult: number): Promise<string>;
  /** Stops every transfer and lets go of the data directory; every job stays where it is. */
  [Symbol.asyncDispose](): Promise<void>;
}
