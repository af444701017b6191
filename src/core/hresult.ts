/** The facility of Delivery Optimization: bits 16 to 28 of its codes (errors.md 0). */
export const FACILITY_DELIVERY_OPTIMIZATION = 0xd0;

/** Bits of a code that tell its zone within the facility (api.md 6). */
export const DO_ZONE_MASK = 0xf000;

/** Bits of a code that tell whether it lies in the transient zone (api.md 6). */
export const DO_TRANSIENT_ZONE_MASK = 0xf800;

/** Value of those bits for a transient code (api.md 6). */
export const DO_TRANSIENT_ZONE = 0x3800;

/** Base of codes made from an HTTP status (errors.md 4). */
export const HTTP_HRESULT_BASE = 0x80190000;

/** The result code as an unsigned 32-bit number, the form used everywhere in this library. */
export function toUnsigned(hresult: number): number {
  return hresult >>> 0;
}

/** The result code as a COM caller sees it: a signed 32-bit number, negative for failures. */
export function toSigned(hresult: number): number {
  return hresult | 0;
}

/** Whether the code means success. Takes either signedness. */
export function succeeded(hresult: number): boolean {
  return toSigned(hresult) >= 0;
}

/** Whether the code means failure. Takes either signedness. */
export function failed(hresult: number): boolean {
  return toSigned(hresult) < 0;
}

/**
 * The result code of a Win32 or WinHTTP error number (errors.md 0).
 *
 * 0 stays 0, and what is already a failure code stays as it is.
 */
export function hresultFromWin32(errorNumber: number): number {
  if (errorNumber === 0 || failed(errorNumber)) return toUnsigned(errorNumber);
  return 0x80070000 + (errorNumber & 0xffff);
}

/**
 * The result code of an HTTP status, listed or not: 0x80190000 + status (errors.md 4, E-3).
 *
 * @param status - the status of the answer, 0 to 65,535
 */
export function hresultFromHttpStatus(status: number): number {
  return HTTP_HRESULT_BASE + (status & 0xffff);
}

/**
 * The fallback code for an errno that has no Windows counterpart (errors.md 0, 7).
 *
 * errno numbers differ per platform, so prefer a Windows-derived code where one fits.
 *
 * @param errno - of either sign: Node reports negative numbers
 */
export function hresultFromErrno(errno: number): number {
  return 0xc0d00000 + (Math.abs(errno) & 0xffff);
}

/** The facility of a code: bits 16 to 28 (errors.md 0). */
export function facilityOf(hresult: number): number {
  return (hresult >>> 16) & 0x1fff;
}

/** Whether the number alone says that the failure heals by itself (errors.md 0). */
export function isTransientByNumber(hresult: number): boolean {
  return (
    failed(hresult) &&
    facilityOf(hresult) === FACILITY_DELIVERY_OPTIMIZATION &&
    (hresult & DO_TRANSIENT_ZONE_MASK) === DO_TRANSIENT_ZONE
  );
}

/** The code as people look it up: `0x80D02013`. */
export function formatHresult(hresult: number): string {
  return `0x${toUnsigned(hresult).toString(16).toUpperCase().padStart(8, '0')}`;
}
