import { cp, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { build } from '../scripts/build.ts';
import { root } from '../scripts/run-command.ts';
import { temporaryDirectory } from '../test/support/temporary.ts';

/** haulyard as users have it: compiled, in a directory of its own, with settings of nobody. */
export interface InstalledHaulyard extends AsyncDisposable {
  /**
   * Whoever runs it measures neither the settings of this user nor his service. The cache of
   * compiled code is its own, too: the first command is slower than those after it.
   */
  readonly env: NodeJS.ProcessEnv;
  /** URL of the library's entry, for programs that import it. */
  readonly library: string;
  /** The words that run the command. */
  command(...args: readonly string[]): readonly string[];
  /** The words that run a program of ours on the same Node. */
  program(file: string, ...args: readonly string[]): readonly string[];
}

/**
 * Builds haulyard, unless that is done, and installs it into a temporary directory. In a clone the command would run the
 * sources, and pay for stripping their types.
 *
 * `HAULYARD_BENCH_NODE_FLAGS` is handed to its Node, such as `--cpu-prof --cpu-prof-dir=/tmp/profile`.
 */
export async function installHaulyard(): Promise<InstalledHaulyard> {
  if (!(await isBuilt()) && !(await build()))
    throw new Error('haulyard does not build: see above.');
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const home = directory.join('package');
  await mkdir(home);
  for (const part of ['bin', 'dist', 'package.json']) {
    await cp(join(root, part), join(home, part), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(home, 'node_modules'));
  const flags = (process.env['HAULYARD_BENCH_NODE_FLAGS'] ?? '').split(' ').filter(Boolean);
  const owned = stack.move();
  return {
    env: {
      ...plainEnvironment(),
      XDG_CACHE_HOME: directory.join('cache'),
      XDG_CONFIG_HOME: directory.join('config'),
    },
    library: pathToFileURL(join(home, 'dist', 'index.js')).href,
    command: (...args) => [process.execPath, ...flags, join(home, 'bin', 'haulyard.js'), ...args],
    program: (file, ...args) => [process.execPath, ...flags, file, ...args],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Whether nothing of the sources is newer than what was compiled of them. */
async function isBuilt(): Promise<boolean> {
  const built = await stat(join(root, 'dist', 'index.js')).catch(() => undefined);
  if (built === undefined) return false;
  const names = await readdir(join(root, 'src'), { recursive: true });
  const sources = ['package.json', 'tsconfig.build.json', 'scripts/build.ts'];
  for (const name of [...sources, ...names.map((each) => join('src', each))]) {
    if ((await stat(join(root, name))).mtimeMs > built.mtimeMs) return false;
  }
  return true;
}

/** Proxies and settings of whoever runs the benchmark must not change what is measured. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('HAULYARD_') && !/_proxy$|^NODE_/i.test(name),
  );
  return Object.fromEntries(others);
}
