import { nameOfHresult } from '../../core/codes.ts';
import { facilityOf } from '../../core/hresult.ts';
import { EXIT, type ExitCode } from './exit-numbers.ts';

/** What an exit code is made from: an error of the library, or the last failure of a job. */
export interface FailureFacts {
  readonly code: string;
  readonly hresult: number;
  readonly extendedHresult?: number | undefined;
}

/** The facility of system errors that no Windows code stands for (errors.md 0). */
const ERRNO_FACILITY = 0x00d0;
const ERRNO_BASE = 0xc0d0;

const BY_CODE: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ['E_ABORT', EXIT.UNFINISHED],
  ['DO_E_NO_SERVICE', EXIT.NO_SERVICE],
  ['E_ACCESSDENIED', EXIT.NOT_PERMITTED],
  ['E_INVALIDARG', EXIT.BAD_OPTION],
  ['INET_E_INVALID_URL', EXIT.BAD_OPTION],

  ['DO_E_JOB_NOT_FOUND', EXIT.NO_SUCH_JOB],
  ['DO_E_INVALID_STATE', EXIT.WRONG_STATE],
  ['DO_E_JOB_EMPTY', EXIT.WRONG_STATE],
  ['DO_E_LOCALPATH_NOT_SET', EXIT.WRONG_STATE],
  ['DO_E_DOWNLOAD_NO_URI', EXIT.WRONG_STATE],

  ['DO_E_DOWNLOAD_NO_PROGRESS', EXIT.TIMEOUT],
  ['ERROR_TIMEOUT', EXIT.TIMEOUT],
  ['ERROR_WINHTTP_TIMEOUT', EXIT.TIMEOUT],

  ['DO_E_BLOCKED_BY_NO_NETWORK', EXIT.NETWORK],
  ['DO_E_HTTP_CERT_VALIDATION', EXIT.NETWORK],
  ['ERROR_WINHTTP_CANNOT_CONNECT', EXIT.NETWORK],
  ['ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED', EXIT.NETWORK],
  ['ERROR_WINHTTP_CONNECTION_ERROR', EXIT.NETWORK],
  ['ERROR_WINHTTP_NAME_NOT_RESOLVED', EXIT.DNS],

  ['DO_E_INSUFFICIENT_RANGE_SUPPORT', EXIT.CANNOT_RESUME],
  ['BG_E_INSUFFICIENT_RANGE_SUPPORT', EXIT.CANNOT_RESUME],

  ['DO_E_FILE_SIZE_UNKNOWN_HTTP_200', EXIT.BAD_RESPONSE],
  ['DO_E_FILE_SIZE_UNKNOWN_HTTP_206', EXIT.BAD_RESPONSE],
  ['DO_E_FILE_SIZE_UNKNOWN_HTTP_2XX', EXIT.BAD_RESPONSE],
  ['DO_E_HTTP_BLOCKSIZE_MISMATCH', EXIT.BAD_RESPONSE],
  ['DO_E_INVALID_RANGE', EXIT.BAD_RESPONSE],
  ['DO_E_UNEXPECTED_HTTP_STATUS_2XX', EXIT.BAD_RESPONSE],
  ['ERROR_WINHTTP_HEADER_SIZE_OVERFLOW', EXIT.BAD_RESPONSE],
  ['ERROR_WINHTTP_INVALID_SERVER_RESPONSE', EXIT.BAD_RESPONSE],

  // A redirect is the one way to these two: the URLs of a job are checked when it is made.
  ['ERROR_WINHTTP_INVALID_URL', EXIT.REDIRECTS],
  ['ERROR_WINHTTP_UNRECOGNIZED_SCHEME', EXIT.REDIRECTS],
  ['ERROR_WINHTTP_REDIRECT_FAILED', EXIT.REDIRECTS],

  ['DO_E_BAD_PIECE_HASH', EXIT.CHECKSUM],

  ['ERROR_DISK_FULL', EXIT.DISK_FULL],
  ['ERROR_DISK_QUOTA_EXCEEDED', EXIT.DISK_FULL],
  ['ERROR_ALREADY_EXISTS', EXIT.EXISTS],
  ['ERROR_FILE_EXISTS', EXIT.EXISTS],
  ['ERROR_FILENAME_EXCED_RANGE', EXIT.FILE],
  ['ERROR_FILE_NOT_FOUND', EXIT.FILE],
  ['ERROR_FILE_TOO_LARGE', EXIT.FILE],
  ['ERROR_INVALID_NAME', EXIT.FILE],
  ['ERROR_NOT_SAME_DEVICE', EXIT.FILE],
  ['ERROR_PATH_NOT_FOUND', EXIT.FILE],
  ['ERROR_SHARING_VIOLATION', EXIT.FILE],
  ['ERROR_TOO_MANY_OPEN_FILES', EXIT.FILE],
  ['ERROR_WRITE_PROTECT', EXIT.FILE],
]);

const BY_STATUS: ReadonlyMap<number, ExitCode> = new Map<number, ExitCode>([
  [401, EXIT.AUTHORISATION],
  [403, EXIT.AUTHORISATION],
  [407, EXIT.AUTHORISATION],
  [404, EXIT.NOT_FOUND],
  [410, EXIT.NOT_FOUND],
  [429, EXIT.OVERLOADED],
  [503, EXIT.OVERLOADED],
]);

const HTTP_FACILITY = 0x19;

/** The number to exit with when this went wrong. */
export function exitCodeOf(failure: FailureFacts): ExitCode {
  const { code, hresult, extendedHresult } = failure;
  // "No progress" only says for how long; what went wrong meanwhile is the useful part.
  if (code === 'DO_E_DOWNLOAD_NO_PROGRESS' && extendedHresult !== undefined) {
    return exitCodeOf({ code: nameOfHresult(extendedHresult) ?? '', hresult: extendedHresult });
  }
  return BY_CODE.get(code) ?? byFamily(code, hresult);
}

function byFamily(code: string, hresult: number): ExitCode {
  if (facilityOf(hresult) === HTTP_FACILITY) return byStatus(hresult & 0xffff);
  if (code.startsWith('ERROR_WINHTTP_SECURE_')) return EXIT.NETWORK;
  const isErrno = facilityOf(hresult) === ERRNO_FACILITY && hresult >>> 16 === ERRNO_BASE;
  return isErrno ? EXIT.FILE : EXIT.OTHER;
}

function byStatus(status: number): ExitCode {
  if (status >= 300 && status <= 399) return EXIT.REDIRECTS;
  return BY_STATUS.get(status) ?? EXIT.BAD_RESPONSE;
}
