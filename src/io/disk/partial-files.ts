import { statfs, unlink } from 'node:fs/promises';

import { errorFromFileSystem } from '../../core/node-errors.ts';
import type {
  FileIdentity,
  PartialFile,
  PartialFileId,
  PartialFiles,
} from '../../ports/partial-files.ts';
import { checkTarget } from './check-target.ts';
import { createDirectory } from './create-directory.ts';
import { DiskPartialFile } from './disk-partial-file.ts';
import { flushDirectory } from './flush-directory.ts';
import { splitLocalName } from './local-name.ts';
import { createPart, reopenPart } from './open-part.ts';
import { partPath } from './part-name.ts';
import { publishParts } from './publish.ts';
import { isNotThere, lstatIfThere } from './trusted-file.ts';

/** Partial files on the real file system; `docs/on-disk.md` has their rules. Holds nothing open. */
export function openPartialFiles(): PartialFiles {
  return {
    checkTarget,
    createDirectoryOf,
    open,
    identify,
    identifyTarget,
    publish,
    remove,
    freeSpace,
  };
}

async function createDirectoryOf(localName: string): Promise<void> {
  const { directory } = splitLocalName(localName);
  await translated(`create ${directory}`, 'directory', () => createDirectory(directory));
}

async function open(id: PartialFileId, mustExist: boolean): Promise<PartialFile | undefined> {
  const path = partPath(id);
  // A file that cannot be created for lack of a path lacks its directory.
  const missing = mustExist ? 'file' : 'directory';
  const opened = await translated(`open ${path}`, missing, () =>
    mustExist ? reopenPart(path) : createPart(path),
  );
  return opened && new DiskPartialFile(path, opened);
}

async function identify(id: PartialFileId): Promise<FileIdentity | undefined> {
  return identityOf(partPath(id));
}

async function identifyTarget(id: PartialFileId): Promise<FileIdentity | undefined> {
  return identityOf(id.localName);
}

async function publish(
  ids: readonly PartialFileId[],
  renamed: (id: PartialFileId) => void = () => {},
): Promise<void> {
  const files = ids.map((id) => ({ partPath: partPath(id), localName: id.localName }));
  const directories = new Set<string>();
  let next = 0;
  try {
    await publishParts(files, (position) => {
      next = position + 1;
      directories.add(splitLocalName(files[position]!.localName).directory);
      renamed(ids[position]!);
    });
  } catch (error) {
    const { partPath: from = '', localName: to = '' } = files[next] ?? {};
    throw errorFromFileSystem(error, `rename ${from} to ${to}`, 'file');
  } finally {
    for (const directory of directories) {
      await translated(`flush ${directory}`, 'directory', () => flushDirectory(directory));
    }
  }
}

async function remove(id: PartialFileId): Promise<void> {
  const path = partPath(id);
  await translated(`delete ${path}`, 'file', async () => {
    try {
      await unlink(path);
    } catch (error) {
      if (!isNotThere(error)) throw error;
    }
  });
}

async function freeSpace(localName: string): Promise<number> {
  const { directory } = splitLocalName(localName);
  const { bavail, bsize } = await translated(`look at ${directory}`, 'directory', () =>
    statfs(directory),
  );
  return bavail * bsize;
}

function identityOf(path: string): Promise<FileIdentity | undefined> {
  return translated(`look at ${path}`, 'file', async () => {
    const found = await lstatIfThere(path);
    if (!found?.isFile()) return undefined;
    return { lengthBytes: Number(found.size), inode: `${found.dev}:${found.ino}` };
  });
}

async function translated<T>(
  what: string,
  target: 'file' | 'directory',
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw errorFromFileSystem(error, what, target);
  }
}
