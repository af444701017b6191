import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';

/** Numeric ids of a user. */
export interface UserIds {
  readonly uid: number;
  /** The primary group first. */
  readonly gids: readonly number[];
}

/** Bits of one class in a mode. */
const SEARCH = 1n;
const WRITE = 2n;
const STICKY = 0o1000n;

/**
 * Makes sure that a user could put a file into a directory himself: search permission on every
 * directory down to it, write permission on it. Access lists are not looked at; whoever is granted
 * more by one than the mode says is refused.
 *
 * @param directory - real path, free of links
 * @param found - the directory as it was opened
 * @throws DeliveryOptimizationError E_ACCESSDENIED that names the directory in the way
 */
export async function assertMayWrite(
  user: string,
  ids: UserIds,
  directory: string,
  found: BigIntStats,
): Promise<void> {
  if (!allows(found, ids, WRITE | SEARCH)) throw refused(user, directory, 'write to');
  for (let above = dirname(directory); ; above = dirname(above)) {
    if (!allows(await stat(above, { bigint: true }), ids, SEARCH)) {
      throw refused(user, above, 'enter');
    }
    if (above === dirname(above)) return;
  }
}

/** In a sticky directory such as /tmp only its owner and the file's own may replace a file. */
export function assertMayReplace(
  user: string,
  ids: UserIds,
  directory: BigIntStats,
  target: BigIntStats | undefined,
  localName: string,
): void {
  const uid = BigInt(ids.uid);
  if (target === undefined || (directory.mode & STICKY) === 0n) return;
  if (uid === 0n || target.uid === uid || directory.uid === uid) return;
  throw new DeliveryOptimizationError(
    'E_ACCESSDENIED',
    `${localName} belongs to another user, and ${user} may not replace it.`,
  );
}

function allows(found: BigIntStats, { uid, gids }: UserIds, wanted: bigint): boolean {
  if (uid === 0) return true;
  // One class alone counts: an owner without a right has not got it as a member of the group.
  const shift =
    found.uid === BigInt(uid) ? 6n : gids.some((gid) => found.gid === BigInt(gid)) ? 3n : 0n;
  return ((found.mode >> shift) & wanted) === wanted;
}

function refused(user: string, directory: string, what: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'E_ACCESSDENIED',
    `User ${user} may not ${what} the directory ${directory}, so no file is put there in that name.`,
  );
}
