import { join, resolve } from 'node:path';

import { defaultDataDirectory } from './data-directory.ts';
import { type Environment, type Host, hostOf, systemdDirectory, variable } from './environment.ts';
import type { Provider } from './layers.ts';
import { runtimePaths } from './runtime-paths.ts';

/** The value of a key that nothing has set, where it depends on the machine and the user. */
export interface Fallback {
  readonly raw: string;
  readonly provider: Extract<Provider, 'default' | 'environment'>;
  readonly source: string;
}

/** Where data and sockets are unless something says otherwise, by `section.key`. */
export type Fallbacks = Readonly<Record<string, Fallback>>;

/**
 * The defaults that are paths.
 *
 * @param dataDir - the data directory where one is set: the others lie in it
 * @throws E_INVALIDARG for a user without a home directory, when nothing names a data directory
 */
export async function pathFallbacks(
  env: Environment,
  host: Host,
  dataDir: string | undefined,
): Promise<Fallbacks> {
  const { uid, platform } = hostOf(host);
  const data = dataDir === undefined ? await dataFallback(env) : undefined;
  const directory = dataDir ?? data?.raw ?? '';
  return {
    'daemon.socket': socketFallback(env, host),
    ...(data === undefined ? {} : { 'daemon.data_dir': data }),
    ...(uid === 0 && platform !== 'win32' ? MACHINE_AGENT : userAgent(env, host, directory)),
  };
}

async function dataFallback(env: Environment): Promise<Fallback> {
  const raw = await defaultDataDirectory(env);
  if (variable(env, 'HAULYARD_DATA_DIR') !== undefined) {
    return { raw, provider: 'environment', source: 'HAULYARD_DATA_DIR' };
  }
  const unit = systemdDirectory(env, 'STATE_DIRECTORY');
  return { raw, provider: 'default', source: unit === undefined ? '' : 'STATE_DIRECTORY' };
}

function socketFallback(env: Environment, host: Host): Fallback {
  const named = variable(env, 'HAULYARD_SOCKET');
  if (named !== undefined) {
    const raw = named.startsWith('\\\\') ? named : resolve(named);
    return { raw, provider: 'environment', source: 'HAULYARD_SOCKET' };
  }
  const { socket, source } = runtimePaths(env, host);
  return { raw: socket, provider: 'default', source };
}

/** The folders of the Linux agent (do-client-rest.md 1). */
const MACHINE_AGENT: Fallbacks = {
  'agent.run_dir': ofDefault('/var/run/deliveryoptimization-agent'),
  'agent.config_dir': ofDefault('/etc/deliveryoptimization-agent'),
  'agent.log_dir': ofDefault('/var/log/deliveryoptimization-agent'),
};

function userAgent(env: Environment, host: Host, dataDir: string): Fallbacks {
  const runtime = runtimePaths(env, host).directory;
  return {
    'agent.run_dir': ofDefault(
      runtime === undefined ? join(dataDir, 'agent', 'run') : join(runtime, 'agent'),
    ),
    'agent.config_dir': ofDefault(join(dataDir, 'agent', 'config')),
    'agent.log_dir': ofDefault(join(dataDir, 'agent', 'log')),
  };
}

function ofDefault(raw: string): Fallback {
  return { raw, provider: 'default', source: '' };
}
