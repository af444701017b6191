/** `npm run build`: compiles `src` to `dist`, leaving nothing of an earlier build behind. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { commandStage, root } from './run-command.ts';

export async function build(): Promise<boolean> {
  await rm(join(root, 'dist'), { recursive: true, force: true });
  return await commandStage('build', 'tsc', '-p', 'tsconfig.build.json');
}

if (import.meta.main) process.exitCode = (await build()) ? 0 : 1;
