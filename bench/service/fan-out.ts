import { request, type IncomingMessage } from 'node:http';

import { Pool } from 'undici';

import { median } from '../rounds.ts';
import type { Daemon } from './daemon.ts';
import { heading, print, printDurations } from './figures.ts';
import { call } from './load.ts';

const LISTENERS = 100;

/** Jobs made one at a time, for the time an event takes, and those made as fast as can be. */
const QUIET_JOBS = 50;
const BURST_JOBS = 1_000;

/** Calls under way at once in the burst. */
const CALLERS = 16;

/** How long the last events may take to arrive before the benchmark gives up. */
const DELIVERY_TIMEOUT_MS = 30_000;

/** One hundred listeners hear of jobs that are made: how soon, and how many events a second. */
export async function printFanOut({ socket, cpuMs }: Daemon): Promise<void> {
  heading(`Events to ${LISTENERS} listeners`);
  const listeners = await Promise.all(Array.from({ length: LISTENERS }, () => listen(socket)));
  const pool = new Pool('http://localhost', { socketPath: socket, connections: CALLERS });
  try {
    const toAnswerMs: number[] = [];
    const toListenerMs: number[] = [];
    for (let index = 0; index < QUIET_JOBS; index += 1) {
      const already = listeners.map(({ arrivals }) => arrivals.length);
      const sentMs = performance.now();
      await createJob(pool, index);
      toAnswerMs.push(performance.now() - sentMs);
      await arrived(listeners, already[0]! + 1);
      for (const [place, { arrivals }] of listeners.entries()) {
        toListenerMs.push(arrivals[already[place]!]! - sentMs);
      }
    }
    // From the request, so with the commit in it: the events leave once that is on disk.
    print('from the request for a job to its answer, median', median(toAnswerMs), 'ms');
    printDurations('from the request for a job to a listener', toListenerMs);

    const before = listeners[0]!.arrivals.length;
    const beforeMs = await cpuMs();
    const startMs = performance.now();
    let made = 0;
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (made < BURST_JOBS) await createJob(pool, made++);
      }),
    );
    await arrived(listeners, before + BURST_JOBS);
    const seconds = (performance.now() - startMs) / 1_000;
    print('delivered while jobs are made at full speed', (BURST_JOBS * LISTENERS) / seconds, '/s');
    const eventsDelivered = BURST_JOBS * LISTENERS;
    print(
      'processor time of a thousand deliveries',
      ((await cpuMs()) - beforeMs) / (eventsDelivered / 1_000),
      'ms',
    );
    print('jobs made meanwhile', BURST_JOBS / seconds, '/s');

    const replayMs = performance.now();
    const late = await listen(socket, 0);
    await arrived([late], before + BURST_JOBS);
    print(
      'replay of the log to one listener',
      (late.arrivals.length * 1_000) / (performance.now() - replayMs),
      '/s',
    );
    late.close();
  } finally {
    for (const listener of listeners) listener.close();
    await pool.close();
  }
}

interface Listener {
  /** When each event came, on the clock of this process. */
  readonly arrivals: readonly number[];
  close(): void;
}

async function listen(socket: string, after?: number): Promise<Listener> {
  const arrivals: number[] = [];
  const path = `/v1/events${after === undefined ? '' : `?after=${after}`}`;
  const sent = request({ socketPath: socket, path, headers: { host: 'localhost' } });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject).end();
  });
  if (response.statusCode !== 200)
    throw new Error(`Listening was answered ${response.statusCode}.`);
  // Whatever breaks off shows as events that are missing.
  sent.on('error', () => undefined);
  response.on('error', () => undefined);
  let rest = '';
  response.setEncoding('latin1').on('data', (text: string) => {
    const nowMs = performance.now();
    const frames = (rest + text).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) if (frame.startsWith('id: ')) arrivals.push(nowMs);
  });
  return { arrivals, close: () => sent.destroy() };
}

async function arrived(listeners: readonly Listener[], count: number): Promise<void> {
  const giveUpMs = performance.now() + DELIVERY_TIMEOUT_MS;
  while (listeners.some(({ arrivals }) => arrivals.length < count)) {
    if (performance.now() > giveUpMs) throw new Error('Events are missing.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function createJob(pool: Pool, index: number): Promise<void> {
  const body = { displayName: `Heard of ${index}` };
  await call(pool, { method: 'POST', path: '/v1/jobs', body, status: 201 });
}
