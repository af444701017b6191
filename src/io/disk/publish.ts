import type { BigIntStats } from 'node:fs';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { flushDirectory } from './flush-directory.ts';
import { splitLocalName } from './local-name.ts';
import { renamePatiently } from './rename-patiently.ts';
import { assertOurs, kindOf, lstatIfThere } from './trusted-file.ts';

/** The owner's permission to write, as `chmod u+w` gives it. */
const OWNER_MAY_WRITE = 0o200n;

/**
 * Puts the partial file in the place of the target, and returns when that survives a power cut.
 *
 * A symbolic link at the target's name is replaced itself; what it leads to is left alone.
 */
export async function publishPart(
  partPath: string,
  localName: string,
  trustedUid?: bigint,
): Promise<void> {
  const target = await lstatIfThere(localName);
  if (target !== undefined) checkReplaceable(localName, target);
  // Otherwise a link planted at the partial name would end up under the final one.
  const part = await lstatIfThere(partPath);
  if (part !== undefined) await assertOurs(partPath, part, trustedUid);
  await renamePatiently(partPath, localName);
  await flushDirectory(splitLocalName(localName).directory);
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
