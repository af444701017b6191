import {
  DeliveryOptimizationError,
  isDeliveryOptimizationError,
  messageOf,
} from '../../core/errors.ts';
import type { CanonicalErrorCode } from '../../core/codes.ts';

/** The content of the database is not what SQLite wrote. */
export class DamagedDatabase extends Error {
  override readonly name: string = 'DamagedDatabase';
}

// Primary result codes of SQLite (https://sqlite.org/rescode.html).
const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

const CODES: Readonly<Record<number, CanonicalErrorCode>> = {
  3: 'E_ACCESSDENIED',
  [SQLITE_BUSY]: 'ERROR_SHARING_VIOLATION',
  7: 'E_OUTOFMEMORY',
  8: 'ERROR_WRITE_PROTECT',
  13: 'ERROR_DISK_FULL',
  14: 'E_ACCESSDENIED',
};

/** Errors of the file system around the database: its directory, the key and the owner's note. */
const FILE_SYSTEM_CODES: Readonly<Record<string, CanonicalErrorCode>> = {
  EACCES: 'E_ACCESSDENIED',
  EPERM: 'E_ACCESSDENIED',
  ENOENT: 'ERROR_PATH_NOT_FOUND',
  ENOTDIR: 'ERROR_PATH_NOT_FOUND',
  EROFS: 'ERROR_WRITE_PROTECT',
  ENOSPC: 'ERROR_DISK_FULL',
  EDQUOT: 'ERROR_DISK_QUOTA_EXCEEDED',
};

/** The primary result code of an error of `node:sqlite`; undefined for any other. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Another process holds the store. */
export function isLocked(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY;
}

/**
 * The file is broken, and no waiting or permission would help. Tables that are not as the version
 * says count as well.
 */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamagedDatabase) return true;
  const code = resultCode(error);
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) return true;
  return (
    code === SQLITE_ERROR &&
    /no such (table|column|index)|already exists|duplicate column/.test((error as Error).message)
  );
}

/** The error of ours that a failure of the store is; `doing` completes "The job store could not …". */
export function storeError(error: unknown, doing: string): DeliveryOptimizationError {
  if (isDeliveryOptimizationError(error)) return error;
  const detail = messageOf(error);
  const hint = isDamage(error)
    ? ' Its file is damaged; the next start checks it, and sets it aside if it cannot be used.'
    : '';
  return new DeliveryOptimizationError(
    codeOf(error),
    `The job store could not ${doing}: ${detail}.${hint}`,
    { cause: error, failureClass: 'fatal' },
  );
}

function codeOf(error: unknown): CanonicalErrorCode {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : '';
  return CODES[resultCode(error) ?? 0] ?? FILE_SYSTEM_CODES[errno] ?? 'E_UNEXPECTED';
}
