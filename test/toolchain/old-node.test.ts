import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '../..');
const command = join(root, 'bin', 'haulyard.js');

/** The first Node on the path that is older than 24, when this machine has one. */
function findOldNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'node')).find(isOldNode);
}

function isOldNode(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return parseInt(execFileSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' })) < 24;
  } catch {
    return false;
  }
}

/** Expects one line on stderr that names the version and says what to do, and exit code 1. */
function expectRefusal(node: string, args: readonly string[]): void {
  const result = spawnSync(node, [...args, command, 'get', 'http://127.0.0.1/'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  assert.equal(result.stdout, '');
  assert.match(
    result.stderr,
    /^haulyard needs Node\.js 24 or newer; this is Node\.js \d+\.\d+\.\d+\. [^\n]*npm ci[^\n]*\n$/,
  );
  assert.equal(result.status, 1);
}

test('a Node that says it is old is refused with one line and exit code 1', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'haulyard-old-node-'));
  try {
    const fake = join(folder, 'fake.mjs');
    const versions = "{ ...process.versions, node: '18.20.4' }";
    await writeFile(fake, `Object.defineProperty(process, 'versions', { value: ${versions} });\n`);
    expectRefusal(process.execPath, ['--import', pathToFileURL(fake).href]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

const oldNode = findOldNode();

test(
  'an older Node on this machine is refused with one line and exit code 1',
  { skip: oldNode === undefined && 'every Node on this machine is new enough' },
  () => {
    assert.ok(oldNode);
    expectRefusal(oldNode, []);
  },
);
