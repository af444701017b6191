import type { BG_ERROR_CONTEXT } from '../constants.ts';
import type { IBackgroundCopyFile } from './file.ts';

/** Why a job failed: a snapshot that stays valid for whoever holds it. */
export interface IBackgroundCopyError {
  /** The context is REMOTE_FILE for HTTP 403 and NONE for everything else (J-13). */
  getError(): Promise<{ readonly context: BG_ERROR_CONTEXT; readonly code: number }>;
  /** The file in progress; DO_E_FILE_NOT_AVAILABLE when no file is to blame. */
  getFile(): Promise<IBackgroundCopyFile>;
  /** A sentence with the values that matter. */
  getErrorDescription(): Promise<string>;
}
