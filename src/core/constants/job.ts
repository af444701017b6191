/** State of a job (api.md 4). A new job is `SUSPENDED`. */
export const BG_JOB_STATE = {
  /** Waiting for its turn. */
  QUEUED: 0,
  /** Kept for its number: never reported by Delivery Optimization. */
  CONNECTING: 1,
  /** Bytes are moving. */
  TRANSFERRING: 2,
  /** Stopped by the caller, or not started yet. */
  SUSPENDED: 3,
  /** Stopped by a fatal error; waits for resume, suspend, complete or cancel. */
  ERROR: 4,
  /** Stopped by an error that is expected to heal; retried by itself. */
  TRANSIENT_ERROR: 5,
  /** All bytes are here; waits for complete. */
  TRANSFERRED: 6,
  /** Completed: final. */
  ACKNOWLEDGED: 7,
  /** Cancelled: final. */
  CANCELLED: 8,
} as const;
export type BG_JOB_STATE = (typeof BG_JOB_STATE)[keyof typeof BG_JOB_STATE];

/**
 * Priority of a job (api.md 4). Default `NORMAL`.
 *
 * The three background levels compete only with each other; foreground does not yield to them.
 */
export const BG_JOB_PRIORITY = { FOREGROUND: 0, HIGH: 1, NORMAL: 2, LOW: 3 } as const;
export type BG_JOB_PRIORITY = (typeof BG_JOB_PRIORITY)[keyof typeof BG_JOB_PRIORITY];

/** Direction of a job (api.md 4). Delivery Optimization has downloads only. */
export const BG_JOB_TYPE = { DOWNLOAD: 0 } as const;
export type BG_JOB_TYPE = (typeof BG_JOB_TYPE)[keyof typeof BG_JOB_TYPE];

/**
 * Where an error arose (api.md 4).
 *
 * Delivery Optimization itself reports `NONE` and `REMOTE_FILE`; the others keep their numbers.
 */
export const BG_ERROR_CONTEXT = {
  NONE: 0,
  UNKNOWN: 1,
  GENERAL_QUEUE_MANAGER: 2,
  QUEUE_MANAGER_NOTIFICATION: 3,
  LOCAL_FILE: 4,
  REMOTE_FILE: 5,
  GENERAL_TRANSPORT: 6,
  REMOTE_APPLICATION: 7,
} as const;
export type BG_ERROR_CONTEXT = (typeof BG_ERROR_CONTEXT)[keyof typeof BG_ERROR_CONTEXT];

/** Bits of the notification mask of a job (api.md 6). Default `JOB_TRANSFERRED | JOB_ERROR`. */
export const BG_NOTIFY = {
  /** All files have been transferred. */
  JOB_TRANSFERRED: 0x01,
  /** The job entered `ERROR`; transient errors are not notified. */
  JOB_ERROR: 0x02,
  /** Notifies of nothing, whatever the other bits say. */
  DISABLE: 0x04,
  /** Bytes moved, or files, properties or state changed. */
  JOB_MODIFICATION: 0x08,
  /** One file has been transferred. */
  FILE_TRANSFERRED: 0x10,
  /** Kept for its number: ranges are not notified one by one. */
  FILE_RANGES_TRANSFERRED: 0x20,
} as const;
export type BG_NOTIFY = (typeof BG_NOTIFY)[keyof typeof BG_NOTIFY];

/** Ids of the BITS job properties (api.md 4). Only the first two are supported. */
export const BITS_JOB_PROPERTY_ID = {
  /** A transfer policy mask: see `BITS_JOB_TRANSFER_POLICY`. */
  COST_FLAGS: 1,
  /** The class to start for a notification, as a GUID; the zero GUID clears it. */
  NOTIFICATION_CLSID: 2,
  DYNAMIC_CONTENT: 3,
  HIGH_PERFORMANCE: 4,
  MAX_DOWNLOAD_SIZE: 5,
  USE_STORED_CREDENTIALS: 7,
  MINIMUM_NOTIFICATION_INTERVAL_MS: 9,
  ON_DEMAND_MODE: 10,
} as const;
export type BITS_JOB_PROPERTY_ID = (typeof BITS_JOB_PROPERTY_ID)[keyof typeof BITS_JOB_PROPERTY_ID];

/** Ids of the Delivery Optimization job properties (api.md 4, 2.5). */
export const DOJobPropertyId = {
  /** Read-only JSON text about the last error; empty when there is none. */
  ExtendedErrorInfo: 0,
} as const;
export type DOJobPropertyId = (typeof DOJobPropertyId)[keyof typeof DOJobPropertyId];
