import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { EventResource } from '../../../src/rest/contract.ts';
import { completeJob, getJob, makeJob, partialFiles } from '../../support/daemon-jobs.ts';
import { daemonPlace } from '../../support/daemon-process.ts';
import { followEvents } from '../../support/event-follower.ts';
import { startOrigin } from '../../support/origin.ts';
import { seededRandomness } from '../../support/seeded-randomness.ts';
import { until } from '../../support/temporary.ts';

const JOBS = 50;
const KILLS = 10;
const CONFIG = '[jobs]\nbackground_slots = 12\n[http]\nconnections_per_origin = 12\n';

/** Steps that a job may take, as pairs of names. */
const STEPS = new Set(
  [
    ['queued', 'connecting transferring suspended transient_error error cancelled transferred'],
    ['connecting', 'transferring queued suspended transient_error error transferred'],
    ['transferring', 'transferred queued suspended transient_error error'],
    ['transient_error', 'queued suspended error'],
    ['suspended', 'queued cancelled'],
    ['transferred', 'acknowledged cancelled'],
  ].flatMap(([from, to]) => to!.split(' ').map((name) => `${from} → ${name}`)),
);

test('fifty jobs come through ten kills at any moment, and a listener that comes back misses nothing', async (t) => {
  const random = seededRandomness(20_261_123);
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 9_000_000 } });
  await using place = await daemonPlace(CONFIG);
  const bodyOf = (index: number) => ({ size: 200_000 + index * 37_000, seed: 1_000 + index });
  let daemon = await place.start();
  await using follower = followEvents(place.socket);
  const ids: string[] = [];
  for (let index = 0; index < JOBS; index += 1) {
    const url = origin.put(`/file-${index}`, { body: bodyOf(index) });
    ids.push((await makeJob(daemon, url, place.target(`file-${index}`))).id);
  }
  for (let kill = 0; kill < KILLS; kill += 1) {
    await sleep(random.sample() * 500);
    await daemon.kill();
    daemon = await place.start();
  }
  origin.limit({});
  t.diagnostic(`${origin.requests.length} requests, ${follower.streams} streams`);
  for (const [index, id] of ids.entries()) {
    await completeJob(daemon, id, place.target(`file-${index}`), bodyOf(index));
  }
  assert.deepEqual(await partialFiles(place.join('downloads')), []);

  const { lastEvent } = await daemon.ask('GET', '/v1/service');
  await until(() => Number(follower.events.at(-1)?.id) === lastEvent, {
    what: `event ${lastEvent}`,
  });
  assert.ok(follower.streams >= 2, 'the listener has come back');
  assert.deepEqual(follower.strange, [], 'it never had to be told that events were gone');
  const heard = follower.events.map(({ data }) => data as EventResource);
  const sequences = heard.map(({ sequence }) => sequence);
  for (const [index, sequence] of sequences.entries()) {
    assert.equal(sequence, index + 1, 'the numbers go up one by one from the first');
  }
  for (const id of ids) {
    const told = heard.filter(({ jobId }) => jobId === id);
    const page = await daemon.ask('GET', `/v1/jobs/${id}/events?limit=1000`);
    assert.equal(page.next, null);
    assert.deepEqual(told, page.events);
    assert.equal(told[0]!.kind, 'job.created');
    let state = 'suspended';
    for (const event of told) {
      if (event.kind !== 'job.state') continue;
      assert.equal(event.from, state, `job ${id} goes on from where it was`);
      assert.ok(STEPS.has(`${event.from} → ${event.to}`), `${event.from} → ${event.to}`);
      state = event.to;
    }
    assert.equal(state, 'acknowledged');
    assert.equal((await getJob(daemon, id)).state, 'acknowledged');
  }
});
