import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, chown } from 'node:fs/promises';
import { promisify } from 'node:util';

import type { ApiRequest } from './api-client.ts';

const run = promisify(execFile);

/** A user of this machine. */
export interface RealUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Users that are gone once disposed of. */
export interface RealUsers extends AsyncDisposable {
  readonly users: readonly [RealUser, RealUser];
}

/** Why two users cannot be had here; false when they can. For `skip`. */
export const NO_REAL_USERS: string | false =
  process.platform !== 'linux'
    ? 'users are made with useradd, on Linux only'
    : process.getuid?.() === 0
      ? false
      : 'making users takes root';

let made = 0;

/** Makes two users of the machine, without homes. */
export async function realUsers(): Promise<RealUsers> {
  await using removing = new AsyncDisposableStack();
  const make = async (): Promise<RealUser> => {
    const name = `hy${process.pid}x${(made += 1)}`;
    await run('useradd', ['--no-create-home', '--user-group', '--shell', '/bin/false', name]);
    removing.defer(async () => void (await run('userdel', [name])));
    const ask = async (option: string): Promise<number> =>
      Number((await run('id', [option, name])).stdout);
    return { name, uid: await ask('-u'), gid: await ask('-g') };
  };
  const users = [await make(), await make()] as const;
  const resources = removing.move();
  return { users, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Makes a directory that only its user may enter. */
export async function privateDirectory(path: string, { uid, gid }: RealUser): Promise<string> {
  await mkdir(path, { mode: 0o700 });
  await chown(path, uid, gid);
  return path;
}

/** What a user's own process was told: an answer, or why it got none. */
export interface ToldToUser {
  readonly status?: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly json?: any;
  /** Data of the events, for a stream. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the same
  readonly events?: readonly any[];
  /** The code of the error that kept the process from connecting. */
  readonly error?: string;
}

/** A request by a process of its own, which runs under the user's ids and has no rights but those. */
export async function requestAs(
  { uid, gid }: RealUser,
  { method = 'GET', path, body, socketPath }: ApiRequest,
  untilEvent?: { readonly kind: string; readonly jobId: string },
): Promise<ToldToUser> {
  const words = JSON.stringify({ method, path, body, socketPath, untilEvent });
  const child = spawn(process.execPath, ['--input-type=commonjs', '-e', CLIENT, words], {
    uid,
    gid,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The process of user ${uid} ended with ${String(code)}.`);
  return JSON.parse(said) as ToldToUser;
}

// The program has no file of its own: the user may not be able to read this directory.
const CLIENT = `
const { method, path, body, socketPath, untilEvent } = JSON.parse(process.argv[1]);
const say = (value) => { process.stdout.write(JSON.stringify(value)); request.destroy(); };
const payload = body === undefined ? undefined : JSON.stringify(body);
const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
const request = require('node:http').request({ socketPath, path, method, headers, agent: false });
request.on('error', (error) => say({ error: error.code }));
request.on('response', (response) => {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    if (untilEvent === undefined) return;
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data));
    const isLast = ({ kind, jobId }) => kind === untilEvent.kind && jobId === untilEvent.jobId;
    if (events.some(isLast)) { response.removeAllListeners(); say({ status: 200, events }); }
  });
  response.on('end', () => say({ status: response.statusCode, json: JSON.parse(text) }));
});
request.end(payload);
`;
