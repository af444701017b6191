import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BG_JOB_STATE } from '../../../src/core/constants.ts';
import type { Caller } from '../../../src/engine/service/transfer-service.ts';
import { startOrigin } from '../../support/origin.ts';
import {
  ADMIN,
  ANNA,
  BERT,
  openServiceWorld,
  type ServiceWorld,
} from '../../support/service-world.ts';
import { until } from '../../support/temporary.ts';

const URL = 'http://127.0.0.1:9/never';

function file(world: ServiceWorld, name: string): { url: string; localName: string } {
  return { url: URL, localName: world.target(name) };
}

async function make(world: ServiceWorld, caller: Caller, name: string): Promise<string> {
  const { facts } = await world.service.createJob(caller, {
    displayName: name,
    files: [file(world, name)],
  });
  return facts.id;
}

test('a job belongs to the user who made it', async () => {
  await using world = await openServiceWorld();
  const id = await make(world, ANNA, 'a');
  assert.equal(world.service.facts(ANNA, id).owner, 'anna');
  assert.equal(world.service.facts(ADMIN, id).owner, 'anna');
});

test('every way to a job is closed to other users', async () => {
  await using world = await openServiceWorld();
  const { service } = world;
  const id = await make(world, ANNA, 'a');
  const denied = { code: 'E_ACCESSDENIED' };
  const calls: Readonly<Record<string, () => unknown>> = {
    job: () => service.job(BERT, id),
    facts: () => service.facts(BERT, id),
    addFiles: () => service.addFiles(BERT, id, [file(world, 'b')]),
    files: () => service.files(BERT, id, { after: 0, limit: 1 }),
    pieces: () => service.pieces(BERT, id, { after: 0, limit: 1 }),
    sources: () => service.sources(BERT, id),
    attempts: () => service.attempts(BERT, id),
    explain: () => service.explain(BERT, id),
    retry: () => service.retry(BERT, id),
    setMaxBytesPerSecond: () => service.setMaxBytesPerSecond(BERT, id, 1),
    order: () => service.order(BERT, id, 'first'),
    acknowledge: () => service.acknowledge(BERT, id, 1),
    remove: () => service.remove(BERT, id),
    subscribe: () => service.subscribe(BERT, { after: 0, jobId: id }),
    jobEvents: () => service.jobEvents(BERT, id, { after: 0, limit: 1 }),
    everyone: () =>
      service.page(BERT, { limit: 1, includeFinal: false, family: 'both', owner: '*' }),
    everyonesEvents: () => service.subscribe(BERT, { after: 0, owner: '*' }),
    everyonesProgress: () => service.progress(BERT, true),
  };
  for (const [name, call] of Object.entries(calls)) {
    await assert.rejects(async () => call(), denied, name);
  }
  assert.deepEqual(service.page(BERT, { limit: 9, includeFinal: true, family: 'both' }).jobs, []);
  assert.equal(service.statistics(BERT).jobsByState.size, 0);
});

test('pages hold every job of the caller once, in order of creation', async () => {
  await using world = await openServiceWorld();
  const ids: string[] = [];
  for (let index = 0; index < 7; index += 1) {
    ids.push(await make(world, ANNA, `a${index}`));
    await make(world, BERT, `b${index}`);
  }
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = world.service.page(ANNA, {
      limit: 3,
      includeFinal: false,
      family: 'job',
      ...(after === undefined ? {} : { afterId: after }),
    });
    assert.ok(page.jobs.length <= 3);
    seen.push(...page.jobs.map(({ id }) => id));
    after = page.nextAfterId;
  } while (after !== undefined);
  assert.deepEqual(seen, ids);
});

test('the largest page, and one that ends with the last job, have no next one', async () => {
  await using world = await openServiceWorld();
  const ids = [await make(world, ANNA, 'a'), await make(world, ANNA, 'b')];
  for (const limit of [2, 1_000]) {
    const page = world.service.page(ANNA, { limit, includeFinal: false, family: 'both' });
    assert.deepEqual(
      page.jobs.map(({ id }) => id),
      ids,
    );
    assert.equal(page.nextAfterId, undefined);
  }
});

test('a list shows a job as it is in memory where the store is behind', async () => {
  await using world = await openServiceWorld();
  const id = await make(world, ANNA, 'a');
  const live = world.engine.jobs.get(id);
  live.job = { ...live.job, displayName: 'newer' };
  const page = world.service.page(ANNA, { limit: 1, includeFinal: false, family: 'both' });
  assert.deepEqual(
    page.jobs.map(({ displayName }) => displayName),
    ['newer'],
  );
});

test('a job whose file is refused is not made', async () => {
  await using world = await openServiceWorld();
  const before = world.service.eventBounds().last;
  await assert.rejects(
    world.service.createJob(ANNA, {
      displayName: 'a',
      files: [file(world, 'a'), { url: 'ftp://x/', localName: world.target('b') }],
    }),
    { code: 'E_INVALIDARG' },
  );
  assert.equal(world.service.eventBounds().last, before);
  assert.deepEqual(
    world.service.page(ANNA, { limit: 9, includeFinal: true, family: 'both' }).jobs,
    [],
  );
});

test('the same request under the same key makes one job, at once and after a restart', async () => {
  await using world = await openServiceWorld();
  const wanted = { displayName: 'a', files: [file(world, 'a')] };
  const key = { key: 'k', fingerprint: 'f' };
  const made = await Promise.all([1, 2, 3].map(() => world.service.createJob(ANNA, wanted, key)));
  assert.deepEqual(
    made.map(({ created }) => created),
    [true, false, false],
  );
  assert.equal(new Set(made.map(({ facts }) => facts.id)).size, 1);
  await world.reopen();
  const again = await world.service.createJob(ANNA, wanted, key);
  assert.equal(again.created, false);
  assert.equal(again.facts.id, made[0]?.facts.id);
  // The key is the caller's own.
  assert.equal((await world.service.createJob(BERT, wanted, key)).created, true);
  await assert.rejects(world.service.createJob(ANNA, wanted, { ...key, fingerprint: 'g' }), {
    code: 'E_INVALIDARG',
    message: /Idempotency-Key/,
  });
});

test('the answer to a repeated request waits for the job to be flushed', async () => {
  await using world = await openServiceWorld();
  const { store } = world.engine.ports;
  const flushed = store.flushed.bind(store);
  const wanted = { displayName: 'a', files: [file(world, 'a')] };
  const key = { key: 'k', fingerprint: 'f' };
  store.flushed = () => Promise.reject(new Error('the disk is gone'));
  for (const _attempt of [1, 2]) {
    await assert.rejects(world.service.createJob(ANNA, wanted, key), /the disk is gone/);
  }
  store.flushed = flushed;
  const { created, facts } = await world.service.createJob(ANNA, wanted, key);
  assert.equal(created, false);
  const { jobs } = world.service.page(ANNA, { limit: 9, includeFinal: true, family: 'both' });
  assert.deepEqual(
    jobs.map(({ id }) => id),
    [facts.id],
  );
});

test('queued jobs are put first, last, before and after others', async () => {
  // No slot at all: the queue stands still.
  await using world = await openServiceWorld({
    slots: { foregroundSlots: 0, backgroundSlots: 0, timeSliceMs: 3_600_000 },
  });
  const { service, engine } = world;
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c', 'd']) ids.push(await make(world, ANNA, name));
  const [a, b, c, d] = ids as [string, string, string, string];
  for (const id of ids) await service.job(ANNA, id).resume();
  const queue = (): readonly string[] => engine.ports.store.queued(false, 9);
  assert.deepEqual(queue(), [a, b, c, d]);
  await service.order(ANNA, d, 'first');
  assert.deepEqual(queue(), [d, a, b, c]);
  await service.order(ANNA, a, 'last');
  assert.deepEqual(queue(), [d, b, c, a]);
  await service.order(ANNA, a, { before: b });
  assert.deepEqual(queue(), [d, a, b, c]);
  await service.order(ANNA, d, { after: c });
  assert.deepEqual(queue(), [a, b, c, d]);
  await service.order(ANNA, c, { before: a });
  assert.deepEqual(queue(), [c, a, b, d]);
  await world.reopen();
  assert.deepEqual(world.engine.ports.store.queued(false, 9), [c, a, b, d]);
});

test('only a queued job has a place in the queue', async () => {
  await using world = await openServiceWorld();
  const id = await make(world, ANNA, 'a');
  await assert.rejects(world.service.order(ANNA, id, 'first'), { code: 'DO_E_INVALID_STATE' });
});

test('a job that is removed is forgotten with its history', async () => {
  await using world = await openServiceWorld();
  const id = await make(world, ANNA, 'a');
  await world.service.remove(ANNA, id);
  assert.throws(() => world.service.facts(ANNA, id), { code: 'DO_E_JOB_NOT_FOUND' });
});

test('retry is for jobs in an error alone', async () => {
  await using world = await openServiceWorld();
  const id = await make(world, ANNA, 'a');
  await assert.rejects(world.service.retry(ANNA, id), { code: 'DO_E_INVALID_STATE' });
});

test('a job of a failed origin tells its attempts, and why it waits', async () => {
  await using world = await openServiceWorld();
  const id = await make(world, ANNA, 'a');
  await world.service.job(ANNA, id).resume();
  await until(() => world.service.attempts(ANNA, id).length > 1, { what: 'two attempts' });
  const [latest] = world.service.attempts(ANNA, id);
  assert.equal(latest?.failure.code, 'ERROR_WINHTTP_CANNOT_CONNECT');
  assert.equal(latest.state, BG_JOB_STATE.TRANSIENT_ERROR);
  await world.service.job(ANNA, id).suspend();
  const explained = world.service.explain(ANNA, id);
  assert.equal(explained.summary, 'The job is suspended.');
  assert.equal(explained.reasons[0]?.unblockedBy, 'Resume the job.');
});

test('what is fetched is counted by month and source', async () => {
  await using world = await openServiceWorld();
  await using origin = await startOrigin();
  const sizeBytes = 300_000;
  const url = origin.put('/a', { body: Buffer.alloc(sizeBytes, 'x') });
  const { facts } = await world.service.createJob(ANNA, {
    displayName: 'a',
    files: [{ url, localName: world.target('a') }],
    resume: true,
  });
  await until(() => world.service.facts(ANNA, facts.id).state === BG_JOB_STATE.TRANSFERRED, {
    what: 'the transfer',
  });
  const months = (): readonly { source: string; bytesDown: number }[] =>
    world.service.statistics(ANNA).months;
  await until(() => months().length > 0, { what: 'the count' });
  const [first] = months();
  assert.deepEqual([first?.source, first?.bytesDown], ['origin', sizeBytes]);
  assert.deepEqual(world.service.facts(ANNA, facts.id).pendingEvent?.event, 'transferred');
});
