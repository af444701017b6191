export { openManager, type OpenManagerOptions } from './open.ts';
export { download, type DownloadOptions, type DownloadProgress } from './download.ts';
export { DeliveryOptimizationError, isDeliveryOptimizationError } from './core/errors.ts';
export {
  BG_S_OVERRIDDEN_BY_POLICY,
  BG_S_PARTIAL_COMPLETE,
  BG_S_UNABLE_TO_DELETE_FILES,
  HRESULT,
  S_FALSE,
  S_OK,
} from './core/codes.ts';
export * from './core/constants.ts';
export {
  DO_TRANSIENT_ZONE,
  DO_TRANSIENT_ZONE_MASK,
  DO_ZONE_MASK,
  FACILITY_DELIVERY_OPTIMIZATION,
  failed,
  formatHresult,
  succeeded,
} from './core/hresult.ts';
export type { IBackgroundCopyManager } from './core/interfaces/manager.ts';
export type { HaulyardManager } from './core/interfaces/haulyard-manager.ts';
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
} from './core/interfaces/download.ts';
export type {
  BG_FILE_INFO,
  BG_JOB_PROGRESS,
  BG_JOB_TIMES,
  IBackgroundCopyCallback,
  IBackgroundCopyJob,
  JobFailure,
} from './core/interfaces/job.ts';
export type {
  BG_FILE_PROGRESS,
  BG_FILE_RANGE,
  DOSwarmStats,
  FileOptions,
  IBackgroundCopyFile,
} from './core/interfaces/file.ts';
export type { IBackgroundCopyError } from './core/interfaces/error.ts';
export type { IEnumerator } from './core/interfaces/enumerator.ts';
export type { FileDigest } from './core/job/file.ts';
export type { RetryPolicy } from './core/retry/retry-delay.ts';
