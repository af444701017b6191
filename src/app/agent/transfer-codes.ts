import { HRESULT } from '../../core/codes.ts';
import { hresultFromErrno, HTTP_HRESULT_BASE, toUnsigned } from '../../core/hresult.ts';

/** HTTP statuses that the agent reports as another one. Those not named here keep their number. */
const HTTP_FOLDS: readonly (readonly [as: number, statuses: readonly number[]])[] = [
  [400, [400, 405, 409, 411, 412, 414, 415]],
  [404, [404, 410]],
  [500, [500, 503]],
  [501, [501, 505]],
  [502, [502, 504, 305]],
];
const KEPT: readonly number[] = [401, 403, 406, 407, 408, 413];

/** What the agent reports for the rest of the 4xx: no status of its own. */
const OTHER_CLIENT_ERROR = 0x80190001;

/** Failures the agent tells by errno, in the numbers of Linux. */
const ERRNO_CODES: ReadonlyMap<number, number> = new Map([
  // A body that is cut short, which the agent meets as a failed read of 0x12.
  [HRESULT.ERROR_WINHTTP_CONNECTION_ERROR, 0xc0d00012],
  [HRESULT.ERROR_FILE_NOT_FOUND, hresultFromErrno(2)],
  [HRESULT.ERROR_PATH_NOT_FOUND, hresultFromErrno(2)],
  [HRESULT.E_ACCESSDENIED, hresultFromErrno(13)],
  [HRESULT.ERROR_FILE_EXISTS, hresultFromErrno(17)],
  [HRESULT.ERROR_TOO_MANY_OPEN_FILES, hresultFromErrno(24)],
  [HRESULT.ERROR_DISK_FULL, hresultFromErrno(28)],
]);

/** The code under which clients of the agent know a failure of a transfer; unsigned. */
export function agentCode(hresult: number): number {
  const code = toUnsigned(hresult);
  const status = code - HTTP_HRESULT_BASE;
  if (status >= 100 && status <= 599) return httpCode(status);
  return ERRNO_CODES.get(code) ?? code;
}

function httpCode(status: number): number {
  const folded = HTTP_FOLDS.find(([, statuses]) => statuses.includes(status))?.[0];
  if (folded !== undefined) return HTTP_HRESULT_BASE + folded;
  if (KEPT.includes(status)) return HTTP_HRESULT_BASE + status;
  if (status >= 400 && status <= 499) return OTHER_CLIENT_ERROR;
  // The agent knows three failures of a server; one it has never heard of is the general one.
  return HTTP_HRESULT_BASE + (status >= 500 ? 500 : status);
}
