/**
 * Where the daemon listens and where its clients look for it. Every command asks, so nothing heavy
 * may be imported here: neither the schema nor the parser of the configuration.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { posix } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { type Environment, type Host, hostOf, systemdDirectory, variable } from './environment.ts';

/** Where a service of the whole machine keeps its sockets. */
export const SYSTEM_RUNTIME_DIRECTORY = '/run/haulyard';

const SOCKET_NAME = 'haulyard.sock';

/** Where a daemon keeps what lives as long as it runs. */
export interface RuntimePaths {
  /** Absolute; undefined on Windows, where a pipe needs no directory. */
  readonly directory: string | undefined;
  /** The socket's path, or the name of the pipe. */
  readonly socket: string;
  /** What the choice rests on: a variable, or a word on the user. */
  readonly source: string;
  /** The directory lies where everybody may write, so it counts only if it is this user's alone. */
  readonly shared: boolean;
}

/** Who asks. */
export interface RuntimeHost extends Host {
  /** Name of the user; for the pipe. Default: `USERNAME` or `USER`. */
  readonly user?: string | undefined;
}

/**
 * The runtime directory and default socket of a daemon: the directory systemd gave the unit, that of
 * the login session, `/run/haulyard` for root, and for anybody else a directory of their own among
 * the temporary ones. Nothing is created.
 */
export function runtimePaths(env: Environment = process.env, host: RuntimeHost = {}): RuntimePaths {
  const { platform, uid } = hostOf(host);
  if (platform === 'win32') return windowsPipe(env, host.user);
  const unit = systemdDirectory(env, 'RUNTIME_DIRECTORY');
  if (unit !== undefined) return inDirectory(unit, 'RUNTIME_DIRECTORY');
  const session = variable(env, 'XDG_RUNTIME_DIR');
  if (session !== undefined && posix.isAbsolute(session)) {
    return inDirectory(posix.join(session, 'haulyard'), 'XDG_RUNTIME_DIR');
  }
  if (uid === 0) return inDirectory(SYSTEM_RUNTIME_DIRECTORY, 'the service of the machine');
  const temporary = variable(env, 'TMPDIR') ?? '/tmp';
  const directory = posix.resolve(temporary, `haulyard-${uid ?? 'user'}`);
  return { ...inDirectory(directory, 'the temporary directory'), shared: true };
}

/**
 * Sockets at which a client may find its daemon, the most personal one first.
 *
 * `HAULYARD_SOCKET` is the only one when it is set: whoever names a socket does not want to talk to
 * another service because the named one is down. A default socket among the temporary files is left
 * out unless its directory is this user's alone, for anybody could have put it there.
 *
 * @param user - whose socket is looked for at the service of the machine
 */
export function clientSocketCandidates(
  env: Environment,
  user: string,
  host: Host = {},
): readonly string[] {
  const named = variable(env, 'HAULYARD_SOCKET');
  if (named !== undefined) return [named];
  const own = runtimePaths(env, { ...host, user });
  if (own.directory === undefined) return [own.socket];
  const trusted = !own.shared || isPrivate(own.directory, hostOf(host).uid);
  const candidates = [
    ...(trusted ? [own.socket] : []),
    ...(isSocketName(user) ? [posix.join(SYSTEM_RUNTIME_DIRECTORY, `${user}.sock`)] : []),
    posix.join(SYSTEM_RUNTIME_DIRECTORY, SOCKET_NAME),
  ];
  return [...new Set(candidates)];
}

/** Whether a user's name can be the name of a file, as those of `daemon.socket_users` have to be. */
export function isSocketName(user: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}\$?$/.test(user) && user !== 'haulyard';
}

/**
 * Makes the runtime directory, and makes sure of it where everybody may write.
 *
 * @throws DeliveryOptimizationError E_ACCESSDENIED for a directory of somebody else, a link, or one
 *   that others may enter; the error of the file system when it cannot be made
 */
export function ensureRuntimeDirectory(paths: RuntimePaths, host: Host = {}): void {
  const { directory } = paths;
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!paths.shared || isPrivate(directory, hostOf(host).uid)) return;
  throw new DeliveryOptimizationError(
    'E_ACCESSDENIED',
    `${directory} is not a directory of this user alone, so a socket in it could not be trusted: ` +
      'remove it, or name another place with XDG_RUNTIME_DIR or daemon.socket.',
  );
}

/** Whether a path is a directory, not a link, of this user, that nobody else may enter. */
function isPrivate(path: string, uid: number | undefined): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return (
    stats !== undefined && stats.isDirectory() && stats.uid === uid && (stats.mode & 0o77) === 0
  );
}

function inDirectory(directory: string, source: string): RuntimePaths {
  return { directory, socket: posix.join(directory, SOCKET_NAME), source, shared: false };
}

function windowsPipe(env: Environment, user: string | undefined): RuntimePaths {
  const name = user ?? variable(env, 'USERNAME') ?? variable(env, 'USER') ?? 'user';
  // A backslash would end the name of the pipe.
  const socket = `\\\\.\\pipe\\haulyard-${name.replaceAll(/[\\/]/g, '_')}`;
  return { directory: undefined, socket, source: 'the user', shared: false };
}
