/** `npm run pack-check`: builds the package, packs it, and checks the tarball as its users will meet it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { build } from './build.ts';
import { type CommandResult, root, runCommand, stage } from './run-command.ts';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const needed = ['bin/haulyard.js', 'dist/index.js', 'dist/index.d.ts', 'dist/app/cli/main.js'];
const welcome = /^(bin\/.*\.js|dist\/.*\.(js|d\.ts)|docs\/.*|[A-Z]+(\.md)?|package\.json)$/;

function expectOk(what: string, result: CommandResult): string {
  if (!result.ok) throw new Error(`${what} failed:\n${result.output}`);
  return result.output;
}

async function pack(folder: string): Promise<string> {
  const args = ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const output = expectOk('npm pack', await runCommand('npm', args));
  const found: unknown = JSON.parse(output.slice(output.search(/[[{]/)));
  // npm 12 prints an object keyed by package name where npm 11 prints an array.
  const [packed] = Object.values(found as Record<string, Packed>);
  if (packed === undefined) throw new Error(`npm pack named no tarball:\n${output}`);

  const paths = packed.files.map(({ path }) => path);
  const missing = needed.filter((path) => !paths.includes(path));
  const stray = paths.filter((path) => !welcome.test(path));
  if (missing.length > 0) throw new Error(`the tarball lacks ${missing.join(', ')}`);
  if (stray.length > 0) throw new Error(`the tarball should not hold ${stray.join(', ')}`);
  return join(folder, packed.filename);
}

async function lintPackage(tarball: string): Promise<void> {
  const bytes = await readFile(tarball);
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
  const faults = messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
  if (faults.length > 0) throw new Error(`publint:\n${faults.join('\n')}`);
}

async function tryInstalled(folder: string, tarball: string): Promise<void> {
  const home = join(folder, 'user');
  await mkdir(home);
  await writeFile(join(home, 'package.json'), '{ "private": true, "type": "module" }\n');
  // Without install scripts, as npm 12 does it: nothing in the runtime tree may need one.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  expectOk('npm install', await runCommand('npm', ['install', ...flags, tarball], home));
  const script =
    "const names = Object.keys(await import('haulyard')); if (!names.length) throw names";
  expectOk('import', await runCommand('node', ['--input-type=module', '-e', script], home));
  const command = join(home, 'node_modules', '.bin', 'haulyard');
  expectOk('haulyard --help', await runCommand(command, ['--help'], home));
}

/** Builds, packs and checks; false when anything is wrong, with the reason on stdout. */
export async function packCheck(): Promise<boolean> {
  if (!(await build())) return false;
  const folder = await mkdtemp(join(tmpdir(), 'haulyard-pack-'));
  try {
    let tarball = '';
    const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['pack', async () => (tarball = await pack(folder))],
      ['publint', async () => await lintPackage(tarball)],
      [
        'are the types wrong',
        async () =>
          expectOk('attw', await runCommand('attw', [tarball, '--profile', 'esm-only'], root)),
      ],
      ['install and import', async () => await tryInstalled(folder, tarball)],
    ];
    for (const [name, work] of steps) {
      const ok = await stage(name, async () => await succeeds(work));
      if (!ok) return false;
    }
    return true;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

if (import.meta.main) process.exitCode = (await packCheck()) ? 0 : 1;
