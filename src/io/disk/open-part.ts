import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { assertOurs, hasCode, lstatIfThere } from './trusted-file.ts';

// Without O_NONBLOCK, opening a pipe planted here would wait for good. Windows lacks the last two,
// and then they count as 0.
const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A file that has just been opened. */
export interface OpenedPart {
  readonly handle: FileHandle;
  readonly lengthBytes: number;
}

/**
 * Creates the partial file, or takes over what is left of it: a crash between the creation and the
 * record of it leaves a file nobody knows of, which is ours by its name.
 */
export async function createPart(path: string, trustedUid?: bigint): Promise<OpenedPart> {
  try {
    const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
    return { handle, lengthBytes: 0 };
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    const found = await reopenPart(path, trustedUid);
    // Gone between the two calls: the caller hears of the race as it was first seen.
    if (found === undefined) throw error;
    return found;
  }
}

/** Opens the partial file that is there; undefined when there is none. */
export async function reopenPart(
  path: string,
  trustedUid?: bigint,
): Promise<OpenedPart | undefined> {
  // Looking first keeps the open from having effects on a device, and stands in for O_NOFOLLOW on
  // Windows. What counts is the second look, at the file that was opened.
  const before = await lstatIfThere(path);
  if (before === undefined) return undefined;
  await assertOurs(path, before, trustedUid);

  const handle = await open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  return closingOnFailure(handle, async () => {
    const opened = await handle.stat({ bigint: true });
    await assertOurs(path, opened, trustedUid);
    if (opened.ino !== before.ino || opened.dev !== before.dev) {
      throw Object.assign(new Error(`${path} was exchanged while it was opened`), {
        code: 'EBUSY',
      });
    }
    return { handle, lengthBytes: Number(opened.size) };
  });
}

async function closingOnFailure<T>(handle: FileHandle, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await handle.close();
    throw error;
  }
}
