import { type BigIntStats, constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { errorFromFileSystem } from '../../core/node-errors.ts';
import { checkLocalName, splitLocalName } from './local-name.ts';
import { hasCode, isNotThere, kindOf } from './trusted-file.ts';

/**
 * Checks that a file may be put at `localName`, in the order of api.md 2.4, rows 4 to 7.
 *
 * @param known - directories found in order a moment ago, which are not looked at again
 * @throws DeliveryOptimizationError E_INVALIDARG, ERROR_FILENAME_EXCED_RANGE,
 *   ERROR_PATH_NOT_FOUND or E_ACCESSDENIED
 */
export async function checkTarget(localName: string, known?: Set<string>): Promise<void> {
  checkLocalName(localName);
  const { directory } = splitLocalName(localName);
  try {
    // Links are followed: whoever names one that leads to a directory means the directory, and a
    // download onto /dev/stdout must not put a file in its place.
    checkKind(localName, await statIfThere(localName));
    if (known?.has(directory) === true) return;
    await checkDirectory(directory);
    known?.add(directory);
  } catch (error) {
    throw errorFromFileSystem(error, `put a file at ${localName}`, 'directory');
  }
}

function checkKind(localName: string, found: BigIntStats | undefined): void {
  if (found === undefined || found.isFile()) return;
  const name = JSON.stringify(localName);
  throw new DeliveryOptimizationError(
    'E_INVALIDARG',
    `The local name ${name} names ${kindOf(found)}.`,
  );
}

async function checkDirectory(directory: string): Promise<void> {
  const found = await statIfThere(directory);
  if (found === undefined || !found.isDirectory()) {
    throw new DeliveryOptimizationError(
      'ERROR_PATH_NOT_FOUND',
      `The target directory ${directory} does not exist.`,
    );
  }
  try {
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    // The interface knows one code for a directory that takes no file, whatever the reason.
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    const reason = hasCode(error, 'EROFS')
      ? 'its file system is read-only'
      : 'permission is missing';
    throw new DeliveryOptimizationError(
      'E_ACCESSDENIED',
      `The target directory ${directory} cannot be written to: ${reason}.`,
      { cause: error },
    );
  }
}

async function statIfThere(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}
