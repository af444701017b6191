import { Pool, type Dispatcher } from 'undici';

import type { Daemon } from './daemon.ts';
import { print, printDurations } from './figures.ts';

/** One request, made anew for each call. */
export type MakeRequest = (round: number) => {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly status: number;
};

export interface LoadOptions {
  /** Calls that are under way at once, each on a connection of its own. */
  readonly connections: number;
  readonly seconds: number;
}

/** What a load came to. */
export interface Load {
  readonly callsPerSecond: number;
  readonly durationsMs: readonly number[];
}

/** Calls the service over its socket again and again, and throws for any answer that was not expected. */
export async function load(
  socket: string,
  make: MakeRequest,
  { connections, seconds }: LoadOptions,
): Promise<Load> {
  const pool = new Pool('http://localhost', { socketPath: socket, connections, pipelining: 1 });
  try {
    let round = 0;
    // Warm: connections are open and code is compiled, on both sides.
    await Promise.all(
      Array.from({ length: connections }, async () => {
        for (let index = 0; index < WARM_CALLS; index += 1) await call(pool, make(round++));
      }),
    );
    const durationsMs: number[] = [];
    const startMs = performance.now();
    const endMs = startMs + seconds * 1_000;
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() < endMs) {
          const sentMs = performance.now();
          await call(pool, make(round++));
          durationsMs.push(performance.now() - sentMs);
        }
      }),
    );
    const elapsedMs = performance.now() - startMs;
    return { callsPerSecond: (durationsMs.length * 1_000) / elapsedMs, durationsMs };
  } finally {
    await pool.close();
  }
}

/**
 * Latency with one caller, calls a second with sixteen at once, and the processor time of the
 * service, which says the same on a machine that has other things to do. While it downloads as well,
 * that of a call cannot be told apart.
 */
export async function printLoad(
  what: string,
  { socket, cpuMs }: Daemon,
  make: MakeRequest,
  { seconds, downloads = false }: { readonly seconds: number; readonly downloads?: boolean },
): Promise<void> {
  const alone = await load(socket, make, { connections: 1, seconds });
  printDurations(`${what}: one caller`, alone.durationsMs);
  const beforeMs = await cpuMs();
  const many = await load(socket, make, { connections: MANY, seconds });
  print(`${what}: ${MANY} callers`, many.callsPerSecond, 'calls/s');
  const calls = many.durationsMs.length + MANY * WARM_CALLS;
  const callMs = ((await cpuMs()) - beforeMs) / calls;
  if (!downloads) print(`${what}: processor time of a call`, callMs, 'ms');
  printDurations(`${what}: ${MANY} callers`, many.durationsMs);
}

const MANY = 16;

/** Calls of each connection that are not measured. */
const WARM_CALLS = 20;

/** One call; returns what it was answered. */
export async function call(
  dispatcher: Dispatcher,
  { method, path, body, status }: ReturnType<MakeRequest>,
): Promise<unknown> {
  const answer = await dispatcher.request({
    method,
    path,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.body.text();
  if (answer.statusCode === status) return text === '' ? undefined : JSON.parse(text);
  throw new Error(`${method} ${path} was answered ${answer.statusCode}: ${text.slice(0, 500)}`);
}
