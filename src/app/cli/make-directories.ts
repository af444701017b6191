import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errorFromFileSystem } from '../../core/node-errors.ts';
import { directoriesOf, type PlannedDownload } from './download-plan.ts';

/** Makes the directories that the files of a plan go into. */
export async function makeDirectories(
  plan: readonly PlannedDownload[],
  directory: string,
): Promise<void> {
  for (const path of directoriesOf(plan, directory)) {
    try {
      await makePath(path);
    } catch (error) {
      throw errorFromFileSystem(error, `create the directory ${path}`, 'directory');
    }
  }
}

/**
 * Node's own recursive mkdir never ends where a directory is there and answers ENOENT for what is
 * to be made in it, as /proc does.
 */
async function makePath(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !(await isDirectory(dirname(path)))) {
      await makePath(dirname(path));
      await mkdir(path).catch(unlessThere(path));
      return;
    }
    await unlessThere(path)(error);
  }
}

/** A directory that is there already, or that somebody else was faster to make, will do. */
function unlessThere(path: string): (error: unknown) => Promise<void> {
  return async (error) => {
    if (!(await isDirectory(path))) throw error;
  };
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
