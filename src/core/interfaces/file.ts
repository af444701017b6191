import type { FileDigest } from '../job/file.ts';
import type { DOWNLOAD_MODE, SWARM_STATUS } from '../constants.ts';

/** A part of a remote file. */
export interface BG_FILE_RANGE {
  /** Bytes from the start of the remote file. */
  readonly initialOffset: number;
  /** Bytes, more than 0, or BG_LENGTH_TO_EOF. */
  readonly length: number;
}

/** What a caller may say of a file beyond its names. */
export interface FileOptions {
  /** Digest of the local file; content that does not match never reaches its final name. */
  readonly digest?: FileDigest;
}

/** BG_FILE_PROGRESS (api.md 5). */
export interface BG_FILE_PROGRESS {
  /** Bytes, or DO_UNKNOWN_FILE_SIZE. */
  readonly bytesTotal: number;
  readonly bytesTransferred: number;
  /** True once the file stands under its final name, not before. */
  readonly completed: boolean;
}

/** DOSwarmStats (api.md 5): bytes, counts, and milliseconds for the duration. */
export interface DOSwarmStats {
  readonly fileId: string;
  readonly sourceURL: string;
  readonly fileSize: number;
  readonly totalBytesDownloaded: number;
  readonly bytesFromLanPeers: number;
  readonly bytesFromGroupPeers: number;
  readonly bytesFromInternetPeers: number;
  readonly bytesFromHttp: number;
  readonly bytesFromDoinc: number;
  readonly bytesToLanPeers: number;
  readonly bytesToGroupPeers: number;
  readonly bytesToInternetPeers: number;
  readonly httpConnectionCount: number;
  readonly doincConnectionCount: number;
  readonly lanConnectionCount: number;
  readonly groupConnectionCount: number;
  readonly internetConnectionCount: number;
  readonly downloadDuration: number;
  readonly downloadMode: DOWNLOAD_MODE;
  readonly status: SWARM_STATUS;
  readonly isBackground: boolean;
}

/** A file of a job. The object is live: it answers for the file as it is now. */
export interface IBackgroundCopyFile {
  /** The URL, as given or as set by `setRemoteName`. */
  getRemoteName(): Promise<string>;
  /** The final absolute path, not the temporary one; E_NOT_SET while a Job2 file has none. */
  getLocalName(): Promise<string>;
  getProgress(): Promise<BG_FILE_PROGRESS>;
  /** The ranges in the order given; empty when the whole file is wanted (S_FALSE in COM). */
  getFileRanges(): Promise<readonly BG_FILE_RANGE[]>;
  /**
   * Another URL for the same content. The next request uses it; `resume` persists it. A file whose
   * size or time stamp differs there starts over.
   */
  setRemoteName(url: string): Promise<void>;
  /** IBackgroundCopyFile5: BITS_FILE_PROPERTY_ID.HTTP_RESPONSE_HEADERS; E_NOT_SET before an answer. */
  getProperty(id: number): Promise<string>;
  /** Never succeeds: no BITS file property can be set. */
  setProperty(id: number, value: unknown): Promise<void>;
  /** IDeliveryOptimizationFile. */
  getStats(): Promise<DOSwarmStats>;
  /** IDeliveryOptimizationFile2, ids of DOFilePropertyId. */
  getDOProperty(id: number): Promise<string | number | boolean>;
  /** Allowed until the job is resumed for the first time. */
  setDOProperty(id: number, value: string | number | boolean): Promise<void>;
}
