import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as events from '../../../src/rest/schemas/events.ts';
import { type ApiWorld, openApiWorld, TOKENS } from '../../support/api-world.ts';
import { listen } from '../../support/sse-client.ts';
import { until } from '../../support/temporary.ts';
import { startOrigin } from '../../support/origin.ts';
import { makeJob } from './route-cases.ts';

async function change(
  world: ApiWorld,
  id: string,
  noProgressTimeoutSeconds: number,
): Promise<void> {
  const { status } = await world.send({
    method: 'PATCH',
    path: `/v1/jobs/${id}`,
    body: { noProgressTimeoutSeconds },
  });
  assert.equal(status, 200);
}

const sequences = (list: readonly { readonly id: string | undefined }[]): number[] =>
  list.map(({ id }) => Number(id));

test('a listener hears what happens from now on, in order, and in the form of the schema', async () => {
  await using world = await openApiWorld();
  await makeJob(world, 'before');
  await using listener = await listen(world.port, TOKENS.alice);
  assert.equal(listener.status, 200);
  assert.match(String(listener.headers['content-type']), /^text\/event-stream/);
  assert.equal(listener.headers['cache-control'], 'no-store');
  await until(() => listener.retry === 1_000, { what: 'the time to wait before coming back' });
  const id = await makeJob(world, 'after');
  await change(world, id, 5);
  const heard = await listener.waitFor(2);
  for (const { id: number, event, data } of heard) {
    const parsed = events.Event.parse(data);
    assert.equal(parsed.kind, event);
    assert.equal(parsed.sequence, Number(number));
    assert.equal(parsed.jobId, id);
  }
  assert.equal(heard[0]!.data.displayName, 'after');
  assert.deepEqual(heard.at(-1)!.data.what, ['noProgressTimeout']);
});

test('what was missed is replayed after Last-Event-ID, without gap or repeat', async () => {
  await using world = await openApiWorld();
  const id = await makeJob(world);
  await using first = await listen(world.port, TOKENS.alice, '/v1/events?after=0');
  for (let seconds = 1; seconds <= 20; seconds += 1) await change(world, id, seconds);
  const all = sequences(await first.waitFor(21));
  assert.deepEqual(
    all,
    [...all].sort((a, b) => a - b),
  );
  for (const from of [0, 7, 20]) {
    // While it replays, more happens.
    const later = change(world, id, 1_000 + from);
    await using second = await listen(world.port, TOKENS.alice, '/v1/events', {
      'last-event-id': String(all[from]),
    });
    await later;
    const count = all.length - from - 1 + (from === 0 ? 1 : from === 7 ? 2 : 3);
    const heard = sequences(await second.waitFor(count));
    const complete = sequences(await first.waitFor(all.length + (count - (all.length - from - 1))));
    assert.deepEqual(heard, complete.slice(from + 1));
  }
});

test('a listener whose place is gone or was never given is told to begin anew', async () => {
  await using world = await openApiWorld();
  const id = await makeJob(world);
  for (let seconds = 1; seconds <= 5; seconds += 1) await change(world, id, seconds);
  const { last } = world.service.eventBounds();
  await using beyond = await listen(world.port, TOKENS.alice, `/v1/events?after=${last + 100}`);
  const [reset] = await beyond.waitFor(1);
  assert.equal(reset!.event, 'reset');
  assert.equal(Number(reset!.id), last);
  assert.deepEqual(events.ResetEvent.parse(reset!.data).last, last);

  world.engine.ports.store.events.trim({ beforeMs: Number.MAX_SAFE_INTEGER, keep: 2 });
  const { trimmed } = world.service.eventBounds();
  assert.ok(trimmed > 0);
  await using behind = await listen(world.port, TOKENS.alice, '/v1/events?after=0');
  const heard = await behind.waitFor(1 + last - trimmed);
  assert.deepEqual(events.ResetEvent.parse(heard[0]!.data), { kind: 'reset', trimmed, last });
  assert.equal(Number(heard[0]!.id), trimmed);
  assert.deepEqual(
    sequences(heard.slice(1)),
    Array.from({ length: last - trimmed }, (_, index) => trimmed + 1 + index),
  );
});

test("nobody hears of another user's jobs but administrators who ask", async () => {
  await using world = await openApiWorld();
  const [mine, theirs] = [await makeJob(world, 'of alice'), 'of bob'];
  await using alice = await listen(world.port, TOKENS.alice, '/v1/events?after=0');
  await using bob = await listen(world.port, TOKENS.bob, '/v1/events?after=0');
  await using everyone = await listen(world.port, TOKENS.admin, '/v1/events?after=0&owner=*');
  await using onlyMine = await listen(world.port, TOKENS.admin, `/v1/events?after=0&job=${mine}`);
  const { status } = await world.send({
    method: 'POST',
    path: '/v1/jobs',
    body: { displayName: theirs },
    token: TOKENS.bob,
  });
  assert.equal(status, 201);
  await change(world, mine, 9);
  const names = (list: readonly { readonly data: { readonly owner: string } }[]): string[] =>
    list.map(({ data }) => data.owner);
  assert.deepEqual(names(await everyone.waitFor(3)), ['alice', 'bob', 'alice']);
  assert.deepEqual(names(await alice.waitFor(2)), ['alice', 'alice']);
  assert.deepEqual(names(await bob.waitFor(1)), ['bob']);
  assert.deepEqual(names(await onlyMine.waitFor(2)), ['alice', 'alice']);
  for (const path of [`/v1/events?owner=*`, '/v1/events?owner=alice', `/v1/events?job=${mine}`]) {
    assert.equal((await world.send({ path, token: TOKENS.bob })).status, 403);
  }
});

test('progress comes in between, without a number, to those who want it', async () => {
  await using world = await openApiWorld({ limits: { progressMs: 20 } });
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 100_000 } });
  const url = origin.put('/big', { body: Buffer.alloc(5_000_000) });
  await using wanting = await listen(world.port, TOKENS.alice);
  await using quiet = await listen(world.port, TOKENS.alice, '/v1/events?progress=false');
  await using stranger = await listen(world.port, TOKENS.bob);
  const { json } = await world.send({
    method: 'POST',
    path: '/v1/jobs',
    body: {
      displayName: 'moving',
      files: [{ remoteName: url, localName: world.target('moving.bin') }],
      resume: true,
    },
  });
  await until(() => wanting.events.filter(({ event }) => event === 'progress').length >= 3, {
    what: 'progress',
  });
  const reports = wanting.events.filter(({ event }) => event === 'progress');
  for (const { id, data } of reports) {
    assert.equal(id, undefined);
    assert.equal(events.ProgressEvent.parse(data).jobId, json.id);
  }
  assert.ok(!quiet.events.some(({ event }) => event === 'progress'));
  assert.equal(stranger.events.length, 0);
});

test('a silent stream is kept alive by comments', async () => {
  await using world = await openApiWorld({ limits: { heartbeatMs: 10 } });
  await using listener = await listen(world.port, TOKENS.alice);
  await until(() => listener.comments.length >= 4, { what: 'comments' });
  assert.equal(listener.events.length, 0);
});

test('a listener that takes nothing is dropped, and misses nothing when it comes back', async () => {
  await using world = await openApiWorld({ limits: { stallMs: 50 } });
  await using stalled = await listen(world.port, TOKENS.alice, '/v1/events?after=0');
  const id = await makeJob(world, 'x'.repeat(200));
  const [first] = await stalled.waitFor(1);
  stalled.pause();
  // Written past the door: what the socket's buffers hold is more than a test can ask for in calls.
  const raw = [...world.openResponses()][0]!;
  raw.write(`: ${'x'.repeat(16_000_000)}\n\n`);
  for (let seconds = 1; seconds <= 3; seconds += 1) await change(world, id, seconds);
  await until(() => raw.destroyed, { what: 'the listener to be dropped' });
  await using back = await listen(world.port, TOKENS.alice, '/v1/events', {
    'last-event-id': first!.id!,
  });
  const heard = sequences(await back.waitFor(3));
  assert.deepEqual(
    heard,
    [1, 2, 3].map((step) => Number(first!.id) + step),
  );
});

test('there is a bound to listeners, and a place is free again when one leaves', async () => {
  await using world = await openApiWorld({ limits: { eventListeners: 2 } });
  await using first = await listen(world.port, TOKENS.alice);
  await using second = await listen(world.port, TOKENS.alice);
  assert.deepEqual([first.status, second.status], [200, 200]);
  const refused = await world.send({ path: '/v1/events' });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['retry-after'], '5');
  await second[Symbol.asyncDispose]();
  await until(
    async () => {
      await using third = await listen(world.port, TOKENS.alice);
      return third.status === 200;
    },
    { what: 'a free place' },
  );
});

test('a service that stops ends its streams in good order', async () => {
  await using world = await openApiWorld();
  await using listener = await listen(world.port, TOKENS.alice);
  await makeJob(world);
  await listener.waitFor(1);
  await world.tcp.close();
  await until(() => listener.ended !== undefined, { what: 'the end of the stream' });
  assert.equal(listener.ended, 'end');
});

test('a hundred listeners hear the same', async () => {
  await using world = await openApiWorld();
  const listeners = await Promise.all(
    Array.from({ length: 100 }, () => listen(world.port, TOKENS.alice)),
  );
  try {
    const id = await makeJob(world);
    for (let seconds = 1; seconds <= 5; seconds += 1) await change(world, id, seconds);
    const heard = await Promise.all(listeners.map((listener) => listener.waitFor(6)));
    for (const list of heard) assert.deepEqual(sequences(list), sequences(heard[0]!));
  } finally {
    await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
  }
});

test('a place that is no number is refused', async () => {
  await using world = await openApiWorld();
  for (const bad of ['x', '-1', '1.5', '1e3']) {
    const byHeader = await world.send({ path: '/v1/events', headers: { 'last-event-id': bad } });
    assert.equal(byHeader.status, 400);
    assert.equal(byHeader.json.issues[0].path, 'headers.last-event-id');
    assert.equal((await world.send({ path: `/v1/events?after=${bad}` })).status, 400);
  }
});
