import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');

/** A tree that obeys every rule: one file in each layer, most of them importing what they may. */
const goodTree: Readonly<Record<string, string>> = {
  'core/size.ts': 'export const size: number = new Date(0).getTime();\n',
  'core/double.ts': "import { size } from './size.ts';\nexport const double: number = size * 2;\n",
  'ports/port.ts': "import { size } from '../core/size.ts';\nexport const port: number = size;\n",
  'engine/engine.ts':
    "import { port } from '../ports/port.ts';\nexport const engine: number = port;\n",
  'io/disk/disk.ts':
    "import { sep } from 'node:path';\nimport { port } from '../../ports/port.ts';\n" +
    'export const disk: string = sep.repeat(port);\n',
  'io/http/http.ts': 'export const http: number = 80;\n',
  'rest/contract.ts':
    "import { size } from '../core/size.ts';\nexport const contract: number = size;\n",
  'app/config/config.ts': 'export const config: number = 1;\n',
  'app/api/api.ts':
    "import { contract } from '../../rest/contract.ts';\nexport const api: number = contract;\n",
  'app/cli/cli.ts':
    "import { config } from '../config/config.ts';\nimport { opened } from '../../open.ts';\n" +
    'export const cli: string = opened.repeat(config);\n',
  'app/daemon/daemon.ts':
    "import { opened } from '../../open.ts';\nexport const daemon: string = opened;\n",
  'open.ts': "import { disk } from './io/disk/disk.ts';\nexport const opened: string = disk;\n",
};

/** A file to plant, and what the linter has to say about it. */
interface Planted {
  readonly path: string;
  readonly text: string;
  readonly reason: string;
}

function badImport(folder: string, target: string, reason: string): Planted {
  const path = `${folder}/bad-${target.replaceAll(/\W+/g, '-')}.ts`;
  return { path, text: `export * from '${target}';\n`, reason };
}

const badImports: readonly Planted[] = [
  badImport('core', '../ports/port.ts', 'core may not import ports'),
  badImport('core/job', '../../engine/engine.ts', 'core may not import engine'),
  badImport('core', '../io/disk/disk.ts', 'core may not import io/disk'),
  badImport('core', 'node:path', 'core may not import Node modules'),
  badImport('core', 'fs', 'core may not import Node modules'),
  badImport('core', 'undici', 'core may not import third-party packages'),
  badImport('core', '../../scripts/lint/import-table.ts', 'core may not import from outside src'),
  badImport('ports', '../engine/engine.ts', 'ports may not import engine'),
  badImport('ports', 'node:stream', 'ports may not import Node modules'),
  badImport('engine', '../io/disk/disk.ts', 'engine may not import io/disk'),
  badImport('engine', '../open.ts', 'engine may not import root'),
  badImport('engine', 'node:fs', 'engine may not import Node modules'),
  badImport('io/http', '../disk/disk.ts', 'io/http may not import io/disk'),
  badImport('io/http', '../../engine/engine.ts', 'io/http may not import engine'),
  badImport('rest', '../ports/port.ts', 'rest may not import ports'),
  badImport('rest', 'node:http', 'rest may not import Node modules'),
  badImport('app/config', '../cli/cli.ts', 'app/config may not import app/cli'),
  badImport('app/api', '../../io/http/http.ts', 'app/api may not import io/http'),
  badImport('app/cli', '../../engine/engine.ts', 'app/cli may not import engine'),
  badImport('app/cli', '../../io/http/http.ts', 'app/cli may not import io/http'),
  badImport('utils', '../core/size.ts', 'src/utils is not in the import table'),
];

const waysToImport: readonly Planted[] = [
  "import '../engine/engine.ts';\n",
  "import type { Engine } from '../engine/engine.ts';\nexport type E = Engine;\n",
  "export type { Engine } from '../engine/engine.ts';\n",
  "export type E = import('../engine/engine.ts').Engine;\n",
  "export const engine: unknown = await import('../engine/engine.ts');\n",
].map((text, i) => ({ path: `core/way-${i}.ts`, text, reason: 'core may not import engine' }));

const ambientUses: readonly Planted[] = [
  'Date.now()',
  "Date['now']()",
  'new Date()',
  'Date()',
  'performance.now()',
  'Math.random()',
  'setTimeout(() => undefined, 1)',
  'setInterval(() => undefined, 1)',
  'setImmediate(() => undefined)',
  'process.pid',
  'crypto.randomUUID()',
  'globalThis.name',
  'AbortSignal.timeout(1)',
].map((use, i) => ({
  path: `core/ambient-${i}.ts`,
  text: `export function use(): unknown {\n  return ${use};\n}\n`,
  reason: 'core may not use',
}));

const others: readonly Planted[] = [
  {
    path: 'core/cycle-one.ts',
    text: "import { two } from './cycle-two.ts';\nexport const one: number = two;\n",
    reason: 'cycle',
  },
  {
    // A cycle that only types run through is a cycle all the same.
    path: 'core/cycle-two.ts',
    text: "import type { one } from './cycle-one.ts';\nexport const two: typeof one = 1;\n",
    reason: 'cycle',
  },
  {
    path: 'engine/floating.ts',
    text: 'export function start(work: () => Promise<void>): void {\n  work();\n}\n',
    reason: 'Promises must be awaited',
  },
  {
    path: 'engine/misused.ts',
    text:
      'export function all(works: (() => Promise<void>)[]): void {\n' +
      '  works.forEach(async (work) => await work());\n}\n',
    reason: 'Promise returned in function argument',
  },
  {
    path: 'core/forgetful.ts',
    text:
      "export function f(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1;\n" +
      '  }\n  return 2;\n}\n',
    reason: 'Switch is not exhaustive',
  },
  ...['core', 'engine', 'io/disk'].map((folder) => ({
    path: `${folder}/console.ts`,
    text: 'console.log(1);\n',
    reason: folder === 'core' ? 'core may not use console' : 'Unexpected console statement',
  })),
];

let tree = '';
let good: LintResult;
let bad: LintResult;

/** How `npm run lint` ended on the tree, with one line for each fault. */
interface LintResult {
  readonly code: number;
  readonly faults: string;
}

before(async () => {
  tree = await mkdtemp(join(tmpdir(), 'haulyard-lint-'));
  for (const name of ['.oxlintrc.json', 'package.json', 'tsconfig.json', 'scripts/lint']) {
    await cp(join(root, name), join(tree, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  for (const [path, text] of Object.entries(goodTree)) await plant(path, text);
  good = await lint();
  // All the bad files are planted at once: each fault names its file, and a run costs most of a second.
  const planted = [...badImports, ...waysToImport, ...ambientUses, ...others];
  for (const { path, text } of planted) await plant(path, text);
  bad = await lint();
});

after(async () => {
  await rm(tree, { recursive: true, force: true });
});

async function plant(path: string, text: string): Promise<void> {
  const file = join(tree, 'src', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function lint(): Promise<LintResult> {
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  return await new Promise((done) => {
    execFile(process.execPath, [oxlint, '-f', 'unix'], { cwd: tree }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), faults: stdout + stderr });
    });
  });
}

/** Expects the linter to have named the planted file and to have said why. */
function expectFault({ path, reason }: Planted): void {
  const lines = bad.faults.split('\n').filter((line) => line.startsWith(`src/${path}:`));
  assert.ok(
    lines.some((line) => line.includes(reason)),
    `expected "${reason}" about src/${path} in:\n${bad.faults}`,
  );
}

test('the linter passes a tree that keeps to the table', () => {
  assert.equal(good.code, 0, good.faults);
});

test('the linter fails the same tree with forbidden files in it, and blames only those', () => {
  assert.equal(bad.code, 1);
  for (const path of Object.keys(goodTree)) assert.ok(!bad.faults.includes(`src/${path}:`), path);
});

for (const planted of badImports) {
  test(`${planted.reason}: ${planted.text.trim()}`, () => expectFault(planted));
}

for (const planted of waysToImport) {
  test(`the table holds for ${planted.text.split('\n')[0]}`, () => expectFault(planted));
}

for (const planted of ambientUses) {
  test(`core may not use the outside world: ${planted.text.split('\n')[1]?.trim()}`, () =>
    expectFault(planted));
}

for (const planted of others) {
  test(`the linter refuses src/${planted.path}: ${planted.reason}`, () => expectFault(planted));
}
