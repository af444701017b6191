import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import type { HeaderList } from '../../src/core/http/fields.ts';
import type { HttpResponse, HttpTransport } from '../../src/ports/http-transport.ts';
import { bytesAt } from '../support/origin.ts';
import type { Content, Fault } from '../support/origin.ts';

/** A transport for one test, and servers for it to talk to. */
export interface HttpTransportWorld extends AsyncDisposable {
  readonly transport: HttpTransport;
  /** Serves a content, and returns its URL. */
  put(path: string, content: Content): string;
  /** The next answers to a path have these faults, one list each. */
  script(path: string, faults: readonly (readonly Fault[])[]): void;
  /** The fields of every request so far. */
  requests(): readonly { readonly fields: HeaderList; readonly closedEarly: boolean }[];
  /** Bytes of body that have left the servers. */
  bytesSent(): number;
  /** Connections the servers have accepted. */
  accepted(): number;
  /** URLs of a port nobody listens on, and of a host that no name server knows. */
  readonly refusedUrl: string;
  readonly unknownUrl: string;
  /** Lets time pass until the promise has settled, and returns what it comes to. */
  during<T>(promise: Promise<T>): Promise<T>;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
}

const SEED = 7;
const SIZE = 300_000;
const content: Content = { body: { size: SIZE, seed: SEED }, etag: '"one"' };
const LARGE_BYTES = 64 * 1_048_576;

/** What may wait for a reader that does not read: the queue, and the sockets' own buffers. */
const MAX_UNREAD_BYTES = 16 * 1_048_576;

/** A client may need a moment after an answer before it uses the connection again. */
const REST_MS = 20;

/** Runs the suite of the port `HttpTransport` on one of its implementations. */
export function testHttpTransport(
  name: string,
  makeWorld: () => Promise<HttpTransportWorld>,
): void {
  function scenario(sentence: string, run: (world: HttpTransportWorld) => Promise<void>): void {
    test(`${name}: ${sentence}`, async () => {
      await using world = await makeWorld();
      await run(world);
    });
  }

  scenario('an answer has its status, its fields in order and its exact bytes', async (world) => {
    const url = world.put('/file', content);
    world.script('/file', [[{ kind: 'header', name: 'X-Own', value: 'a, "b"' }]]);
    const response = await get(world, url);
    assert.equal(response.status, 200);
    const names = response.headers.map(([field]) => field.toLowerCase());
    const own = names.filter((field) => ['etag', 'content-length', 'x-own'].includes(field));
    assert.deepEqual(own, ['etag', 'content-length', 'x-own']);
    assert.equal(valueOf(response, 'x-own'), 'a, "b"');
    assertBytes(await world.during(read(response)), 0, SIZE);
  });

  scenario('fields that are repeated arrive as often as they were sent', async (world) => {
    const url = world.put('/file', { body: Buffer.from('x'), etag: null });
    world.script('/file', [[{ kind: 'interim', statuses: [103] }]]);
    const response = await get(world, url);
    assert.equal(response.status, 200);
    assert.equal(
      fieldsOf(response, 'link').length,
      0,
      'the fields of an interim answer are its own',
    );
    assert.equal(fieldsOf(response, 'content-length').length, 1);
    assert.deepEqual(Buffer.from(await world.during(read(response))), Buffer.from('x'));
  });

  scenario('a range is asked for as given, and answered as sent', async (world) => {
    const url = world.put('/file', content);
    const fields: HeaderList = [
      ['Range', 'bytes=1000-1999'],
      ['If-Range', '"one"'],
    ];
    const response = await get(world, url, fields);
    assert.equal(response.status, 206);
    assert.equal(valueOf(response, 'content-range'), `bytes 1000-1999/${SIZE}`);
    assertBytes(await world.during(read(response)), 1_000, 1_000);
    const sent = world.requests()[0]!.fields.filter(([field]) => /range/i.test(field));
    assert.deepEqual(
      sent.map(([field, value]) => [field.toLowerCase(), value]),
      fields.map(([field, value]) => [field.toLowerCase(), value]),
    );
  });

  scenario('statuses of every kind are answers, and redirects are not followed', async (world) => {
    for (const status of [204, 302, 404, 416, 503]) {
      const url = world.put(`/${status}`, content);
      world.script(`/${status}`, [[{ kind: 'status', status, headers: { Location: '/file' } }]]);
      const response = await get(world, url);
      assert.equal(response.status, status);
      await world.during(read(response));
    }
    assert.equal(world.requests().length, 5);
  });

  scenario('a chunked body loses its framing, and an empty one is empty', async (world) => {
    const url = world.put('/file', content);
    world.put('/empty', { body: Buffer.alloc(0) });
    world.script('/file', [[{ kind: 'chunked', chunkBytes: 999 }]]);
    assertBytes(await world.during(read(await get(world, url))), 0, SIZE);
    const empty = await get(world, url.replace('/file', '/empty'));
    assert.equal((await world.during(read(empty))).length, 0);
  });

  const cuts: readonly (readonly [string, Fault])[] = [
    ['reset', { kind: 'reset-mid-body', afterBytes: 100_000 }],
    ['closed', { kind: 'close-mid-body', afterBytes: 100_000 }],
    ['chunked and closed', { kind: 'chunked-cut', afterBytes: 100_000 }],
  ];
  for (const [how, fault] of cuts) {
    scenario(
      `of a body cut short (${how}) what was received is read before the error`,
      async (world) => {
        const url = world.put('/file', content);
        world.script('/file', [[fault]]);
        const response = await get(world, url);
        const chunks: Uint8Array[] = [];
        await rejects(world.during(gather(response, chunks)), 'ERROR_WINHTTP_CONNECTION_ERROR');
        assertBytes(Buffer.concat(chunks), 0, 100_000);
      },
    );
  }

  scenario('a body shorter than announced is an error, never a short success', async (world) => {
    const url = world.put('/file', content);
    world.script('/file', [[{ kind: 'short-body', missingBytes: 1 }]]);
    const response = await get(world, url);
    await rejects(world.during(read(response)), 'ERROR_WINHTTP_CONNECTION_ERROR');
  });

  scenario('a body that is discarded closes its connection', async (world) => {
    const url = world.put('/large', { body: { size: LARGE_BYTES, seed: SEED } });
    const response = await get(world, url);
    response.discard();
    await world.pass(50);
    assert.ok(world.requests()[0]!.closedEarly);
    assert.ok(world.bytesSent() < LARGE_BYTES);
    await world.during(read(await get(world, world.put('/small', content))));
    assert.equal(world.accepted(), 2);
  });

  scenario('a reader that leaves the loop early closes the connection', async (world) => {
    const response = await get(
      world,
      world.put('/large', { body: { size: LARGE_BYTES, seed: SEED } }),
    );
    await world.during(readFirst(response));
    await world.pass(50);
    assert.ok(world.requests()[0]!.closedEarly);
    assert.ok(world.bytesSent() < LARGE_BYTES);
  });

  scenario('a connection is used again after a body was read to its end', async (world) => {
    const url = world.put('/file', content);
    for (let turn = 0; turn < 3; turn += 1) {
      assertBytes(await world.during(read(await get(world, url))), 0, SIZE);
      await world.pass(REST_MS);
    }
    assert.equal(world.accepted(), 1);
  });

  scenario(
    'a fresh request has a connection that nobody uses before or after it',
    async (world) => {
      const url = world.put('/file', content);
      const { signal } = new AbortController();
      const ask = async (fresh: boolean): Promise<void> => {
        const asked = { method: 'GET', url, headers: [], fresh } as const;
        const response = await world.during(world.transport.send(asked, signal));
        assertBytes(await world.during(read(response)), 0, SIZE);
        await world.pass(REST_MS);
      };
      await ask(false);
      await ask(true);
      assert.equal(world.accepted(), 2);
      await ask(false);
      assert.equal(world.accepted(), 2, 'the first connection was kept');
      await ask(true);
      assert.equal(world.accepted(), 3);
    },
  );

  scenario('a fresh request fails and is aborted like any other', async (world) => {
    const fresh = { method: 'GET', headers: [], fresh: true, connectTimeoutMs: 3_000 } as const;
    const { controller, reason } = abortion();
    const { signal } = new AbortController();
    const send = (url: string, until: AbortSignal): Promise<HttpResponse> =>
      world.during(world.transport.send({ ...fresh, url }, until));
    await rejects(send(world.refusedUrl, signal), 'ERROR_WINHTTP_CANNOT_CONNECT');
    const response = await send(world.put('/file', content), controller.signal);
    controller.abort(reason);
    await assert.rejects(world.during(read(response)), (error) => error === reason);
  });

  scenario('a kept connection that ends under the next request is an error', async (world) => {
    const url = world.put('/file', content);
    world.script('/file', [[{ kind: 'end-on-next-request', how: 'reset' }]]);
    await world.during(read(await get(world, url)));
    await world.pass(REST_MS);
    await rejects(get(world, url), 'ERROR_WINHTTP_CONNECTION_ERROR');
    assertBytes(await world.during(read(await get(world, url))), 0, SIZE);
  });

  scenario('requests at one time have connections of their own', async (world) => {
    const size = 4 * 1_048_576;
    const url = world.put('/file', { body: { size, seed: SEED } });
    const responses = [await get(world, url), await get(world, url), await get(world, url)];
    for (const response of responses) assertBytes(await world.during(read(response)), 0, size);
    assert.equal(world.accepted(), 3);
  });

  scenario('a signal that was aborted before keeps the request from being sent', async (world) => {
    const url = world.put('/file', content);
    const reason = new Error('No longer wanted.');
    const sent = world.transport.send(
      { method: 'GET', url, headers: [] },
      AbortSignal.abort(reason),
    );
    await assert.rejects(world.during(sent), (error) => error === reason);
    assert.equal(world.requests().length, 0);
  });

  scenario('an abort before the head rejects with its reason', async (world) => {
    const url = world.put('/file', content);
    world.script('/file', [[{ kind: 'never-answer' }]]);
    const { controller, reason } = abortion();
    const sent = world.transport.send({ method: 'GET', url, headers: [] }, controller.signal);
    const outcome = assert.rejects(sent, (error) => error === reason);
    await world.pass(50);
    controller.abort(reason);
    await world.during(outcome);
  });

  scenario('an abort in the middle of a body ends it with its reason', async (world) => {
    const url = world.put('/file', content);
    world.script('/file', [[{ kind: 'stall', afterBytes: 100_000 }]]);
    const { controller, reason } = abortion();
    const sent = world.transport.send({ method: 'GET', url, headers: [] }, controller.signal);
    const response = await world.during(sent);
    const chunks: Uint8Array[] = [];
    const outcome = assert.rejects(gather(response, chunks), (error) => error === reason);
    await world.pass(50);
    assertBytes(Buffer.concat(chunks), 0, 100_000);
    controller.abort(reason);
    await world.during(outcome);
    await world.pass(50);
    assert.ok(world.requests()[0]!.closedEarly);
  });

  scenario('an abort after the end of the body changes nothing', async (world) => {
    const url = world.put('/file', content);
    const { controller, reason } = abortion();
    const sent = world.transport.send({ method: 'GET', url, headers: [] }, controller.signal);
    assertBytes(await world.during(world.during(sent).then(read)), 0, SIZE);
    controller.abort(reason);
    await world.pass(REST_MS);
    assertBytes(await world.during(read(await get(world, url))), 0, SIZE);
    assert.equal(world.accepted(), 1);
  });

  scenario('a reader that does not read stops the sender', async (world) => {
    const response = await get(
      world,
      world.put('/large', { body: { size: LARGE_BYTES, seed: SEED } }),
    );
    await world.pass(300);
    const before = world.bytesSent();
    await world.pass(100);
    assert.equal(world.bytesSent(), before, 'the sender goes on');
    assert.ok(before <= MAX_UNREAD_BYTES, `${before} bytes were sent to nobody`);
    let bytes = 0;
    await world.during(eachChunk(response, (chunk) => (bytes += chunk.length)));
    assert.equal(bytes, LARGE_BYTES);
  });

  scenario('a chunk stays as it is until it is released', async (world) => {
    const response = await get(world, world.put('/file', content));
    const kept: Uint8Array[] = [];
    const read = (async () => {
      for await (const chunk of response.body) kept.push(chunk);
    })();
    await world.during(read);
    for (let turn = 0; turn < 3; turn += 1) {
      const other = await get(world, world.put('/other', { body: { size: SIZE, seed: SEED + 1 } }));
      await world.during(eachChunk(other, () => {}));
    }
    assertBytes(Buffer.concat(kept), 0, SIZE);
    for (const chunk of kept) response.release(chunk);
  });

  const refusals: readonly (readonly [string, readonly Fault[], string])[] = [
    ['closed before the head', [{ kind: 'close-before-head' }], 'ERROR_WINHTTP_CONNECTION_ERROR'],
    ['reset before the head', [{ kind: 'reset-before-head' }], 'ERROR_WINHTTP_CONNECTION_ERROR'],
    ['garbage', [{ kind: 'bad-status-line' }], 'ERROR_WINHTTP_INVALID_SERVER_RESPONSE'],
    [
      'a head without measure',
      [{ kind: 'huge-header', bytes: 80_000 }],
      'ERROR_WINHTTP_HEADER_SIZE_OVERFLOW',
    ],
  ];
  for (const [what, faults, code] of refusals) {
    scenario(`${what} is ${code}`, async (world) => {
      const url = world.put('/file', content);
      world.script('/file', [faults]);
      await rejects(get(world, url), code);
      assertBytes(await world.during(read(await get(world, url))), 0, SIZE);
    });
  }

  scenario('a server that is not there has a code of its own', async (world) => {
    await rejects(get(world, world.refusedUrl), 'ERROR_WINHTTP_CANNOT_CONNECT');
    await rejects(get(world, world.unknownUrl), 'ERROR_WINHTTP_NAME_NOT_RESOLVED');
  });

  scenario('HEAD has a head and no body', async (world) => {
    const url = world.put('/file', content);
    const { signal } = new AbortController();
    const sent = world.transport.send({ method: 'HEAD', url, headers: [] }, signal);
    const response = await world.during(sent);
    assert.equal(valueOf(response, 'content-length'), String(SIZE));
    assert.equal((await world.during(read(response))).length, 0);
  });
}

function get(
  world: HttpTransportWorld,
  url: string,
  headers: HeaderList = [],
): Promise<HttpResponse> {
  const { signal } = new AbortController();
  return world.during(world.transport.send({ method: 'GET', url, headers }, signal));
}

function abortion(): { readonly controller: AbortController; readonly reason: Error } {
  return { controller: new AbortController(), reason: new Error('No longer wanted.') };
}

async function eachChunk(response: HttpResponse, take: (chunk: Uint8Array) => void): Promise<void> {
  for await (const chunk of response.body) {
    take(chunk);
    response.release(chunk);
  }
}

function gather(response: HttpResponse, into: Uint8Array[]): Promise<void> {
  return eachChunk(response, (chunk) => into.push(Uint8Array.from(chunk)));
}

async function read(response: HttpResponse): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await gather(response, chunks);
  return Buffer.concat(chunks);
}

async function readFirst({ body }: HttpResponse): Promise<void> {
  for await (const chunk of body) {
    assert.ok(chunk.length > 0);
    return;
  }
}

function assertBytes(found: Uint8Array, start: number, length: number): void {
  assert.equal(found.length, length);
  assert.ok(bytesAt(SEED, start, length).equals(found), 'the bytes differ');
}

function fieldsOf({ headers }: HttpResponse, name: string): readonly string[] {
  return headers.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
}

function valueOf(response: HttpResponse, name: string): string | undefined {
  return fieldsOf(response, name)[0];
}

/** Settles once the promise has been rejected with this code. */
async function rejects(promise: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof DeliveryOptimizationError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}
