import type { DODownloadProperty, DODownloadState } from '../constants.ts';
import type { IEnumerator } from './enumerator.ts';

/** DO_DOWNLOAD_RANGE: a part of the remote file. */
export interface DO_DOWNLOAD_RANGE {
  /** Bytes from the start of the remote file. */
  readonly offset: number;
  /** Bytes, more than 0, or DO_LENGTH_TO_EOF. */
  readonly length: number;
}

/** DO_DOWNLOAD_RANGES_INFO: no ranges stand for the whole file. */
export interface DO_DOWNLOAD_RANGES_INFO {
  readonly ranges: readonly DO_DOWNLOAD_RANGE[];
}

/** DO_DOWNLOAD_STATUS (api.md 5). */
export interface DO_DOWNLOAD_STATUS {
  /** Bytes; 0 before the size is known. */
  readonly bytesTotal: number;
  readonly bytesTransferred: number;
  readonly state: DODownloadState;
  /** HRESULT: what stopped the download, or, while Transferring, what it is retrying after; 0 otherwise. */
  readonly error: number;
  /** HRESULT: detail; alone and with Paused it means that the engine pauses and goes on by itself. */
  readonly extendedError: number;
}

/** Hears of a download (api.md 3.3). May call any method of the download. */
export interface IDODownloadStatusCallback {
  /** Any change of status, at most every CallbackFreqSeconds or CallbackFreqPercent. Not repeated. */
  onStatusChange(download: IDODownload, status: DO_DOWNLOAD_STATUS): unknown;
}

/**
 * Where a download without a file goes. Chunks come in the order of the ranges given to `start`,
 * each byte once; the next one comes when the promise of the last has resolved. A rejection ends the
 * download with DO_E_FATAL_CORE_ERROR.
 */
export interface DownloadStream {
  write(chunk: Uint8Array): unknown;
}

/** What a property may hold. */
export type DownloadPropertyValue =
  string | number | boolean | Uint8Array | IDODownloadStatusCallback | DownloadStream | null;

/** One file, by the newer family of interfaces (api.md 3.2, job-lifecycle.md 11). */
export interface IDODownload {
  /**
   * Starts, or goes on. `null` goes on with the ranges in force and is allowed only after an earlier
   * start; no argument is the whole file at the first start and `null` afterwards (J-20).
   */
  start(ranges?: DO_DOWNLOAD_RANGES_INFO | null): Promise<void>;
  pause(): Promise<void>;
  /** Ends the download and deletes what it created. */
  abort(): Promise<void>;
  /** Delivers the file of a Transferred download and ends it. */
  finalize(): Promise<void>;
  getStatus(): Promise<DO_DOWNLOAD_STATUS>;
  /** DO_E_UNKNOWN_PROPERTY_ID, DO_E_WRITE_ONLY_PROPERTY or E_NOT_SET where there is no value. */
  getProperty(id: DODownloadProperty): Promise<Exclude<DownloadPropertyValue, Uint8Array>>;
  setProperty(id: DODownloadProperty, value: DownloadPropertyValue): Promise<void>;
}

/** DO_DOWNLOAD_ENUM_CATEGORY: Id, Uri, ContentId, DisplayName or LocalPath, compared exactly. */
export interface DO_DOWNLOAD_ENUM_CATEGORY {
  readonly property: DODownloadProperty;
  readonly value: string;
}

/** Makes downloads and finds them again (api.md 3.1). */
export interface IDOManager {
  /** A new download in state Created; it lives until it is finalized or aborted. */
  createDownload(): Promise<IDODownload>;
  /** Those of the same caller that are not final; DO_E_NO_DOWNLOADS when none matches. */
  enumDownloads(category?: DO_DOWNLOAD_ENUM_CATEGORY | null): Promise<IEnumerator<IDODownload>>;
}
