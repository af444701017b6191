import { type BigIntStats, constants } from 'node:fs';
import { link, lstat, open, readlink, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../../core/errors.ts';
import { hresultFromErrno } from '../../core/hresult.ts';
import type { FileMark } from './agent-record.ts';

/** Permissions of a destination file, less the umask. */
const FILE_MODE = 0o664;
const PERMISSIONS = 0o777n;
const EEXIST = 17;
const EACCES = 13;

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Opens a directory to name files in it, whether it may be listed or not (Linux). */
const O_PATH = 0o10000000;

/** The wall clock and that of the file system may differ by a tick. */
const CLOCK_SLACK_MS = 1_000;

/** Where the path leads: the agent runs in the root directory, so a relative one begins there. */
export function destinationPath(path: string): string {
  // Not normalised: a slash at the end makes the system refuse the name as that of a directory.
  return path.startsWith('/') ? path : join('/', path);
}

/** Where the engine puts the content, beside the destination so that a rename is enough. */
export function stagingPath(path: string, id: string): string {
  return join(dirname(destinationPath(path)), `.haulyard-agent-${id}`);
}

/** A directory, and how names in it are spelled. */
interface Place {
  readonly directory: string;
  readonly at: (name: string) => string;
}

/**
 * Works in the directory of a path. A service that runs as root holds the directory open and names files
 * through that very opening: one that is exchanged for a link between two steps would else lead
 * root's hand to wherever the link points.
 */
async function inDirectoryOf<Result>(
  target: string,
  task: (place: Place) => Promise<Result>,
): Promise<Result> {
  const path = dirname(target);
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) {
    return task({ directory: path, at: (name) => join(path, name) });
  }
  await using held = await open(path, O_PATH | O_DIRECTORY);
  const through = `/proc/self/fd/${held.fd}`;
  // Awaited here: the directory is to stay open until the task is done.
  return await task({ directory: await readlink(through), at: (name) => `${through}/${name}` });
}

/**
 * Refuses a path where the downloads' user may not put a file, in the errno form of EACCES. All else
 * that may be wrong with the path shows when the file is made.
 */
async function assertAllowed(
  path: string,
  checkTarget: (path: string) => Promise<void>,
): Promise<void> {
  try {
    await checkTarget(destinationPath(path));
  } catch (error) {
    if (!isDeliveryOptimizationError(error) || error.code !== 'E_ACCESSDENIED') return;
    throw new DeliveryOptimizationError('E_FAIL', error.message, {
      cause: error,
      hresult: hresultFromErrno(EACCES),
    });
  }
}

/**
 * Makes the empty file that clients see once `start` has answered.
 *
 * @param checkTarget - refuses with E_ACCESSDENIED where the downloads' user may not put a file; that is
 *   EACCES here
 * @throws the errno form of the reason, 0xC0D00000 + errno; EEXIST for whatever has the name, a
 *   dangling link and another download's file included
 */
export async function createPlaceholder(
  path: string,
  checkTarget: (path: string) => Promise<void> = () => Promise.resolve(),
): Promise<FileMark> {
  const target = destinationPath(path);
  const make = async (allowed: string, through: string): Promise<FileMark> => {
    await assertAllowed(allowed, checkTarget);
    // "wx" is O_CREAT with O_EXCL: it follows no link and takes no file of anybody.
    await using file = await open(through, 'wx', FILE_MODE);
    return markOf(await file.stat({ bigint: true }));
  };
  try {
    // What ends with a slash names no file, and the system is to say so in its own code.
    if (target.endsWith('/')) return await make(target, target);
    const name = basename(target);
    return await inDirectoryOf(target, ({ directory, at }) =>
      make(join(directory, name), at(name)),
    );
  } catch (error) {
    throw errnoError(error, `The file ${path} could not be made`);
  }
}

/** The mark of the file at a path, a link itself rather than what it leads to. */
export async function markAt(path: string): Promise<FileMark | undefined> {
  const found = await lstatIfThere(path);
  return found === undefined ? undefined : markOf(found);
}

/** The file at the staging name, complete when it is there at all. */
export async function contentAt(
  staging: string,
): Promise<{ readonly mark: FileMark; readonly bytes: number } | undefined> {
  const found = await lstatIfThere(staging);
  return found?.isFile() === true ? { mark: markOf(found), bytes: Number(found.size) } : undefined;
}

/**
 * Puts the content in the place of the empty file, with the permissions of that.
 *
 * Somebody may have deleted the empty file meanwhile; then the content takes the name. Anything else
 * that stands there is not ours, and stays.
 *
 * @throws 0xC0D00011 (EEXIST) when something else has the name, or the errno form of another reason
 */
export async function publishContent(
  staging: string,
  path: string,
  placeholder: FileMark,
  content: FileMark,
): Promise<void> {
  try {
    await inDirectoryOf(destinationPath(path), async ({ at }) => {
      const target = at(basename(path));
      const source = at(basename(staging));
      const found = await lstatIfThere(target);
      if (found === undefined) {
        await setMode(source, content, placeholder.mode);
        // A link never replaces, so a file that came this instant is safe.
        await link(source, target);
        await rm(source);
        return;
      }
      if (!sameMark(markOf(found), placeholder) || found.size !== 0n) {
        throw foreign(`${path} is not the empty file this download made; it is left as it is.`);
      }
      await setMode(source, content, Number(found.mode & PERMISSIONS));
      await rename(source, target);
    });
  } catch (error) {
    throw errnoError(error, `The content could not be put at ${path}`);
  }
}

/** Sets the permissions of the content, and of nothing that somebody has put in its place. */
async function setMode(path: string, content: FileMark, mode: number): Promise<void> {
  await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const found = await file.stat({ bigint: true });
  if (!found.isFile() || !sameMark(markOf(found), content)) {
    throw foreign('Something else stands in the place of the content; it is left as it is.');
  }
  await file.chmod(mode);
}

/** Deletes the file at the path if it is one of `made`; a file of anybody else stays. */
export async function removeIfMade(path: string, made: readonly FileMark[]): Promise<void> {
  const target = destinationPath(path);
  try {
    if ((await markAt(target)) === undefined) return;
    await inDirectoryOf(target, async ({ at }) => {
      const mark = await markAt(at(basename(target)));
      if (mark === undefined || !made.some((each) => sameMark(each, mark))) return;
      await rm(at(basename(target)), { force: true });
    });
  } catch (error) {
    throw errnoError(error, `The file ${path} could not be deleted`);
  }
}

/**
 * Deletes an empty file that was made and not recorded: a plain file without a byte, ours, and no
 * older than the intention to make it.
 */
export async function removeUnrecorded(path: string, sinceMs: number): Promise<void> {
  const target = destinationPath(path);
  if ((await lstatIfThere(target)) === undefined) return;
  await inDirectoryOf(target, async ({ at }) => {
    const found = await lstatIfThere(at(basename(target)));
    if (found?.isFile() !== true || found.size !== 0n || found.nlink !== 1n) return;
    if (process.getuid !== undefined && found.uid !== BigInt(process.getuid())) return;
    if (found.birthtimeMs < sinceMs - CLOCK_SLACK_MS) return;
    await rm(at(basename(target)), { force: true });
  });
}

/** Whether the marks are of one file; its permissions may have changed. */
export function sameMark(a: FileMark, b: FileMark): boolean {
  return a.device === b.device && a.inode === b.inode && a.bornNs === b.bornNs;
}

function markOf(stats: BigIntStats): FileMark {
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    bornNs: String(stats.birthtimeNs),
    mode: Number(stats.mode & PERMISSIONS),
  };
}

async function lstatIfThere(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The form in which clients of the agent know a failure of the file system. */
function errnoError(error: unknown, what: string): DeliveryOptimizationError {
  if (isDeliveryOptimizationError(error)) return error;
  const { errno, message, code } = error as NodeJS.ErrnoException;
  if (errno === undefined) {
    return new DeliveryOptimizationError('E_INVALIDARG', `${what}: ${message}.`, { cause: error });
  }
  return new DeliveryOptimizationError('E_FAIL', `${what}: ${code ?? message}.`, {
    cause: error,
    hresult: hresultFromErrno(errno),
  });
}

function foreign(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_FAIL', message, { hresult: hresultFromErrno(EEXIST) });
}
