/** State of a download of the IDO family (api.md 4). */
export const DODownloadState = {
  Created: 0,
  Transferring: 1,
  Transferred: 2,
  /** Final: kept. */
  Finalized: 3,
  /** Final: given up. */
  Aborted: 4,
  Paused: 5,
} as const;
export type DODownloadState = (typeof DODownloadState)[keyof typeof DODownloadState];

/**
 * Ids of the properties of a download (api.md 3.5).
 *
 * Access is read and write unless said otherwise; an unknown id is `DO_E_UNKNOWN_PROPERTY_ID`.
 */
export const DODownloadProperty = {
  /** Generated GUID text. Read-only. */
  Id: 0,
  /** Source URL; needed unless `ContentId` is given. */
  Uri: 1,
  /** Unique content id; needed unless `Uri` is given. */
  ContentId: 2,
  /** Label shown to people. */
  DisplayName: 3,
  /** Target file; needed unless `StreamInterface` is set. */
  LocalPath: 4,
  /** Header lines sent with every request for the file. */
  HttpCustomHeaders: 5,
  /** A `DODownloadCostPolicy` value. */
  CostPolicy: 6,
  /** `DO_DOWNLOAD_SECURITY_FLAGS` bits. Write-only. */
  SecurityFlags: 7,
  /** Status callback every so many percent. */
  CallbackFreqPercent: 8,
  /** Status callback every so many seconds. Default 1. */
  CallbackFreqSeconds: 9,
  /** Seconds without progress before the download fails. At least 60. */
  NoProgressTimeoutSeconds: 10,
  /** Foreground instead of background. Default false. */
  ForegroundPriority: 11,
  /** Whether `Start` returns only when the download is done or has failed. Default false. */
  BlockingMode: 12,
  /** Status callback; setting it again replaces it, empty clears it. */
  CallbackInterface: 13,
  /** Output stream in place of a file; needs ranges. */
  StreamInterface: 14,
  /** Client certificate bytes. Write-only. */
  SecurityContext: 15,
  /** Whether the caller's identity is captured. Write-only. */
  NetworkToken: 16,
  /** Telemetry tag. */
  CorrelationVector: 17,
  /** JSON text saying how to decrypt. Write-only. */
  DecryptionInfo: 18,
  /** JSON text saying where the piece hashes are. Write-only. */
  IntegrityCheckInfo: 19,
  /** Whether a failed integrity check ends the download. Default false. */
  IntegrityCheckMandatory: 20,
  /** Expected size in bytes; the real size once it is known. */
  TotalSizeBytes: 21,
  /** Whether cellular links are refused. Default false. */
  DisallowOnCellular: 22,
  /** Headers sent only when the server challenges. */
  HttpCustomAuthHeaders: 23,
  /** Whether https may redirect to http. Default false. */
  HttpAllowSecureToNonSecureRedirect: 24,
  /** Whether the download survives a restart. Default false for downloads, true for jobs. */
  NonVolatile: 25,
  /** Final URL after redirects. Read-only. */
  HttpRedirectionTarget: 26,
  /** Headers of the last response. Read-only. */
  HttpResponseHeaders: 27,
  /** Address the last response came from. Read-only. */
  HttpServerIPAddress: 28,
  /** Status of the last response. Read-only. */
  HttpStatusCode: 29,
} as const;
export type DODownloadProperty = (typeof DODownloadProperty)[keyof typeof DODownloadProperty];

/**
 * Ids of the internal properties (api.md 4), kept for their numbers.
 *
 * @deprecated use `DODownloadProperty`
 */
export const DODownloadPropertyEx = {
  UpdateId: 0,
  CorrelationVector: 1,
  DecryptionInfo: 2,
  IntegrityCheckInfo: 3,
  IntegrityCheckMandatory: 4,
  TotalSizeBytes: 5,
  TempLocalFileUsage: 6,
} as const;
export type DODownloadPropertyEx = (typeof DODownloadPropertyEx)[keyof typeof DODownloadPropertyEx];
