import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { errorFromFileSystem } from '../../core/node-errors.ts';
import type { Host } from '../config/environment.ts';
import { ensureRuntimeDirectory, type RuntimePaths } from '../config/runtime-paths.ts';

/** Others may go through to a socket whose path they know, and list nothing. */
const PASSABLE = 0o711;

/**
 * Makes the directory of the service's sockets if it is not there: for its user alone, or passable
 * when further users have sockets in it.
 *
 * @param paths - the runtime directory, which is the service's own to open for others
 * @throws DeliveryOptimizationError E_ACCESSDENIED for a directory the further users could not pass
 */
export function ensureSocketDirectory(
  socket: string,
  { socketUsers }: { readonly socketUsers: readonly string[] },
  paths: RuntimePaths,
  host: Host = {},
): void {
  if (process.platform === 'win32') return;
  const directory = dirname(socket);
  const isOwn = paths.socket === socket;
  if (isOwn) ensureRuntimeDirectory(paths, host);
  const isMade = isOwn || makeDirectory(directory);
  if (socketUsers.length === 0) return;
  if (isMade) chmodSync(directory, PASSABLE);
  if ((statSync(directory).mode & 0o1) !== 0) return;
  throw new DeliveryOptimizationError(
    'E_ACCESSDENIED',
    `daemon.socket_users gives sockets in ${directory} to other users, who may not pass that directory: run "chmod o+x ${directory}", or set daemon.socket to another place.`,
  );
}

/** Whether it was made just now. */
function makeDirectory(path: string): boolean {
  try {
    return mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined;
  } catch (error) {
    throw errorFromFileSystem(error, `make ${path}, the directory of daemon.socket`, 'directory');
  }
}
