import type { CodeInfo } from '../core/codes.ts';
import type { DeliveryOptimizationError } from '../core/errors.ts';

type CodeName = CodeInfo['name'];

/** Every code that has a status of its own, by status. */
const CODES_BY_STATUS: Readonly<Record<number, readonly CodeName[]>> = {
  // The request itself is wrong, whatever the state of things.
  400: [
    'E_INVALIDARG',
    'E_POINTER',
    'E_NOINTERFACE',
    'INET_E_INVALID_URL',
    'STRSAFE_E_INSUFFICIENT_BUFFER',
    'ERROR_INVALID_DATATYPE',
    'ERROR_INVALID_NAME',
    'ERROR_FILENAME_EXCED_RANGE',
    'WEB_E_JSON_VALUE_NOT_FOUND',
    'CRYPT_E_FILE_ERROR',
    'DO_E_INVALID_RANGE',
    'DO_E_OVERLAPPING_RANGES',
    'DO_E_INVALID_CONTENT_ID',
    'BG_E_STRING_TOO_LONG',
    'BG_E_TOO_MANY_RANGES_IN_FILE',
  ],
  403: ['E_ACCESSDENIED', 'ERROR_WRITE_PROTECT', 'BG_E_REMOTE_NOT_SUPPORTED'],
  404: [
    'DO_E_JOB_NOT_FOUND',
    'DO_E_NO_DOWNLOADS',
    'DO_E_UNKNOWN_PROPERTY_ID',
    'DO_E_FILE_NOT_AVAILABLE',
    'DO_E_ERROR_INFORMATION_UNAVAILABLE',
    'BG_E_FILE_NOT_FOUND',
    'E_NOT_SET',
  ],
  // The request is right, and what is there does not fit it: a state, a property, a local path.
  409: [
    'DO_E_INVALID_STATE',
    'DO_E_JOB_EMPTY',
    'DO_E_READ_ONLY_PROPERTY',
    'DO_E_WRITE_ONLY_PROPERTY',
    'DO_E_LOCALPATH_NOT_SET',
    'DO_E_FILE_DOWNLOADSINK_UNSPECIFIED',
    'DO_E_FILE_DOWNLOADSINK_ALREADY_SET',
    'DO_E_INTEGRITYCHECKINFO_UNSPECIFIED',
    'DO_E_DOWNLOAD_NO_URI',
    'DO_E_DOWNLOAD_NO_CONTENT_ID',
    'DO_E_DOWNLOAD_RANGES_EXPECTED',
    'DO_E_DOWNLOAD_RANGES_UNEXPECTED',
    'BG_E_TOO_MANY_JOBS_PER_USER',
    'BG_E_TOO_MANY_JOBS_PER_MACHINE',
    'BG_E_TOO_MANY_FILES_IN_JOB',
    'ERROR_FILE_NOT_FOUND',
    'ERROR_PATH_NOT_FOUND',
    'ERROR_FILE_EXISTS',
    'ERROR_ALREADY_EXISTS',
    'ERROR_SHARING_VIOLATION',
    'ERROR_OPERATION_ABORTED',
    'E_ABORT',
  ],
  412: ['HTTP_E_STATUS_PRECOND_FAILED'],
  500: ['E_UNEXPECTED', 'E_FAIL', 'DO_E_FATAL_CORE_ERROR', 'ERROR_INVALID_DATA'],
  501: ['E_NOTIMPL', 'E_UNSUPPORTED', 'DO_E_MEMORYSTREAM_DOWNLOAD_NOT_SUPPORTED'],
  503: [
    'DO_E_NO_SERVICE',
    'RPC_S_SERVER_UNAVAILABLE',
    'ERROR_SERVICE_NOT_ACTIVE',
    'ERROR_TOO_MANY_OPEN_FILES',
    'ERROR_NO_SYSTEM_RESOURCES',
    'E_OUTOFMEMORY',
  ],
  507: ['ERROR_DISK_FULL', 'ERROR_DISK_QUOTA_EXCEEDED'],
};

const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES_BY_STATUS).flatMap(([status, codes]) =>
    codes.map((code): [string, number] => [code, Number(status)]),
  ),
);

/** What an origin or the way to it did wrong: seen here when a call waits for a transfer. */
const TRANSFER_CODE =
  /^(HTTP_E_|BG_E_HTTP_ERROR_|ERROR_WINHTTP_|DO_E_HTTP_|DO_E_FILE_SIZE_UNKNOWN_)/;

/**
 * The status an answer has when a call ended with this error: the one table from code to status.
 *
 * Codes that are not in it go by their class: a refused call is a conflict (409), what went wrong
 * with an origin a bad gateway (502), and everything else a failure of the service (500).
 */
export function problemStatus(
  error: Pick<DeliveryOptimizationError, 'code' | 'failureClass'>,
): number {
  const status = STATUS_BY_CODE.get(error.code);
  if (status !== undefined) return status;
  if (TRANSFER_CODE.test(error.code)) return 502;
  if (error.failureClass === 'call' || error.failureClass === 'policy') return 409;
  return error.failureClass === 'transient' ? 502 : 500;
}
