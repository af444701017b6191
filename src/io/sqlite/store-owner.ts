import { readFileSync, rmSync } from 'node:fs';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { notePrivately } from './private-files.ts';

/**
 * Who holds the store, for people to read. The lock itself is SQLite's and ends with its process
 * whatever happens; this note may be stale, so it is believed only while that process is alive.
 */
export interface StoreOwner {
  readonly pid: number;
  /** What the process is, such as `haulyard get`. */
  readonly command: string;
  /** When it opened the store, in UTC. */
  readonly since: string;
}

/** Notes the holder; to be called after the lock was won. A power cut ends the holder and may take the note. */
export function writeOwner(path: string, owner: StoreOwner): void {
  notePrivately(path, `${JSON.stringify(owner)}\n`);
}

/** Takes the note away; to be called while the lock is still held, or it may be another's. */
export function removeOwner(path: string): void {
  rmSync(path, { force: true });
}

/** The error for a store that another process holds. */
export function storeInUse(
  databasePath: string,
  ownerPath: string,
  cause: unknown,
): DeliveryOptimizationError {
  const owner = readOwner(ownerPath);
  const who =
    owner === undefined
      ? 'another process'
      : `process ${owner.pid} (${owner.command}) since ${owner.since}`;
  return new DeliveryOptimizationError(
    'ERROR_SHARING_VIOLATION',
    `The job store ${databasePath} is in use by ${who}. One process at a time can have it: ` +
      'let that one finish or stop it, or use another data directory.',
    { cause, failureClass: 'call' },
  );
}

/** The holder, or undefined when the note is missing, unreadable or of a process that is gone. */
function readOwner(path: string): StoreOwner | undefined {
  try {
    const note = JSON.parse(readFileSync(path, 'utf8')) as Partial<StoreOwner> | null;
    const { pid, command, since } = note ?? {};
    if (typeof pid !== 'number' || typeof command !== 'string' || typeof since !== 'string') {
      return undefined;
    }
    return isAlive(pid) ? { pid, command, since } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
