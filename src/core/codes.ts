import { BITS_CODES } from './codes/bits.ts';
import type { CodeRow, FailureClass } from './codes/code-row.ts';
import { DELIVERY_OPTIMIZATION_CODES } from './codes/delivery-optimization.ts';
import { HTTP_CODES, unnamedStatusRow } from './codes/http.ts';
import { PEER_CODES } from './codes/peer.ts';
import { WINDOWS_CODES } from './codes/windows.ts';
import { WINHTTP_CODES } from './codes/winhttp.ts';
import {
  facilityOf,
  formatHresult,
  hresultFromHttpStatus,
  HTTP_HRESULT_BASE,
  isTransientByNumber,
  succeeded,
  toUnsigned,
} from './hresult.ts';

export type { FailureClass } from './codes/code-row.ts';

/** A code as it stands in the tables of errors.md 1 to 5. */
export type CanonicalErrorCode =
  | keyof typeof BITS_CODES
  | keyof typeof DELIVERY_OPTIMIZATION_CODES
  | keyof typeof HTTP_CODES
  | keyof typeof PEER_CODES
  | keyof typeof WINDOWS_CODES
  | keyof typeof WINHTTP_CODES;

/** A second documented spelling of a code (errors.md E-1). */
export type ErrorCodeAlias = 'DO_E_NOT_FOUND' | 'DO_E_EMPTY';

/** Every documented name of a result code (errors.md 1 to 5). */
export type ErrorCode = CanonicalErrorCode | ErrorCodeAlias;

/**
 * The BITS spelling for any HTTP status from 100 to 599: `BG_E_HTTP_ERROR_429`.
 *
 * Statuses with a Windows name are known under both; their canonical name is `HTTP_E_STATUS_...`.
 */
export type HttpStatusCode = `BG_E_HTTP_ERROR_${number}`;

/** What is known about a result code. */
export interface CodeInfo {
  /** The canonical name: aliases give the name they stand for. */
  readonly name: CanonicalErrorCode | HttpStatusCode;
  /** The number, unsigned. */
  readonly hresult: number;
  /** The class when whoever raises the code knows no better. */
  readonly failureClass: FailureClass;
  /** One sentence usable as a message. */
  readonly meaning: string;
}

/** Success. */
export const S_OK = 0;
/** Success, but there was nothing, or less than asked for. */
export const S_FALSE = 1;
/** Complete kept only the files that were fully transferred. */
export const BG_S_PARTIAL_COMPLETE = 0x00200017;
/** Complete or cancel left some temporary files behind. */
export const BG_S_UNABLE_TO_DELETE_FILES = 0x0020001a;
/** The value is stored, but a policy overrides it. */
export const BG_S_OVERRIDDEN_BY_POLICY = 0x00200055;

const ALIASES: Readonly<Record<ErrorCodeAlias, CanonicalErrorCode>> = {
  DO_E_NOT_FOUND: 'DO_E_JOB_NOT_FOUND',
  DO_E_EMPTY: 'DO_E_JOB_EMPTY',
};

const ROWS: Readonly<Record<CanonicalErrorCode, CodeRow>> = {
  ...DELIVERY_OPTIMIZATION_CODES,
  ...PEER_CODES,
  ...WINDOWS_CODES,
  ...WINHTTP_CODES,
  ...HTTP_CODES,
  ...BITS_CODES,
};

const INFO_BY_NAME: ReadonlyMap<string, CodeInfo> = new Map(allInfos());

const NAME_BY_HRESULT: ReadonlyMap<number, CanonicalErrorCode> = new Map(
  canonicalNames().map((name) => [ROWS[name][0], name]),
);

/** Every documented name, aliases included, with its unsigned number. */
export const HRESULT: Readonly<Record<ErrorCode, number>> = Object.freeze(
  Object.fromEntries([...INFO_BY_NAME].map(([name, info]) => [name, info.hresult])),
) as Readonly<Record<ErrorCode, number>>;

/**
 * The table entry of a code. Aliases and both spellings of an HTTP status give the canonical entry.
 *
 * An HTTP number outside 100 to 599 is `HTTP_E_STATUS_UNEXPECTED` (errors.md 4).
 */
export function codeInfo(name: ErrorCode | HttpStatusCode): CodeInfo {
  return INFO_BY_NAME.get(name) ?? httpStatusInfo(Number(name.slice('BG_E_HTTP_ERROR_'.length)));
}

/** The table entry of an HTTP status: its exact code, never a folded one (errors.md E-3). */
export function httpStatusInfo(status: number): CodeInfo {
  if (!isHttpStatus(status)) return infoOf('HTTP_E_STATUS_UNEXPECTED');
  const named = NAME_BY_HRESULT.get(hresultFromHttpStatus(status));
  if (named !== undefined) return infoOf(named);
  const [hresult, failureClass, meaning] = unnamedStatusRow(status);
  return { name: `BG_E_HTTP_ERROR_${status}`, hresult, failureClass, meaning };
}

/**
 * The canonical name of a number of either signedness; `undefined` when no table has it.
 *
 * HTTP statuses without a Windows name give `BG_E_HTTP_ERROR_nnn`.
 */
export function nameOfHresult(hresult: number): CanonicalErrorCode | HttpStatusCode | undefined {
  const unsigned = toUnsigned(hresult);
  const status = unsigned - HTTP_HRESULT_BASE;
  return (
    NAME_BY_HRESULT.get(unsigned) ??
    (isHttpStatus(status) ? httpStatusInfo(status).name : undefined)
  );
}

/**
 * The class of a number of either signedness.
 *
 * Unknown numbers are classed by the zone rule, and are fatal otherwise (errors.md E-9).
 */
export function failureClassOf(hresult: number): FailureClass {
  const name = nameOfHresult(hresult);
  if (name !== undefined) return codeInfo(name).failureClass;
  if (succeeded(hresult)) return 'info';
  return isTransientByNumber(hresult) ? 'transient' : 'fatal';
}

/** A sentence about a number of either signedness; unknown numbers are printed as `0x%08X`. */
export function describeHresult(hresult: number): string {
  const name = nameOfHresult(hresult);
  if (name !== undefined) return codeInfo(name).meaning;
  const number = formatHresult(hresult);
  if (succeeded(hresult)) return `The operation succeeded with the unlisted code ${number}.`;
  if (toUnsigned(hresult) >>> 16 === 0xc0d0) {
    return `The system reported error number ${hresult & 0xffff} (${number}).`;
  }
  if (facilityOf(hresult) === 7) return `Windows error ${hresult & 0xffff} (${number}).`;
  return `Unknown error ${number}.`;
}

function isHttpStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 100 && status <= 599;
}

function canonicalNames(): CanonicalErrorCode[] {
  return Object.keys(ROWS) as CanonicalErrorCode[];
}

function infoOf(name: CanonicalErrorCode): CodeInfo {
  const [hresult, failureClass, meaning] = ROWS[name];
  return { name, hresult, failureClass, meaning };
}

function allInfos(): [string, CodeInfo][] {
  const aliases = Object.entries(ALIASES).map(([alias, name]): [string, CodeInfo] => [
    alias,
    infoOf(name),
  ]);
  return [...canonicalNames().map((name): [string, CodeInfo] => [name, infoOf(name)]), ...aliases];
}
