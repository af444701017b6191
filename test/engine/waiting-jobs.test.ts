import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HRESULT } from '../../src/core/codes.ts';
import { BG_JOB_PRIORITY, BG_JOB_STATE, BG_JOB_TYPE } from '../../src/core/constants.ts';
import { newFile } from '../../src/core/job/file.ts';
import type { LiveJob } from '../../src/engine/live-job.ts';
import { WakeUps } from '../../src/engine/wake-ups.ts';
import { openClockWorld, type ClockWorld } from '../support/clock-world.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { ManualClock } from '../support/manual-clock.ts';

const { TRANSFERRED, TRANSFERRING, TRANSIENT_ERROR } = BG_JOB_STATE;

/** A job in the queue that nobody outside holds. */
async function queueJob({ engine }: ClockWorld, url: string): Promise<string> {
  const live = await engine.createJob(
    { displayName: 'it', type: BG_JOB_TYPE.DOWNLOAD, priority: BG_JOB_PRIORITY.NORMAL },
    {
      resumed: true,
      files: (jobId) => [
        {
          ...newFile({ jobId, index: 0, fileId: 'f', remoteName: url, ranges: [] }),
          localName: `/data/${jobId}`,
        },
      ],
    },
  );
  return live.id;
}

const RETRIES = {
  delaysMs: [1_000, 5_000],
  maxForegroundDelayMs: 60_000,
  maxBackgroundDelayMs: 60_000,
  jitter: 0,
};

const TIMEOUT = {
  kind: 'transient',
  code: 'ERROR_WINHTTP_TIMEOUT',
  hresult: HRESULT.ERROR_WINHTTP_TIMEOUT,
  message: 'Too slow.',
} as const;

const URL = 'http://far.example/a';
const A_FILE = { body: { size: 1_000, seed: 3 } };

/** How many of the jobs are in memory, without being asked for. */
async function held(refs: readonly WeakRef<LiveJob>[]): Promise<number> {
  await collectGarbage();
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

test('jobs that wait for a network are not in memory, and all go on when it is back', async () => {
  await using world = openClockWorld();
  const { engine, store, clock, network } = world;
  world.web.put(URL, A_FILE);
  network.set({ online: false });
  const ids = await Promise.all(Array.from({ length: 120 }, () => queueJob(world, URL)));
  const refs = ids.map((id) => new WeakRef(engine.jobs.get(id)));
  const states = (): ReadonlySet<BG_JOB_STATE> =>
    new Set(ids.map((id) => store.loadJob(id)!.state));
  await clock.advance(50);
  assert.deepEqual(states(), new Set([TRANSIENT_ERROR]));
  assert.equal(await held(refs), 0);
  const failures = ids.map((id) => engine.jobs.get(id).job.trouble?.failure.code);
  assert.deepEqual(new Set(failures), new Set(['DO_E_BLOCKED_BY_NO_NETWORK']));
  network.set({ online: true });
  await clock.advance(60_000);
  assert.deepEqual(states(), new Set([TRANSFERRED]));
  assert.deepEqual(world.warnings, []);
});

test('a job that waits for a retry is not in memory, and knows how often it has failed', async () => {
  await using world = openClockWorld({ retry: RETRIES, web: { latencyMs: 60_000 } });
  const { engine, clock } = world;
  const id = await queueJob(world, URL);
  const fail = (): void =>
    engine.happenAnyway(engine.jobs.get(id), { event: 'failed', failure: TIMEOUT });
  await clock.advance(10);
  fail();
  await clock.advance(500);
  const first = engine.jobs.get(id).job;
  assert.equal(first.state, TRANSIENT_ERROR, first.lastFailure?.message);
  assert.equal(first.trouble?.failures, 1);
  assert.equal(await held([new WeakRef(engine.jobs.get(id))]), 0);
  assert.deepEqual(engine.jobs.get(id).job.trouble, first.trouble);
  await clock.advance(600);
  assert.equal(engine.jobs.get(id).job.state, TRANSFERRING);
  fail();
  const second = engine.jobs.get(id).job;
  assert.equal(second.trouble?.failures, 2);
  const waitMs = second.trouble.retryAtMs! - clock.nowMs();
  assert.ok(waitMs > 4_000 && waitMs <= 5_000, `it waits for another ${waitMs} ms`);
  assert.equal(second.trouble.noProgressSinceMs, first.trouble.noProgressSinceMs);
});

test('jobs are woken when they are due, in order, by the last time that was set', async () => {
  const clock = new ManualClock(0);
  const woken: (readonly [number, string])[] = [];
  const wakeUps = new WakeUps(clock, (ids) =>
    woken.push(...ids.map((id) => [clock.nowMs() - startMs, id] as const)),
  );
  const startMs = clock.nowMs();
  wakeUps.set('late', startMs + 300);
  wakeUps.set('moved', startMs + 50);
  wakeUps.set('early', startMs + 100);
  wakeUps.set('dropped', startMs + 10);
  wakeUps.set('moved', startMs + 200);
  wakeUps.set('dropped', undefined);
  await clock.advance(1_000);
  assert.deepEqual(woken, [
    [100, 'early'],
    [200, 'moved'],
    [300, 'late'],
  ]);
});

test('a thousand jobs due at once are woken in parts, and others have their turn in between', async () => {
  const clock = new ManualClock(0);
  const parts: string[][] = [];
  const wakeUps = new WakeUps(clock, (ids) => parts.push([...ids]));
  const ids = Array.from({ length: 1_000 }, (_, index) => `job ${String(index).padStart(4, '0')}`);
  for (const id of ids) wakeUps.set(id, clock.nowMs() + 5);
  await clock.advance(5);
  assert.deepEqual(parts.flat(), ids);
  assert.ok(parts.length >= 10 && parts.every((part) => part.length <= 100));
});

test('a job that is set again while it is woken is woken again, and none once it is closed', async () => {
  const clock = new ManualClock(0);
  let woken = 0;
  const wakeUps: WakeUps = new WakeUps(clock, (ids) => {
    woken += 1;
    for (const id of ids) wakeUps.set(id, clock.nowMs() + 10);
  });
  wakeUps.set('it', clock.nowMs() + 10);
  await clock.advance(35);
  assert.equal(woken, 3);
  wakeUps.close();
  await clock.advance(100);
  assert.equal(woken, 3);
});
