import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ProvidedValue } from '../../../src/app/config/assemble.ts';
import {
  examineConfig,
  type LoadConfigOptions,
  loadConfig,
  type LoadedConfig,
} from '../../../src/app/config/load-config.ts';
import { problemText } from '../../../src/app/config/problems.ts';

/** An ordinary user of a Linux machine without any settings: nothing of this machine shines through. */
export const NOBODY: LoadConfigOptions = {
  env: { HAULYARD_DATA_DIR: '/data', XDG_RUNTIME_DIR: '/run/user/1000' },
  files: [],
  platform: 'linux',
  uid: 1000,
  cwd: '/srv',
};

/** Settings with some keys set as on the command line, typed as in a file. */
export function loadWith(flags: Readonly<Record<string, unknown>>): Promise<LoadedConfig> {
  return loadConfig({ ...NOBODY, flags });
}

/** Settings of one file of the user. */
export async function loadText(
  directory: string,
  text: string,
  options: LoadConfigOptions = {},
): Promise<LoadedConfig> {
  return loadConfig({ ...NOBODY, files: [await fileOf(directory, text)], ...options });
}

/** What is wrong with a file, each as the line people see, with `FILE` for its path. */
export async function faultsOf(directory: string, text: string): Promise<readonly string[]> {
  const file = await fileOf(directory, text);
  const { problems } = await examineConfig({ ...NOBODY, files: [file] });
  return problems.map((problem) => problemText(problem).replaceAll(file.path, 'FILE'));
}

async function fileOf(
  directory: string,
  text: string,
): Promise<{ readonly path: string; readonly provider: 'user'; readonly required: true }> {
  const path = join(directory, 'config.toml');
  await writeFile(path, text, { mode: 0o600 });
  return { path, provider: 'user', required: true };
}

/** A value with its provider. */
export function provided(config: LoadedConfig, key: string): ProvidedValue {
  const value = config.provenance.find((candidate) => candidate.key === key);
  if (value === undefined) throw new Error(`no key ${key}`);
  return value;
}
