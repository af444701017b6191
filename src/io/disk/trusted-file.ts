import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { splitLocalName } from './local-name.ts';

/**
 * `lstat` of a path, undefined when nothing is there: the path or a directory on the way to it is
 * missing. With big integers, for inodes of 64 bits.
 */
export async function lstatIfThere(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

export function isNotThere(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}

/** Whether a caught value is a Node error with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * Makes sure that what stands at a partial path can only be a partial file of this user.
 *
 * In a directory that others may write to, someone could put a link there that leads to a file of
 * the victim's, or a file that stays open for writing while the victim downloads into it.
 *
 * @param trustedUid - the user the file is made for, when that is somebody else
 * @throws DeliveryOptimizationError E_ACCESSDENIED that names what is there
 */
export async function assertOurs(
  path: string,
  found: BigIntStats,
  trustedUid?: bigint,
): Promise<void> {
  if (!found.isFile()) throw refusal(path, kindOf(found));
  if (found.nlink > 1n) throw refusal(path, `a file with ${found.nlink} names (hard links)`);
  if (found.uid === trustedUid || (await isTrustedOwner(path, found.uid))) return;
  throw refusal(path, `a file that belongs to another user (uid ${found.uid})`);
}

/**
 * This user and root are trusted, and so is the owner of the directory, who could exchange any file
 * in it anyway. The last one matters on volumes that show one owner for everything (FAT, SMB).
 */
async function isTrustedOwner(path: string, uid: bigint): Promise<boolean> {
  const ownUid = process.geteuid?.();
  // Windows has no such numbers; there the rights on the directory decide.
  if (ownUid === undefined || uid === BigInt(ownUid) || uid === 0n) return true;
  const directory = await lstatIfThere(splitLocalName(path).directory);
  return directory?.uid === uid;
}

function refusal(path: string, what: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'E_ACCESSDENIED',
    `${path} should be a partial download, but ${what} is there; it is left as it is.`,
  );
}

/** What an entry of a directory is, with its article. */
export function kindOf(entry: BigIntStats): string {
  if (entry.isFile()) return 'a file';
  if (entry.isDirectory()) return 'a directory';
  if (entry.isSymbolicLink()) return 'a symbolic link';
  return entry.isFIFO() || entry.isSocket() ? 'a pipe or socket' : 'a device';
}
