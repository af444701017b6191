/** Ids of the BITS file properties (api.md 4). */
export const BITS_FILE_PROPERTY_ID = {
  /** All headers of the last HTTP response, as one string. Read-only. */
  HTTP_RESPONSE_HEADERS: 1,
} as const;
export type BITS_FILE_PROPERTY_ID =
  (typeof BITS_FILE_PROPERTY_ID)[keyof typeof BITS_FILE_PROPERTY_ID];

/** Ids of the Delivery Optimization file properties (api.md 4). */
export const DOFilePropertyId = {
  /** JSON text saying how to decrypt. Write-only. */
  DecryptionInfo: 0,
  /** JSON text saying where the piece hashes are. Write-only. */
  IntegrityCheckInfo: 1,
  /** Whether a failed or missing integrity check ends the transfer. */
  IntegrityCheckMandatory: 2,
  /** Kept for its number: not described by the documentation. */
  DownloadSinkInterface: 3,
  /** Full path of the target file. */
  DownloadSinkFilePath: 4,
  /** Deprecated: memory targets are refused. */
  DownloadSinkMemoryStream: 5,
  /** Expected size in bytes. */
  TotalSizeBytes: 6,
} as const;
export type DOFilePropertyId = (typeof DOFilePropertyId)[keyof typeof DOFilePropertyId];

/** Who a file may be exchanged with (api.md 4). Default `Lan`. */
export const DOWNLOAD_MODE = {
  /** No peers; metadata services may still be used. */
  CdnOnly: 0,
  /** Peers on the same network. */
  Lan: 1,
  /** Peers of the same group, across subnets. */
  Group: 2,
  /** Peers on the internet too. */
  Internet: 3,
  /** Neither peers nor metadata services. */
  Simple: 99,
  /** Plain BITS-like transfer. */
  Bypass: 100,
} as const;
export type DOWNLOAD_MODE = (typeof DOWNLOAD_MODE)[keyof typeof DOWNLOAD_MODE];

/** What the swarm of a file is doing (api.md 4). */
export const SWARM_STATUS = {
  Downloading: 0,
  Complete: 1,
  /** Complete and offered to peers. */
  Caching: 2,
  Paused: 3,
} as const;
export type SWARM_STATUS = (typeof SWARM_STATUS)[keyof typeof SWARM_STATUS];
