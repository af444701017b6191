import { Client } from 'undici';

import { median } from '../rounds.ts';
import type { Daemon } from './daemon.ts';
import { print } from './figures.ts';
import { call } from './load.ts';

const ROUNDS = 5;
const JOBS_A_PAGE = 1_000;

/** Reads the whole list again and again: how long, and whether memory stays where it is. */
export async function printAllPages(daemon: Daemon): Promise<void> {
  const client = new Client('http://localhost', { socketPath: daemon.socket });
  try {
    const seconds: number[] = [];
    const resident: number[] = [];
    let listed = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const startMs = performance.now();
      listed = await readList(client);
      seconds.push((performance.now() - startMs) / 1_000);
      resident.push(await daemon.residentMb());
    }
    print(`all ${listed} jobs in pages of ${JOBS_A_PAGE}`, median(seconds), 's');
    print('resident memory after reading them once', resident[0]!, 'MB');
    print(`resident memory after reading them ${ROUNDS} times`, resident.at(-1)!, 'MB');
  } finally {
    await client.close();
  }
}

async function readList(client: Client): Promise<number> {
  let listed = 0;
  let cursor = '';
  for (;;) {
    const path = `/v1/jobs?all=true&limit=${JOBS_A_PAGE}${cursor}`;
    const page = (await call(client, { method: 'GET', path, status: 200 })) as JobPage;
    listed += page.jobs.length;
    if (page.next === null) return listed;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

interface JobPage {
  readonly jobs: readonly unknown[];
  readonly next: string | null;
}
