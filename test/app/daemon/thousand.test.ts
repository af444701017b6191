import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';

import { makeJob, partialFiles } from '../../support/daemon-jobs.ts';
import { daemonPlace } from '../../support/daemon-process.ts';
import { startDripOrigins } from '../../support/drip-origins.ts';
import { until } from '../../support/temporary.ts';

const DOWNLOADS = 1_000;
const PER_ORIGIN = 16;
const SIZE = 1_000_000;
/** Resident memory that a thousand slow transfers may take: about half a megabyte each. */
const MAX_MEMORY_BYTES = 640 * 1_048_576;

test('a thousand slow downloads run at once, calls are answered, and cancelling leaves no file', async (t) => {
  await using origins = await startDripOrigins(Math.ceil(DOWNLOADS / PER_ORIGIN), SIZE);
  await using place = await daemonPlace(
    `[jobs]\nbackground_slots = 1\n[http]\nconnections_per_origin = ${PER_ORIGIN}\n`,
  );
  const daemon = await place.start();
  const ids: string[] = [];
  const inBatches = async (task: (index: number) => Promise<void>): Promise<void> => {
    for (let from = 0; from < DOWNLOADS; from += 25) {
      await Promise.all(
        Array.from({ length: Math.min(25, DOWNLOADS - from) }, (_, at) => task(from + at)),
      );
    }
  };
  await inBatches(async (index) => {
    const url = origins.urls[index % origins.urls.length]!;
    ids.push((await makeJob(daemon, url, place.target(`file-${index}`))).id);
  });

  // All of them get their slots at one moment.
  await daemon.ask('PATCH', '/v1/config', { set: { 'jobs.background_slots': DOWNLOADS } });

  let slowest = 0;
  const ask = async (path: string) => {
    const startedAt = performance.now();
    const answer = await daemon.ask('GET', path);
    slowest = Math.max(slowest, performance.now() - startedAt);
    return answer;
  };
  await until(async () => (await ask('/v1/stats')).running.background === DOWNLOADS, {
    what: 'all to run',
    timeoutMs: 60_000,
    everyMs: 1_000,
  });
  await until(
    async () => {
      const { jobs } = await ask('/v1/jobs?limit=1000&state=transferring');
      const moving = (job: { progress: { bytesTransferred: number } }): boolean =>
        job.progress.bytesTransferred > 3_000;
      return jobs.filter(moving).length === DOWNLOADS;
    },
    { what: 'all to go on', timeoutMs: 60_000, everyMs: 1_000 },
  );
  assert.equal(origins.open, DOWNLOADS, 'each has a connection of its own');
  const { memoryBytes } = await ask('/v1/service');
  t.diagnostic(
    `resident memory ${Math.round(memoryBytes / 1_048_576)} MiB, slowest call ${Math.round(slowest)} ms`,
  );
  assert.ok(memoryBytes < MAX_MEMORY_BYTES, `${memoryBytes} bytes are resident`);
  assert.equal((await partialFiles(place.join('downloads'))).length, DOWNLOADS);

  await inBatches(async (index) => {
    const { hresult } = await daemon.ask('POST', `/v1/jobs/${ids[index]!}/cancel`);
    assert.equal(hresult, 0);
  });
  assert.deepEqual(await readdir(place.join('downloads')), []);
  assert.deepEqual((await daemon.ask('GET', '/v1/jobs')).jobs, []);
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null });
});
