import { once } from 'node:events';
import { chownSync, lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { errorFromFileSystem } from '../../core/node-errors.ts';

/** How long a socket that is there already is given to answer. */
const PROBE_MS = 1_000;

/**
 * Makes way for a listener at a socket's path: what a process that is gone has left behind is
 * removed, and anything else is left alone.
 *
 * @throws DeliveryOptimizationError ERROR_SHARING_VIOLATION when a service answers there,
 *   ERROR_FILE_EXISTS when something that is no socket has the path
 */
export async function makeWay(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new DeliveryOptimizationError(
      'ERROR_FILE_EXISTS',
      `${path} is there and is not a socket: remove it, or set daemon.socket to another path.`,
    );
  }
  if (await answers(path)) {
    throw new DeliveryOptimizationError(
      'ERROR_SHARING_VIOLATION',
      `A service is listening at ${path} already: use it, stop it with "haulyard daemon stop", or set daemon.socket to another path.`,
      { failureClass: 'call' },
    );
  }
  rmSync(path, { force: true });
}

/**
 * Listens at a path with a socket that is its owner's alone from its first moment: the path is bound
 * inside the call of `listen`, and no other file is made meanwhile.
 */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  // An error inside the call of listen is thrown by it, and the promise is never looked at.
  listening.catch(() => {});
  try {
    const before = process.platform === 'win32' ? undefined : process.umask(0o177);
    try {
      server.listen({ path });
    } finally {
      if (before !== undefined) process.umask(before);
    }
    await listening;
  } catch (error) {
    throw listenError(error, path);
  }
}

/** Gives a socket to another user, who can then connect and nobody else but root can. */
export function giveSocket(path: string, user: string, uid: number, gid: number): void {
  try {
    chownSync(path, uid, gid);
  } catch (cause) {
    throw new DeliveryOptimizationError(
      'E_ACCESSDENIED',
      `The socket ${path} cannot be given to ${user}: daemon.socket_users needs a service that runs as root.`,
      { cause },
    );
  }
}

/** Longest path of a socket in bytes; its address holds no more. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** Why a service cannot listen somewhere, in words that say what to do about it. */
export function listenError(error: unknown, where: string): DeliveryOptimizationError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new DeliveryOptimizationError(
      'ERROR_SHARING_VIOLATION',
      `Another program listens at ${where} already: end it, or set daemon.tcp to another port.`,
      { cause: error, failureClass: 'call' },
    );
  }
  if (where.startsWith('/') && Buffer.byteLength(where) > MAX_PATH_BYTES) {
    return new DeliveryOptimizationError(
      'E_INVALIDARG',
      `${where} is too long for the path of a socket, which has at most ${MAX_PATH_BYTES} bytes: set daemon.socket to a shorter one.`,
      { cause: error },
    );
  }
  return errorFromFileSystem(error, `listen at ${where}`, 'directory');
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_MS, () => end(true));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
