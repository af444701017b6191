import { constants } from 'node:fs';
import { mkdir, open, readlink, type FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';

import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../../core/errors.ts';
import { errorFromFileSystem } from '../../core/node-errors.ts';
import type { PartialFiles } from '../../ports/partial-files.ts';
import { checkTarget } from './check-target.ts';
import { DiskPartialFile } from './disk-partial-file.ts';
import { inTurn } from './flush-turns.ts';
import { checkLocalName, splitLocalName } from './local-name.ts';
import { assertMayLook, assertMayReplace, assertMayWrite, type UserIds } from './may-write.ts';
import { createPart, reopenPart } from './open-part.ts';
import { openPartialFiles } from './partial-files.ts';
import { partName, partPath } from './part-name.ts';
import { publishParts } from './publish.ts';
import { hasCode, lstatIfThere } from './trusted-file.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * Partial files of another user than the service's own: what that user could not do himself is
 * refused, and what a service that runs as root makes for him belongs to him.
 *
 * Every step opens the directory, judges the one it got, and names files through that very opening
 * (`/proc/self/fd/N/name`). A directory that is exchanged for a link between the look and the use
 * is therefore of no use to anybody.
 *
 * @param idsOf - the user's ids; undefined for one this machine does not know
 */
export function openOwnedPartialFiles(
  user: string,
  idsOf: () => Promise<UserIds | undefined>,
): PartialFiles {
  const own = openPartialFiles();
  const known = async (): Promise<UserIds> => {
    const ids = await idsOf();
    if (ids !== undefined) return ids;
    throw new DeliveryOptimizationError(
      'E_ACCESSDENIED',
      `This machine has no user ${user}, so nothing can be put into files in that name.`,
    );
  };

  return {
    ...own,
    async checkTarget(localName, checked) {
      const ids = await known();
      checkLocalName(localName);
      await assertMayLook(user, ids, localName);
      await checkTarget(localName, checked);
      await within(user, ids, localName, () => Promise.resolve());
    },
    createDirectoryOf: async (localName) => createDirectories(user, await known(), localName),
    async open(id, mustExist) {
      const ids = await known();
      return within(user, ids, id.localName, async ({ at }) => {
        const path = at(partName(id));
        const trusted = BigInt(ids.uid);
        const opened = mustExist
          ? await reopenPart(path, trusted)
          : await createPart(path, trusted);
        if (opened === undefined) return undefined;
        if (!mustExist) await give(opened.handle, ids);
        return new DiskPartialFile(partPath(id), opened);
      });
    },
    async publish(ids, renamed) {
      const userIds = await known();
      for (const id of ids) {
        await within(user, userIds, id.localName, async ({ at, base, directory }) => {
          const found = await directory.stat({ bigint: true });
          assertMayReplace(user, userIds, found, await lstatIfThere(at(base)), id.localName);
          const file = { partPath: at(partName(id)), localName: at(base) };
          await publishParts([file], () => renamed?.(id), BigInt(userIds.uid));
          await inTurn(() => directory.sync());
        });
      }
    },
  };
}

/** A directory that is held open, and names in it. */
interface OpenDirectory {
  readonly directory: FileHandle;
  readonly base: string;
  readonly at: (name: string) => string;
}

async function within<Result>(
  user: string,
  ids: UserIds,
  localName: string,
  task: (opened: OpenDirectory) => Promise<Result>,
): Promise<Result> {
  const { directory: path, base } = splitLocalName(localName);
  let through = path;
  try {
    await using directory = await open(path, O_RDONLY | O_DIRECTORY);
    through = `/proc/self/fd/${directory.fd}/`;
    await assertMayWriteTo(user, ids, directory);
    return await task({ directory, base, at: (name) => through + name });
  } catch (error) {
    throw named(error, through, path);
  }
}

/** Missing directories, made one by one below the first that is there, each by its parent's opening. */
async function createDirectories(user: string, ids: UserIds, localName: string): Promise<void> {
  const names: string[] = [];
  let above = posix.resolve(splitLocalName(localName).directory);
  while ((await lstatIfThere(above)) === undefined && above !== posix.dirname(above)) {
    names.unshift(posix.basename(above));
    above = posix.dirname(above);
  }
  await within(user, ids, posix.join(above, 'x'), async ({ directory }) => {
    let parent = directory;
    const opened: FileHandle[] = [];
    try {
      for (const name of names) {
        const path = `/proc/self/fd/${parent.fd}/${name}`;
        const isNew = await makeDirectory(path);
        const made = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        opened.push(made);
        if (isNew) await give(made, ids);
        else await assertMayWriteTo(user, ids, made);
        await parent.sync();
        parent = made;
      }
    } finally {
      for (const handle of opened) await handle.close();
    }
  });
}

/** Whether it was made; somebody else may have been first, and then it is that one's. */
async function makeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    return false;
  }
}

async function assertMayWriteTo(user: string, ids: UserIds, directory: FileHandle): Promise<void> {
  const real = await readlink(`/proc/self/fd/${directory.fd}`);
  await assertMayWrite(user, ids, real, await directory.stat({ bigint: true }));
}

/** Only root may give files away; what another service makes for its users stays its own. */
async function give(handle: FileHandle, { uid, gids }: UserIds): Promise<void> {
  if (process.geteuid?.() === 0) await handle.chown(uid, gids[0] ?? uid);
}

/** The error with the path people know in place of the one through the opening. */
function named(error: unknown, through: string, path: string): unknown {
  if (isDeliveryOptimizationError(error)) {
    if (!error.message.includes(through)) return error;
    const message = error.message.replaceAll(through, path);
    return new DeliveryOptimizationError(error.code, message, {
      cause: error,
      failureClass: error.failureClass,
    });
  }
  return errorFromFileSystem(error, `use ${path}`, 'directory');
}
