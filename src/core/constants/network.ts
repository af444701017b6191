/**
 * Bits describing the cost of the current network (api.md 4).
 *
 * All values are unsigned; JavaScript's `&` is signed, so test masks with `!== 0`, not `> 0`.
 */
export const BITS_COST_STATE = {
  UNRESTRICTED: 0x1,
  CAPPED_USAGE_UNKNOWN: 0x2,
  BELOW_CAP: 0x4,
  NEAR_CAP: 0x8,
  OVERCAP_CHARGED: 0x10,
  OVERCAP_THROTTLED: 0x20,
  USAGE_BASED: 0x40,
  /** Derived: set next to whichever other bit applies. */
  ROAMING: 0x80,
  RESERVED: 0x40000000,
  IGNORE_CONGESTION: 0x80000000,
} as const;
export type BITS_COST_STATE = (typeof BITS_COST_STATE)[keyof typeof BITS_COST_STATE];

/**
 * Ready-made masks of `BITS_COST_STATE` for the `COST_FLAGS` job property (api.md 4).
 *
 * A job may run while the state of the current network is in its mask.
 */
export const BITS_JOB_TRANSFER_POLICY = {
  /** On any network. */
  ALWAYS: 0x800000ff,
  /** On any network except while roaming. */
  NOT_ROAMING: 0x8000007f,
  /** Where no surcharge is paid. */
  NO_SURCHARGE: 0x8000006f,
  /** Where no surcharge is paid and the cap is not near. */
  STANDARD: 0x80000067,
  /** Where there is neither cost nor cap. */
  UNRESTRICTED: 0x80000021,
} as const;
export type BITS_JOB_TRANSFER_POLICY =
  (typeof BITS_JOB_TRANSFER_POLICY)[keyof typeof BITS_JOB_TRANSFER_POLICY];

/**
 * Cost policy of a download (api.md 4).
 *
 * Default `Always` in the foreground, `Standard` in the background.
 */
export const DODownloadCostPolicy = {
  Always: 0,
  Unrestricted: 1,
  Standard: 2,
  NoRoaming: 3,
  NoSurcharge: 4,
  /** Not on a cellular link. */
  NoCellular: 5,
} as const;
export type DODownloadCostPolicy = (typeof DODownloadCostPolicy)[keyof typeof DODownloadCostPolicy];

/**
 * Bits of the `SecurityFlags` property (api.md 6). Default 0: everything is verified.
 *
 * Each ignore bit relaxes one check. They have no effect while the revocation bit is set.
 */
export const DO_DOWNLOAD_SECURITY_FLAGS = {
  WINHTTP_ENABLE_SSL_REVOCATION: 0x1,
  SECURITY_FLAG_IGNORE_UNKNOWN_CA: 0x100,
  SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE: 0x200,
  SECURITY_FLAG_IGNORE_CERT_CN_INVALID: 0x1000,
  SECURITY_FLAG_IGNORE_CERT_DATE_INVALID: 0x2000,
} as const;
export type DO_DOWNLOAD_SECURITY_FLAGS =
  (typeof DO_DOWNLOAD_SECURITY_FLAGS)[keyof typeof DO_DOWNLOAD_SECURITY_FLAGS];
