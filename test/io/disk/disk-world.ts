import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';

import { openPartialFiles } from '../../../src/io/disk/partial-files.ts';
import type { PartialFilesWorld } from '../../conformance/partial-files.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** The real adapter on a temporary directory. */
export async function diskWorld(): Promise<PartialFilesWorld> {
  const directory = await temporaryDirectory();
  return {
    files: openPartialFiles(),
    // Not `join`, which would tidy up the names that tests mean as they are.
    path: (name) => `${directory.path}/${name}`,
    put: (path, text) => writeFile(path, text),
    putReadOnly: async (path, text) => {
      await writeFile(path, text);
      await chmod(path, 0o444);
    },
    makeDirectory: (path) => mkdir(path).then(() => {}),
    textOf: (path) => readFile(path, 'utf8').catch(() => undefined),
    modifiedMsOf: (path) => stat(path).then(({ mtimeMs }) => mtimeMs),
    names: async () => (await readdir(directory.path)).toSorted(),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
