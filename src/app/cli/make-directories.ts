import { mkdir } from 'node:fs/promises';

import { errorFromFileSystem } from '../../core/node-errors.ts';
import { directoriesOf, type PlannedDownload } from './download-plan.ts';

/** Makes the directories that the files of a plan go into. */
export async function makeDirectories(
  plan: readonly PlannedDownload[],
  directory: string,
): Promise<void> {
  for (const path of directoriesOf(plan, directory)) {
    try {
      await mkdir(path, { recursive: true });
    } catch (error) {
      throw errorFromFileSystem(error, `create the directory ${path}`, 'directory');
    }
  }
}
