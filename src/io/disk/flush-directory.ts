import { open } from 'node:fs/promises';

import { inTurn } from './flush-turns.ts';
import { hasCode } from './trusted-file.ts';

/** A flush that has not begun yet, by directory: it speaks for everyone who asks until it does. */
const waiting = new Map<string, Promise<void>>();

/**
 * Returns once the entries of the directory would survive a power cut. Whoever asks while a flush of
 * it is under way waits for the next one, and all of them for the same: a thousand new files in one
 * directory cost a few flushes.
 *
 * Windows and some network file systems have no such operation, and a directory that may be written
 * but not read cannot be opened for it: those keep their entries when they see fit.
 */
export function flushDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return Promise.resolve();
  const next = waiting.get(directory);
  if (next !== undefined) return next;
  const flushed = flushAfter(directory, underWay.get(directory));
  waiting.set(directory, flushed);
  return flushed;
}

/** The flush under way, by directory; never rejects. */
const underWay = new Map<string, Promise<void>>();

async function flushAfter(directory: string, earlier: Promise<void> | undefined): Promise<void> {
  // Without one under way, this still lets everyone join who asks in the same turn.
  await earlier;
  waiting.delete(directory);
  const flushing = flushNow(directory);
  const settled = flushing.then(ignore, ignore);
  underWay.set(directory, settled);
  try {
    await flushing;
  } finally {
    if (underWay.get(directory) === settled) underWay.delete(directory);
  }
}

async function flushNow(directory: string): Promise<void> {
  try {
    await using handle = await open(directory, 'r');
    await inTurn(() => handle.sync());
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
  }
}

function ignore(): void {}
