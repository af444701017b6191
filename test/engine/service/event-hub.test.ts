import assert from 'node:assert/strict';
import { test } from 'node:test';

import type {
  EventBatch,
  EventSubscription,
} from '../../../src/engine/service/transfer-service.ts';
import {
  ADMIN,
  ANNA,
  BERT,
  openServiceWorld,
  type ServiceWorld,
} from '../../support/service-world.ts';

const NEVER = new AbortController().signal;

async function change(world: ServiceWorld, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await world.service.createJob(ANNA, { displayName: `job ${index}` });
  }
}

/** Reads on until an event with this number has come. */
async function readTo(subscription: EventSubscription, sequence: number): Promise<number[]> {
  const seen: number[] = [];
  while ((seen.at(-1) ?? 0) < sequence) {
    const batch = await subscription.next(NEVER);
    assert.equal(batch.kind, 'events');
    seen.push(...batch.events.map((event) => event.sequence));
  }
  return seen;
}

function from(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test('a listener hears of every event once, in order, across a restart of the service', async () => {
  await using world = await openServiceWorld();
  using first = world.hub.subscribe(0, {});
  await change(world, 3);
  assert.deepEqual(await readTo(first, 3), from(1, 3));
  await change(world, 2);
  assert.deepEqual(await readTo(first, 5), from(4, 5));
  await world.reopen();
  await change(world, 2);
  using second = world.hub.subscribe(3, {});
  assert.deepEqual(await readTo(second, 7), from(4, 7));
});

test('a listener that is far behind gets every event all the same', async () => {
  await using world = await openServiceWorld();
  await change(world, 2_500);
  using behind = world.hub.subscribe(1, {});
  using ahead = world.hub.subscribe(2_490, {});
  assert.deepEqual(await readTo(behind, 2_500), from(2, 2_500));
  assert.deepEqual(await readTo(ahead, 2_500), from(2_491, 2_500));
});

test('a hundred listeners hear the same', async () => {
  await using world = await openServiceWorld();
  const subscriptions = Array.from({ length: 100 }, () => world.hub.subscribe(0, {}));
  const heard = Promise.all(subscriptions.map((subscription) => readTo(subscription, 20)));
  await change(world, 20);
  for (const seen of await heard) assert.deepEqual(seen, from(1, 20));
  for (const subscription of subscriptions) subscription[Symbol.dispose]();
});

test('a listener hears of its own jobs alone', async () => {
  await using world = await openServiceWorld();
  await world.service.createJob(BERT, { displayName: 'bert' });
  await world.service.createJob(ANNA, { displayName: 'anna' });
  for (const [caller, owner, expected] of [
    [ANNA, undefined, ['anna']],
    [BERT, undefined, ['bert']],
    [ADMIN, '*', ['bert', 'anna']],
    [ADMIN, 'anna', ['anna']],
  ] as const) {
    using subscription = world.service.subscribe(caller, {
      after: 0,
      ...(owner === undefined ? {} : { owner }),
    });
    const batch = await subscription.next(NEVER);
    assert.equal(batch.kind, 'events');
    assert.deepEqual(
      batch.events.map((event) => event.owner),
      expected,
    );
  }
});

test('a listener finds its own event behind hundreds of others', async () => {
  await using world = await openServiceWorld();
  await change(world, 700);
  await world.service.createJob(BERT, { displayName: 'bert' });
  using subscription = world.service.subscribe(BERT, { after: 0 });
  const batch = await subscription.next(AbortSignal.timeout(10_000));
  assert.equal(batch.kind, 'events');
  assert.deepEqual(
    batch.events.map(({ owner, sequence }) => [owner, sequence]),
    [['bert', 701]],
  );
});

test('whoever asks for events that are gone is told so once, and goes on with what is there', async () => {
  await using world = await openServiceWorld();
  await change(world, 5);
  world.engine.ports.store.events.trim({ beforeMs: 0, keep: 2 });
  using subscription = world.hub.subscribe(1, {});
  assert.deepEqual(await subscription.next(NEVER), {
    kind: 'reset',
    trimmed: 3,
    last: 5,
  } satisfies EventBatch);
  assert.deepEqual(await readTo(subscription, 5), [4, 5]);
});

test('a place beyond the end is one of another store', async () => {
  await using world = await openServiceWorld();
  await change(world, 1);
  using subscription = world.hub.subscribe(99, {});
  const batch = await subscription.next(NEVER);
  assert.equal(batch.kind, 'reset');
  await change(world, 1);
  assert.deepEqual(await readTo(subscription, 2), [2]);
});

test('waiting ends with the signal and with the subscription', async () => {
  await using world = await openServiceWorld();
  const subscription = world.hub.subscribe(0, {});
  const stop = new AbortController();
  const waiting = subscription.next(stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(waiting, /stopped/);
  await assert.rejects(subscription.next(stop.signal), /stopped/);
  const other = subscription.next(NEVER);
  subscription[Symbol.dispose]();
  await assert.rejects(other, /subscription has ended/);
  await assert.rejects(subscription.next(NEVER), /subscription has ended/);
});

test('what comes to nothing with its transaction is not told, and what follows is', async () => {
  await using world = await openServiceWorld();
  const { store } = world.engine.ports;
  const { id } = (await world.service.createJob(ANNA, { displayName: 'job' })).facts;
  using listener = world.hub.subscribe(1, {});
  const live = world.engine.jobs.get(id);
  const change = (seconds: number): void =>
    world.engine.call(live, { call: 'setNoProgressTimeout', seconds });
  assert.throws(() =>
    store.together(() => {
      change(100);
      change(200);
      throw new Error('the disk is full');
    }),
  );
  await world.service.createJob(ANNA, { displayName: 'another' });
  const batch = await listener.next(AbortSignal.timeout(5_000));
  assert.ok(batch.kind === 'events');
  assert.deepEqual(
    batch.events.map(({ sequence, body }) => [sequence, body.kind]),
    [[2, 'job.created']],
  );
});
