import { open } from 'node:fs/promises';

import { hasCode } from './trusted-file.ts';

/**
 * Returns once the entries of the directory would survive a power cut.
 *
 * Windows and some network file systems have no such operation, and a directory that may be written
 * but not read cannot be opened for it: those keep their entries when they see fit.
 */
export async function flushDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    await using handle = await open(directory, 'r');
    await handle.sync();
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
  }
}
