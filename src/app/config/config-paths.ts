import { join, resolve } from 'node:path';

import { type Environment, type Host, hostOf, systemdDirectory, variable } from './environment.ts';

/** The name of the file in each of its directories. */
const FILE_NAME = 'config.toml';

/** A file of settings that is read if it is there. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly provider: 'system' | 'user';
  /** Somebody named it, so its absence is an error. */
  readonly required: boolean;
}

/**
 * The files that are read, the weaker one first: that of the machine, `/etc/haulyard/config.toml`,
 * and that of the user.
 *
 * The user's is the one named with `--config` or else with `HAULYARD_CONFIG`, the one in the
 * directory systemd gave the unit (`CONFIGURATION_DIRECTORY`), or the one in the platform's directory
 * for settings. Root has none of its own unless it is named: root's settings are the machine's.
 *
 * @param named - the value of `--config`
 */
export async function configPaths(
  env: Environment = process.env,
  named?: string,
  host: Host = {},
): Promise<readonly ConfigFile[]> {
  const { platform, uid } = hostOf(host);
  const system = join(systemDirectory(env, platform), FILE_NAME);
  const user = await userFile(env, named, platform, uid);
  const files: ConfigFile[] = [{ path: system, provider: 'system', required: false }];
  // A unit of the machine is given the machine's own directory: one file, read once.
  if (user?.path === system) return [{ path: system, provider: 'system', required: user.required }];
  return user === undefined ? files : [...files, user];
}

async function userFile(
  env: Environment,
  named: string | undefined,
  platform: NodeJS.Platform,
  uid: number | undefined,
): Promise<ConfigFile | undefined> {
  const chosen = named ?? variable(env, 'HAULYARD_CONFIG');
  if (chosen !== undefined) return { path: resolve(chosen), provider: 'user', required: true };
  const directory =
    systemdDirectory(env, 'CONFIGURATION_DIRECTORY') ??
    (uid === 0 ? undefined : await userDirectory(env, platform));
  if (directory === undefined) return undefined;
  return { path: resolve(directory, FILE_NAME), provider: 'user', required: false };
}

async function userDirectory(
  env: Environment,
  platform: NodeJS.Platform,
): Promise<string | undefined> {
  const xdg = variable(env, 'XDG_CONFIG_HOME');
  if (xdg !== undefined && platform !== 'win32') return join(xdg, 'haulyard');
  const home = variable(env, 'HOME');
  if (home !== undefined && platform === 'linux') return join(home, '.config', 'haulyard');
  try {
    // It asks for the home directory as soon as it is loaded.
    const { default: envPaths } = await import('env-paths');
    return envPaths('haulyard', { suffix: '' }).config;
  } catch {
    // A user without a home directory has no file of settings in it: that is all it means.
    return undefined;
  }
}

function systemDirectory(env: Environment, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return '/etc/haulyard';
  return join(variable(env, 'ProgramData') ?? String.raw`C:\ProgramData`, 'haulyard');
}
