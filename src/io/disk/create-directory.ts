import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { flushDirectory } from './flush-directory.ts';

/** Creates a directory and those above it that are missing; returns once they survive a power cut. */
export async function createDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  // Each new directory is an entry of the one above it.
  const top = dirname(resolve(first));
  for (let parent = dirname(resolve(directory)); ; parent = dirname(parent)) {
    await flushDirectory(parent);
    if (parent === top || parent === dirname(parent)) return;
  }
}
