import type { BigIntStats } from 'node:fs';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { renamePatiently } from './rename-patiently.ts';
import { assertOurs, kindOf, lstatIfThere } from './trusted-file.ts';

/** The owner's permission to write, as `chmod u+w` gives it. */
const OWNER_MAY_WRITE = 0o200n;

/** A partial file's path, and the one it is to get. */
export interface Publishing {
  readonly partPath: string;
  readonly localName: string;
}

/** Files that are looked at before the one that is being renamed. */
const LOOK_AHEAD = 8;

/**
 * Puts partial files in the place of their targets, one after the other, and tells of each. None of
 * it survives a power cut before the directories are flushed.
 *
 * A symbolic link at the target's name is replaced itself; what it leads to is left alone.
 */
export async function publishParts(
  files: readonly Publishing[],
  renamed: (position: number) => void,
  trustedUid?: bigint,
): Promise<void> {
  const looks: Promise<unknown>[] = [];
  for (const [position, { partPath, localName }] of files.entries()) {
    while (looks.length < Math.min(position + LOOK_AHEAD, files.length)) {
      // Kept as a value: a look that fails is no matter when an earlier file ends it all.
      looks.push(look(files[looks.length]!, trustedUid).catch((error: unknown) => ({ error })));
    }
    const found = await looks[position];
    if (found !== undefined) throw (found as { readonly error: unknown }).error;
    await renamePatiently(partPath, localName);
    renamed(position);
  }
}

async function look({ partPath, localName }: Publishing, trustedUid?: bigint): Promise<void> {
  const [target, part] = await Promise.all([lstatIfThere(localName), lstatIfThere(partPath)]);
  if (target !== undefined) checkReplaceable(localName, target);
  // Otherwise a link planted at the partial name would end up under the final one.
  if (part !== undefined) await assertOurs(partPath, part, trustedUid);
}

/** `rename` asks for the directory's permission only; a read-only file is kept all the same (J-8). */
function checkReplaceable(localName: string, target: BigIntStats): void {
  if (target.isSymbolicLink()) return;
  const isReadOnly = target.isFile() && (target.mode & OWNER_MAY_WRITE) === 0n;
  if (target.isFile() && !isReadOnly) return;
  throw new DeliveryOptimizationError(
    'E_ACCESSDENIED',
    `${localName} cannot be replaced: it is ${isReadOnly ? 'a read-only file' : kindOf(target)}.`,
  );
}
