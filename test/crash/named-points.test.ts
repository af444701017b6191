import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BG_JOB_STATE } from '../../src/core/constants.ts';
import { RECORD_AFTER_BYTES } from '../../src/core/limits.ts';
import { startOrigin, type Origin } from '../support/origin.ts';
import type { ChildEvent, ChildTask, KillPoint } from './child-task.ts';
import { openSite, wantedBytes, type WantedFile } from './crash-site.ts';

const { QUEUED, TRANSFERRED } = BG_JOB_STATE;

const SIZES = [1_500_000, 700_000, 0, 30_000];
const BYTES_PER_SECOND = 4_000_000;

/**
 * What may be fetched again after one kill here: what is written between two records, which a rate
 * of 4 MB/s and a record every 200 ms keep below RECORD_AFTER_BYTES for each of the two larger files,
 * and as much again for a record that a busy machine makes late, for small files whose only record is
 * that they are done, for what is on its way through sockets and queues, and for the start of an
 * answer that the killed process had asked for.
 */
const MAX_BYTES_AGAIN = 3 * RECORD_AFTER_BYTES;

function serveFiles(origin: Origin): WantedFile[] {
  return SIZES.map((size, index) => {
    const seed = 100 + index;
    return { url: origin.put(`/${index}`, { body: { size, seed } }), size, seed };
  });
}

/** The one job that a child found. */
function openedJob(
  events: readonly ChildEvent[],
): Extract<ChildEvent, { event: 'opened' }>['jobs'][number] {
  const opened = events.find(({ event }) => event === 'opened');
  assert.ok(opened?.event === 'opened' && opened.jobs.length === 1);
  return opened.jobs[0]!;
}

const times = (events: readonly ChildEvent[], name: ChildEvent['event']): number =>
  events.filter(({ event }) => event === name).length;

interface Point {
  readonly point: KillPoint;
  readonly nth?: number;
  readonly end?: ChildTask['end'];
  /** State in which the next process finds the job. */
  readonly state: number;
  /** Target names that have appeared by then. */
  readonly delivered?: number;
}

const POINTS: readonly Point[] = [
  { point: 'after part write', state: QUEUED },
  { point: 'before written', state: QUEUED },
  { point: 'after written', state: QUEUED },
  { point: 'after written', nth: 3, state: QUEUED },
  { point: 'before part flush', state: QUEUED },
  { point: 'after part flush', state: QUEUED },
  { point: 'after flushed', state: QUEUED },
  { point: 'before file done', state: QUEUED },
  { point: 'after file done', state: QUEUED },
  // The last two are small enough to become done together, and the job with them.
  { point: 'after file done', nth: 2, state: QUEUED },
  { point: 'before transferred', state: QUEUED },
  { point: 'after transferred', state: TRANSFERRED },
  { point: 'in the callback', state: TRANSFERRED },
  { point: 'before publishing', state: TRANSFERRED },
  { point: 'after publishing', state: TRANSFERRED, delivered: 0 },
  { point: 'before publish', state: TRANSFERRED, delivered: 0 },
  { point: 'after rename', nth: 1, state: TRANSFERRED, delivered: 1 },
  { point: 'after rename', nth: 3, state: TRANSFERRED, delivered: 3 },
  { point: 'after publish', state: TRANSFERRED, delivered: SIZES.length },
];

for (const { point, nth = 1, end = 'complete', state, delivered = 0 } of POINTS) {
  test(`killed ${point} (${nth}), a job goes on and nothing is fetched twice`, async (t) => {
    await using origin = await startOrigin({ limits: { totalBytesPerSecond: BYTES_PER_SECOND } });
    const files = serveFiles(origin);
    await using site = await openSite([files]);
    const first = await site.live({ end, kill: { point, nth } });
    assert.ok(first.killed, 'the point was never reached');

    const look = await site.live({ end: 'look' });
    assert.equal(openedJob(look.events).state, state);
    const targets = (await site.names()).filter((name) => name.endsWith('.bin'));
    assert.equal(targets.length, delivered);

    const last = await site.live({ end: 'complete' });
    assert.equal(times(last.events, 'completed'), 1);
    await site.assertDelivered();
    const again = origin.bytesSent() - files.reduce((sum, file) => sum + wantedBytes(file), 0);
    t.diagnostic(`${again} bytes again`);
    assert.ok(again <= MAX_BYTES_AGAIN, `${again} bytes were fetched again`);
  });
}

test('killed with its notification unacknowledged, a job is told of again', async () => {
  await using origin = await startOrigin();
  await using site = await openSite([serveFiles(origin)]);
  const first = await site.live({ end: 'hold', kill: { point: 'in the callback' } });
  assert.ok(first.killed);
  const second = await site.live({ end: 'hold', kill: { point: 'in the callback' } });
  assert.ok(second.killed);
  assert.equal(times(second.events, 'transferred'), 1);
  const third = await site.live({ end: 'complete' });
  await site.assertDelivered();
  assert.ok(times(third.events, 'completed') >= 1);
});

for (const point of ['before remove', 'before setDiscarded'] as const) {
  test(`killed ${point} of a cancelled job, no partial file outlives the next start`, async () => {
    await using origin = await startOrigin({ limits: { totalBytesPerSecond: BYTES_PER_SECOND } });
    await using site = await openSite([serveFiles(origin)]);
    assert.ok((await site.live({ end: 'cancel', kill: { point } })).killed);
    const next = await site.live({ end: 'look' });
    assert.deepEqual(openedEvents(next.events), []);
    assert.deepEqual(await site.names(), []);
  });
}

test('killed after the commit of a cancellation, no partial file outlives the next start', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: BYTES_PER_SECOND } });
  await using site = await openSite([serveFiles(origin)]);
  assert.ok((await site.live({ end: 'cancel', kill: { point: 'after cancelled' } })).killed);
  assert.ok((await site.partialNames()).length > 0);
  const next = await site.live({ end: 'look' });
  assert.deepEqual(openedEvents(next.events), []);
  assert.deepEqual(await site.names(), []);
});

test('killed after the commit of a completion, the files stay and the job is gone', async () => {
  await using origin = await startOrigin();
  await using site = await openSite([serveFiles(origin)]);
  assert.ok((await site.live({ end: 'complete', kill: { point: 'after acknowledged' } })).killed);
  const next = await site.live({ end: 'look' });
  assert.deepEqual(openedEvents(next.events), []);
  await site.assertDelivered();
});

function openedEvents(events: readonly ChildEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.event === 'opened' ? event.jobs.map(({ id }) => id) : [],
  );
}
