/** The interfaces, for programs that import one entry only. */
export type {
  DO_DOWNLOAD_ENUM_CATEGORY,
  DO_DOWNLOAD_RANGE,
  DO_DOWNLOAD_RANGES_INFO,
  DO_DOWNLOAD_STATUS,
  DownloadPropertyValue,
  DownloadStream,
  IDODownload,
  IDODownloadStatusCallback,
  IDOManager,
} from '../core/interfaces/download.ts';
export type { IEnumerator } from '../core/interfaces/enumerator.ts';
export type { IBackgroundCopyError } from '../core/interfaces/error.ts';
export type {
  BG_FILE_PROGRESS,
  BG_FILE_RANGE,
  DOSwarmStats,
  FileOptions,
  IBackgroundCopyFile,
} from '../core/interfaces/file.ts';
export type { HaulyardManager } from '../core/interfaces/haulyard-manager.ts';
export type {
  BG_FILE_INFO,
  BG_JOB_PROGRESS,
  BG_JOB_TIMES,
  IBackgroundCopyCallback,
  IBackgroundCopyJob,
  JobFailure,
} from '../core/interfaces/job.ts';
export type { IBackgroundCopyManager } from '../core/interfaces/manager.ts';
export type { FileDigest } from '../core/job/file.ts';
export type {
  EventResource,
  FileResource,
  JobResource,
  ProgressResource,
} from '../rest/contract.ts';
