import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { RECORD_AFTER_BYTES } from '../../src/core/limits.ts';
import { fillFile, startOrigin, type Origin } from '../support/origin.ts';
import { seededRandomness } from '../support/seeded-randomness.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startNginx } from '../support/web-servers.ts';
import type { ChildTask } from './child-task.ts';
import { openSite, wantedBytes, type CrashSite, type WantedFile } from './crash-site.ts';

const MiB = 1_048_576;

/** All kills of this file together are at least 100. */
const KILLS_EACH = 22;

/** Send buffer of nginx here: what its log counts and the client never read. */
const SEND_BUFFER_BYTES = 65_536;

/**
 * What one kill may cost on the average: what is written between two records
 * (RECORD_AFTER_BYTES for a file, whatever its connections), and for each connection what has left
 * the server and is not written yet. The servers here are slower than the disk, so that is the send
 * buffer and as much again on its way.
 */
const bytesAgainPerKill = (connections: number): number =>
  RECORD_AFTER_BYTES + connections * 2 * SEND_BUFFER_BYTES;

interface Scenario {
  readonly jobs: readonly (readonly WantedFile[])[];
  readonly task?: Pick<ChildTask, 'connections' | 'diskDelayMs'>;
  /** Longest life of a process after it has opened its store. */
  readonly livesMs: number;
  readonly seed: number;
}

/** Lets one process after another work at the jobs, each killed at a random moment. */
async function killAtRandom(
  site: CrashSite,
  { task = {}, livesMs, seed }: Scenario,
): Promise<number> {
  const random = seededRandomness(seed);
  for (let kills = 0; kills < KILLS_EACH;) {
    const { killed } = await site.live({ ...task, end: 'transfer' }, random.sample() * livesMs);
    if (killed) kills += 1;
    else return kills;
  }
  return KILLS_EACH;
}

async function surviveKills(
  t: TestContext,
  scenario: Scenario,
  bytesSent: () => Promise<number>,
): Promise<{ readonly kills: number; readonly bytesAgain: number }> {
  await using site = await openSite(scenario.jobs);
  const kills = await killAtRandom(site, scenario);
  // Fewer would mean that the jobs were done too soon for the kills to be worth much.
  assert.equal(kills, KILLS_EACH, 'the jobs ended before the kills did');
  await site.live({ ...scenario.task, end: 'complete' });
  await site.assertDelivered();
  const size = scenario.jobs.flat().reduce((sum, file) => sum + wantedBytes(file), 0);
  const bytesAgain = (await bytesSent()) - size;
  t.diagnostic(
    `${kills} kills, ${bytesAgain} of ${size} bytes again, ${Math.round(bytesAgain / kills)} per kill`,
  );
  return { kills, bytesAgain };
}

function assertFew(
  { kills, bytesAgain }: { readonly kills: number; readonly bytesAgain: number },
  connections: number,
): void {
  const bound = kills * bytesAgainPerKill(connections);
  assert.ok(bytesAgain <= bound, `${bytesAgain} bytes were fetched again, ${bound} may be`);
}

test('a large file with a digest, over several connections, survives random kills', async (t) => {
  await using root = await temporaryDirectory();
  const size = 96 * MiB;
  await fillFile(root.join('large.bin'), size, 1);
  await using server = await startNginx({
    root: root.path,
    limitRate: 3 * MiB,
    sendBufferBytes: SEND_BUFFER_BYTES,
  });
  const jobs = [[{ url: server.url('/large.bin'), size, seed: 1, demandDigest: true }]];
  const outcome = await surviveKills(t, { jobs, livesMs: 900, seed: 11 }, async () => {
    const log = await server.accessLog();
    return log.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
  });
  assertFew(outcome, 4);
});

test('many small files survive random kills', async (t) => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 1.5 * MiB } });
  const jobs = [many(origin, 'a', 150), many(origin, 'b', 150)];
  const outcome = await surviveKills(t, { jobs, livesMs: 350, seed: 12 }, sentBy(origin));
  assertFew(outcome, 4);
});

test('ranges of a file survive random kills', async (t) => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 3 * MiB } });
  const size = 24 * MiB;
  const url = origin.put('/file', { body: { size, seed: 3 } });
  const ranges = [
    { initialOffset: 16 * MiB + 7, length: 6 * MiB },
    { initialOffset: 5, length: 3 * MiB + 1 },
    { initialOffset: 8 * MiB, length: 5 * MiB - 3 },
  ];
  const jobs = [[{ url, size, seed: 3, ranges }]];
  const outcome = await surviveKills(t, { jobs, livesMs: 350, seed: 13 }, sentBy(origin));
  assertFew(outcome, 4);
});

test('a slow disk survives random kills', async (t) => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 3 * MiB } });
  const size = 20 * MiB;
  const url = origin.put('/file', { body: { size, seed: 4 } });
  const jobs = [[{ url, size, seed: 4 }]];
  const task = { diskDelayMs: 60 };
  const outcome = await surviveKills(t, { jobs, task, livesMs: 400, seed: 14 }, sentBy(origin));
  // What arrives while one write takes its time waits in memory, and is lost as well.
  assertFew(outcome, 8);
});

test('a file that nothing can vouch for starts over after each kill, and is right', async (t) => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 8 * MiB } });
  const size = 5 * MiB;
  const body = { size, seed: 5 };
  const url = origin.put('/file', { body, etag: null, lastModified: null });
  const jobs = [[{ url, size, seed: 5 }]];
  await surviveKills(t, { jobs, livesMs: 400, seed: 15 }, sentBy(origin));
});

function many(origin: Origin, name: string, count: number): readonly WantedFile[] {
  return Array.from({ length: count }, (_, index) => {
    const body = { size: 20_000 + index * 64, seed: index };
    return { url: origin.put(`/${name}/${index}`, { body }), ...body };
  });
}

function sentBy(origin: Origin): () => Promise<number> {
  return async () => {
    await origin.idle();
    return origin.bytesSent();
  };
}
