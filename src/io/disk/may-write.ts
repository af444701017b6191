import type { BigIntStats } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { hasCode } from './trusted-file.ts';

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
  await assertMayEnterAbove(user, ids, directory);
}

/**
 * Makes sure that a user could look for a path himself, so that what a service says of it tells him
 * nothing of places he cannot see. Where a link leads is asked of the user's rights too.
 *
 * @throws DeliveryOptimizationError E_ACCESSDENIED that names the directory he may not pass
 */
export async function assertMayLook(user: string, ids: UserIds, path: string): Promise<void> {
  for (const above of placesOn(path)) {
    const found = await ignoringMissing(stat(above, { bigint: true }));
    if (found === undefined) {
      // A link that leads nowhere, as far as he is to know, and one into the dark are the same.
      if ((await ignoringMissing(readlink(above))) === undefined) return;
      throw refused(user, above, 'follow the link');
    }
    await assertMayEnterAbove(user, ids, await realpath(above));
    if (above !== path && found.isDirectory() && !allows(found, ids, SEARCH)) {
      throw refused(user, above, 'enter');
    }
  }
}

/** A path and all above it, from the root down. */
function placesOn(path: string): string[] {
  const places = [path];
  for (let above = dirname(path); above !== places[0]; above = dirname(above))
    places.unshift(above);
  return places;
}

async function assertMayEnterAbove(user: string, ids: UserIds, real: string): Promise<void> {
  for (let above = dirname(real); ; above = dirname(above)) {
    if (!allows(await stat(above, { bigint: true }), ids, SEARCH)) {
      throw refused(user, above, 'enter');
    }
    if (above === dirname(above)) return;
  }
}

async function ignoringMissing<Result>(looking: Promise<Result>): Promise<Result | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EINVAL', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
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
    `User ${user} may not ${what} ${what === 'follow the link' ? '' : 'the directory '}${directory}, so no file is put there in that name.`,
  );
}
