import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

const OWNER_ONLY = 0o600;

/** Makes the directory, with its parents, for its owner alone; one that is there stays as it is. */
export function ensureDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/**
 * Sees to it that the file is there and for its owner alone.
 *
 * A file that exists is never opened here: closing it would drop the locks that this very process
 * may hold on it through SQLite (https://sqlite.org/howtocorrupt.html 2.2).
 */
export function ensurePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', OWNER_ONLY));
    flushDirectory(dirname(path));
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    const found = statSync(path);
    const openToOthers = found.isFile() && (found.mode & 0o077) !== 0;
    if (openToOthers && process.platform !== 'win32') chmodSync(path, OWNER_ONLY);
  }
}

/** Writes a small file that is there as a whole or not at all, even after a power cut. */
export function writePrivately(path: string, content: string | Uint8Array): void {
  replacePrivately(path, content, true);
  flushDirectory(dirname(path));
}

/** The same for a file that nobody misses after a power cut: nothing waits for the disk. */
export function notePrivately(path: string, content: string): void {
  replacePrivately(path, content, false);
}

function replacePrivately(path: string, content: string | Uint8Array, flush: boolean): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, content, { mode: OWNER_ONLY, flush });
  renameSync(temporary, path);
}

/** Makes new names in a directory survive a power cut, where the system knows how. */
export function flushDirectory(path: string): void {
  // Windows has no such call; NTFS keeps its names in a journal.
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
