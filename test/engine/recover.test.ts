import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BG_JOB_PRIORITY, BG_JOB_STATE, BG_JOB_TYPE } from '../../src/core/constants.ts';
import { inBatches } from '../../src/engine/in-batches.ts';
import type { LiveJob } from '../../src/engine/live-job.ts';
import { HISTORY_MS, SWEEP_INTERVAL_MS } from '../../src/core/limits.ts';
import { aJob } from '../conformance/job-store-values.ts';
import { openClockWorld, type ClockWorld } from '../support/clock-world.ts';
import { ANNA, openServiceWorld, type ServiceWorld } from '../support/service-world.ts';
import { until } from '../support/temporary.ts';

const { QUEUED, SUSPENDED, TRANSFERRING, TRANSIENT_ERROR, ACKNOWLEDGED } = BG_JOB_STATE;

async function makeJobs(world: ClockWorld, count: number): Promise<string[]> {
  const jobs = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      world.engine.createJob({
        displayName: `job ${index}`,
        type: BG_JOB_TYPE.DOWNLOAD,
        priority: BG_JOB_PRIORITY.NORMAL,
      }),
    ),
  );
  return jobs.map(({ id }) => id);
}

test('many jobs are visited once each, in order, and others have their turn in between', async () => {
  await using world = openClockWorld();
  const ids = await makeJobs(world, 250);
  const visited: string[] = [];
  inBatches(world.engine, 'visit jobs', ids, ({ id }) => void visited.push(id));
  assert.ok(visited.length > 0 && visited.length < ids.length, `${visited.length} at once`);
  await world.clock.advance(100);
  assert.deepEqual(visited, ids);
});

test('a visit that is ended goes no further', async () => {
  await using world = openClockWorld();
  const visited: string[] = [];
  const walk = inBatches(world.engine, 'visit jobs', await makeJobs(world, 250), ({ id }) => {
    visited.push(id);
  });
  const before = visited.length;
  walk.end();
  await world.clock.advance(100);
  assert.equal(visited.length, before);
});

test('a job that cannot be visited is told of, and the others are visited all the same', async () => {
  await using world = openClockWorld();
  const ids = [...(await makeJobs(world, 2)), 'gone', ...(await makeJobs(world, 1))];
  const visited: string[] = [];
  inBatches(world.engine, 'visit jobs', ids, ({ id }) => {
    if (id === ids[0]) throw new Error('its record is torn');
    visited.push(id);
  });
  assert.deepEqual(visited, [ids[1], ids[3]]);
  assert.match(world.warnings.join('\n'), new RegExp(`job ${ids[0]}: its record is torn`));
});

/** Jobs of anna, stored in these states as a killed service leaves them. */
async function leaveJobs(
  world: ServiceWorld,
  states: readonly BG_JOB_STATE[],
): Promise<readonly string[]> {
  const lives: LiveJob[] = [];
  for (const [index] of states.entries()) {
    const { facts } = await world.service.createJob(ANNA, { displayName: `job ${index}` });
    lives.push(world.engine.jobs.get(facts.id));
  }
  world.engine.ports.store.together(() => {
    for (const [index, { job }] of lives.entries()) {
      world.engine.ports.store.commit({ job: { ...job, state: states[index]! } });
    }
  });
  return lives.map(({ id }) => id);
}

test('after a start every job that was under way waits in the queue, however many there are', async () => {
  await using world = await openServiceWorld({ startInterrupted: false });
  const waiting = Array.from({ length: 350 }, () => TRANSIENT_ERROR);
  const states = [...waiting, TRANSFERRING, SUSPENDED, ACKNOWLEDGED];
  const ids = await leaveJobs(world, states);
  await world.reopen();
  const stateOf = (id: string): BG_JOB_STATE => world.service.facts(ANNA, id).state;
  const [moving, suspended, final] = ids.slice(waiting.length);
  assert.equal(stateOf(moving!), QUEUED, 'what moved is in the queue when the engine is open');
  // The last of those that wait is suspended by its owner before its turn has come.
  const last = ids[waiting.length - 1]!;
  await world.service.job(ANNA, last).suspend();
  const others = ids.slice(0, waiting.length - 1);
  await until(() => others.every((id) => stateOf(id) === QUEUED), {
    what: 'every job that waited for a retry to be in the queue',
  });
  assert.equal(stateOf(last), SUSPENDED);
  assert.equal(stateOf(suspended!), SUSPENDED);
  assert.equal(stateOf(final!), ACKNOWLEDGED);
  assert.deepEqual(world.warnings, []);
});

test('a long history is forgotten a little at a time, and nothing that is younger', async () => {
  await using world = openClockWorld();
  const { store, clock } = world;
  // The sweep of the start is over.
  await clock.advance(100);
  const oldMs = clock.wallMs() - HISTORY_MS;
  for (let index = 0; index < 450; index += 1) {
    store.commit({ job: aJob(`old ${index}`, { state: ACKNOWLEDGED, modifiedAtMs: oldMs }) });
    store.setDiscarded(`old ${index}`, true);
  }
  store.commit({
    job: aJob('young', { state: ACKNOWLEDGED, modifiedAtMs: oldMs + SWEEP_INTERVAL_MS }),
  });
  store.setDiscarded('young', true);
  const parts: number[] = [];
  const purgeFinal = store.purgeFinal.bind(store);
  store.purgeFinal = (...args) => {
    const gone = purgeFinal(...args);
    parts.push(gone);
    return gone;
  };
  await clock.advance(SWEEP_INTERVAL_MS + 100);
  assert.deepEqual(parts, [200, 200, 50, 0]);
  assert.deepEqual(
    store.list({ includeFinal: true }).map(({ id }) => id),
    ['young'],
  );
});

test('leftovers of many final jobs are deleted after a start', async () => {
  await using world = await openServiceWorld();
  const ids = await leaveJobs(
    world,
    Array.from({ length: 30 }, () => ACKNOWLEDGED),
  );
  await world.reopen();
  await until(() => world.engine.ports.store.undiscarded().length === 0, {
    what: 'every leftover to be gone',
  });
  for (const id of ids) assert.equal(world.service.facts(ANNA, id).state, ACKNOWLEDGED);
  assert.deepEqual(world.warnings, []);
});
