import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';

import { formatBytes } from '../../../core/units.ts';

/** What one look at the machine found. */
export interface Finding {
  readonly check: string;
  /** `note`: worth knowing, nothing to repair. */
  readonly verdict: 'good' | 'note' | 'bad';
  readonly message: string;
  /** What to do about it; undefined when there is nothing to do. */
  readonly advice?: string;
}

const MIN_NODE_MAJOR = 24;
/** Less than this and the next download may not fit. */
const LITTLE_SPACE_BYTES = 1_073_741_824;
/** The time a release of this program cannot be older than. */
const EARLIEST_MS = Date.UTC(2025, 0, 1);
const PROBE_MS = 1_000;

/** Whether Node.js is new enough. */
export function checkNode(version: string = process.versions.node): Finding {
  const major = Number.parseInt(version, 10);
  if (major >= MIN_NODE_MAJOR) return good('Node.js', version);
  return bad('Node.js', `${version} is too old`, `install Node.js ${MIN_NODE_MAJOR} or newer`);
}

/** Whether the clock can be right: certificates and the age of jobs are judged by it. */
export function checkClock(nowMs: number = Date.now()): Finding {
  const shown = new Date(nowMs).toISOString();
  if (nowMs >= EARLIEST_MS) return good('clock', shown);
  return bad(
    'clock',
    `${shown} is in the past`,
    'set the clock: TLS and the age of jobs rest on it',
  );
}

/** Whether the data directory is there, this user's, and closed to others. */
export async function checkDataDirectory(path: string): Promise<Finding> {
  const check = 'data directory';
  try {
    const { mode, uid } = await stat(path);
    const own = process.getuid === undefined || uid === process.getuid();
    if (!own) {
      const advice = 'ask as that user, or leave it to the service that runs as that user';
      return { check, verdict: 'note', message: `${path} belongs to user ${uid}`, advice };
    }
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if (process.platform !== 'win32' && (mode & 0o22) !== 0) {
      return bad(check, `${path} can be changed by others`, `chmod go-w ${path}`);
    }
    return good(check, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { check, verdict: 'note', message: `${path} is not there yet` };
    const advice = 'give this user the right to read, write and enter it';
    return bad(check, `${path} cannot be used (${code ?? 'unknown'})`, advice);
  }
}

/** How much space is left where jobs are kept. */
export async function checkSpace(path: string): Promise<Finding> {
  const check = 'free space';
  try {
    const { bavail, bsize } = await statfs(path);
    const message = `${formatBytes(bavail * bsize)} at ${path}`;
    if (bavail * bsize >= LITTLE_SPACE_BYTES) return good(check, message);
    return bad(check, message, 'make room: the job store and its journal need space to grow');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { check, verdict: 'note', message: `${path} cannot be asked (${code ?? 'unknown'})` };
  }
}

/** Whether the port that the service is to have is free, or is its own. */
export async function checkPort(
  address: { readonly host: string; readonly port: number } | undefined,
  running: boolean,
): Promise<Finding> {
  const check = 'TCP';
  if (address === undefined) return good(check, 'off: the service listens on its socket alone');
  const { host, port } = address;
  const taken = await new Promise<boolean>((resolve) => {
    const connection = connect(port, host);
    const end = (answer: boolean): void => {
      connection.destroy();
      resolve(answer);
    };
    connection.setTimeout(PROBE_MS, () => end(true));
    connection.on('connect', () => end(true));
    connection.on('error', () => end(false));
  });
  const shown = `${host}:${port}`;
  if (taken === running) return good(check, running ? `listens at ${shown}` : `${shown} is free`);
  if (running) {
    return bad(check, `nobody listens at ${shown}`, 'restart the service: daemon.tcp needs that');
  }
  return bad(check, `another program has ${shown}`, 'end it, or set daemon.tcp to another port');
}

/** A finding that all is well. */
export function good(check: string, message: string): Finding {
  return { check, verdict: 'good', message };
}

/** A finding that something has to be done. */
export function bad(check: string, message: string, advice: string): Finding {
  return { check, verdict: 'bad', message, advice };
}
