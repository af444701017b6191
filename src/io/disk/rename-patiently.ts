import { rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { hasCode } from './trusted-file.ts';

/** Waits between attempts on Windows, in milliseconds: about a second in all (errors.md 7). */
const WAITS_MS: readonly number[] = [20, 50, 100, 200, 300, 400];

/**
 * Renames a file over another one.
 *
 * On Windows a virus scanner or indexer that has just opened one of the two makes the call fail for
 * a moment; elsewhere an error stays an error.
 */
export async function renamePatiently(
  from: string,
  to: string,
  { renameOnce = rename, isWindows = process.platform === 'win32' }: RenameOptions = {},
): Promise<void> {
  for (const waitMs of isWindows ? WAITS_MS : []) {
    try {
      return await renameOnce(from, to);
    } catch (error) {
      if (!hasCode(error, 'EPERM', 'EBUSY', 'EACCES')) throw error;
      await sleep(waitMs);
    }
  }
  await renameOnce(from, to);
}

/** What a test may exchange. */
export interface RenameOptions {
  readonly renameOnce?: typeof rename;
  readonly isWindows?: boolean;
}
