import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');

interface LockedPackage {
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

async function readJson(name: string): Promise<unknown> {
  return JSON.parse(await readFile(resolve(root, name), 'utf8'));
}

async function lockedPackages(): Promise<readonly (readonly [string, LockedPackage])[]> {
  const { packages } = (await readJson('package-lock.json')) as LockFile;
  return Object.entries(packages).filter(([path]) => path !== '');
}

function withInstallScript(packages: readonly (readonly [string, LockedPackage])[]): string[] {
  return packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
}

test('no package that users install runs a script at install time', async () => {
  const runtime = (await lockedPackages()).filter(([, { dev }]) => dev !== true);
  assert.ok(runtime.length > 0);
  assert.deepEqual(withInstallScript(runtime), []);
});

test('every install script of the development tree is approved in package.json', async () => {
  const { allowScripts } = (await readJson('package.json')) as { allowScripts: object };
  const approved = Object.keys(allowScripts).map((name) => `node_modules/${name}`);
  assert.deepEqual(withInstallScript(await lockedPackages()), approved);
});

test('the lock file names no registry', async () => {
  const named = (await lockedPackages()).filter(([, { resolved }]) => resolved !== undefined);
  assert.deepEqual(named, []);
});
