import { rmSync } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TemporaryDirectory } from '../test/support/temporary.ts';

/** Where files go: a real disk, or memory that looks like one. */
export type Place = 'disk' | 'memory';

const DIRECTORIES: Readonly<Record<Place, string>> = { disk: tmpdir(), memory: '/dev/shm' };

/**
 * A directory that is gone once disposed of, and when the process ends in another way: gigabytes in
 * memory must not stay behind after Ctrl-C. `disk` is the system's temporary directory (`TMPDIR`).
 */
export async function scratchDirectory(place: Place): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(DIRECTORIES[place], 'haulyard-bench-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    path,
    join: (...parts) => join(path, ...parts),
    async [Symbol.asyncDispose]() {
      process.off('exit', remove);
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Bytes that are free there; 0 where there is no such place. */
export async function freeBytes(place: Place): Promise<number> {
  const found = await statfs(DIRECTORIES[place]).catch(() => undefined);
  return found === undefined ? 0 : found.bavail * found.bsize;
}
