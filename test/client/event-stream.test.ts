import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RestClient } from '../../src/rest/client.ts';
import { EventStream, type StreamedEvent } from '../../src/rest/event-stream.ts';
import { NoAnswerError, type HttpRequest } from '../../src/rest/http-sender.ts';
import { until } from '../support/temporary.ts';

const jobId = '01234567-89ab-7def-8123-456789abcdef';

function frame(sequence: number): string {
  const data = { kind: 'job.created', sequence, jobId, owner: 'o', at: '', displayName: 'x' };
  return `id: ${sequence}\nevent: job.created\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What one connection does: texts it sends, then `open` to stay, `end` or `break`. */
type Connection = readonly [...texts: string[], end: 'open' | 'end' | 'break'] | 'refused' | 503;

/** A stream over connections that go as told, and what came of it. */
function follow(connections: readonly Connection[], after?: number) {
  const asked: HttpRequest[] = [];
  const events: number[] = [];
  const progress: StreamedEvent[] = [];
  const waits: number[] = [];
  let gaps = 0;
  let lost = 0;
  const stream = new EventStream({
    client: new RestClient({
      where: 'the test',
      send: async (request) => {
        const connection = connections[asked.length] ?? 'refused';
        asked.push(request);
        if (connection === 'refused')
          throw new NoAnswerError({ refused: true, keptConnection: false, cause: 'x' });
        if (connection === 503) return { status: 503, headers: {}, body: bodyOf(['end']) };
        return { status: 200, headers: {}, body: bodyOf(connection, request.signal) };
      },
    }),
    ...(after === undefined ? {} : { after }),
    onEvent: (event) => {
      if (event.kind === 'progress') progress.push(event);
      else events.push(event.sequence);
    },
    onGap: () => void (gaps += 1),
    onLost: () => void (lost += 1),
    sleep: async (delayMs, signal) => {
      waits.push(delayMs);
      // When all is said the stream would try for ever.
      if (asked.length < connections.length) return;
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    },
    random: () => 1,
  });
  const done = (): Promise<boolean> =>
    until(() => asked.length >= connections.length && waits.length >= connections.length, {
      what: 'the last connection to end',
    });
  return {
    stream,
    asked,
    events,
    progress,
    waits,
    done,
    gaps: () => gaps,
    lost: () => lost,
    places: () => asked.map(({ headers }) => headers['last-event-id']),
  };
}

async function* bodyOf(
  connection: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (const text of connection.slice(0, -1)) yield new TextEncoder().encode(text);
  if (connection.at(-1) === 'break') throw new Error('aborted');
  if (connection.at(-1) !== 'open') return;
  await new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

test('events arrive in order, each once, however the bytes are cut and replayed', async () => {
  const text = frame(1) + frame(2) + frame(3);
  const cut = Array.from({ length: Math.ceil(text.length / 7) }, (_, index) =>
    text.slice(7 * index, 7 * index + 7),
  );
  const seen = follow([
    [...cut, 'break'],
    [frame(2), frame(3), frame(4), 'end'],
  ]);
  await seen.stream.open();
  await seen.done();
  assert.deepEqual(seen.events, [1, 2, 3, 4]);
  await seen.stream[Symbol.asyncDispose]();
});

test('after a lost connection it goes on behind the last event, without a gap', async () => {
  const seen = follow([[frame(5), 'end'], 'refused', 503, [frame(6), 'break'], [frame(7), 'end']]);
  await seen.stream.open();
  await seen.done();
  assert.deepEqual(seen.events, [5, 6, 7]);
  assert.deepEqual(seen.places(), [undefined, '5', '5', '5', '6']);
  assert.equal(seen.gaps(), 0);
  assert.equal(seen.lost(), 5);
  await seen.stream[Symbol.asyncDispose]();
});

test('a connection that is lost before the first event leaves a gap', async () => {
  const seen = follow([['end'], ['end']]);
  await seen.stream.open();
  await seen.done();
  assert.equal(seen.gaps(), 1);
  await seen.stream[Symbol.asyncDispose]();
});

test('a place to begin at is asked for from the first connection on', async () => {
  const seen = follow([['end'], ['end']], 41);
  await seen.stream.open();
  await seen.done();
  assert.deepEqual(seen.places(), ['41', '41']);
  assert.equal(seen.gaps(), 0);
  await seen.stream[Symbol.asyncDispose]();
});

test('a reset says that there is a gap, and events go on from the place it names', async () => {
  const reset = 'id: 2\nevent: reset\ndata: {"kind":"reset","trimmed":0,"last":2}\n\n';
  const seen = follow([[frame(900), reset, frame(3), 'end'], ['end']]);
  await seen.stream.open();
  await seen.done();
  assert.deepEqual(seen.events, [900, 3], 'a store that was begun anew counts from the start');
  assert.equal(seen.gaps(), 1);
  assert.deepEqual(seen.places(), [undefined, '3']);
  await seen.stream[Symbol.asyncDispose]();
});

test('progress and comments do not move the place', async () => {
  const data = { kind: 'progress', jobId, bytesTransferred: 1 };
  const seen = follow([[frame(1), ':\n\n', `data: ${JSON.stringify(data)}\n\n`, 'end'], ['end']]);
  await seen.stream.open();
  await seen.done();
  assert.equal(seen.progress.length, 1);
  assert.deepEqual(seen.places(), [undefined, '1']);
  await seen.stream[Symbol.asyncDispose]();
});

for (const [what, text] of [
  ['no JSON', 'data: nonsense\n\n'],
  ['an event without an end', `data: ${'x'.repeat(1_200_000)}`],
] as const) {
  test(`${what} ends the connection and the next one goes on`, async () => {
    const seen = follow([
      [frame(1), text, 'open'],
      [frame(2), 'end'],
    ]);
    await seen.stream.open();
    await seen.done();
    assert.deepEqual(seen.events, [1, 2]);
    await seen.stream[Symbol.asyncDispose]();
  });
}

test('waits double from 100 ms to 5 s, and begin anew once something is heard', async () => {
  const refused = Array.from({ length: 8 }, () => 'refused' as const);
  const seen = follow([['end'], ...refused, [frame(1), 'end'], 'refused']);
  await seen.stream.open();
  await seen.done();
  assert.deepEqual(seen.waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 100, 200]);
  await seen.stream[Symbol.asyncDispose]();
});

test('a first connection that fails is told to whoever opens the stream', async () => {
  await assert.rejects(follow(['refused']).stream.open(), { code: 'DO_E_NO_SERVICE' });
  await assert.rejects(follow([503]).stream.open(), { code: 'E_UNEXPECTED' });
});

test('closing ends the connection that stands, and tells of no loss', async () => {
  const seen = follow([[frame(1), 'open']]);
  await seen.stream.open();
  await until(() => seen.events.length === 1, { what: 'the event' });
  assert.ok(seen.stream.connected);
  await seen.stream[Symbol.asyncDispose]();
  assert.ok(!seen.stream.connected);
  assert.equal(seen.lost(), 0);
});
