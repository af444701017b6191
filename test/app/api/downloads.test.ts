import assert from 'node:assert/strict';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { test } from 'node:test';

import { PendingStream } from '../../../src/app/api/downloads/pending-stream.ts';
import { DODownloadProperty } from '../../../src/core/constants.ts';
import type { ApiAnswer } from '../../support/api-client.ts';
import { type ApiWorld, openApiWorld, TOKENS } from '../../support/api-world.ts';
import { assertContent } from '../../support/engine-world.ts';
import { bytesAt, type Origin, startOrigin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';

const { DisplayName, Uri, LocalPath, StreamInterface, CallbackInterface } = DODownloadProperty;

const post = (world: ApiWorld, path: string, body?: unknown): Promise<ApiAnswer> =>
  world.send({ method: 'POST', path, body });

/** A download with these properties, by its path. */
async function make(
  world: ApiWorld,
  properties: readonly (readonly [number, unknown])[],
): Promise<string> {
  const { headers } = await post(world, '/v1/downloads');
  const path = headers['location'] as string;
  for (const [id, body] of properties) {
    const answer = await world.send({ method: 'PUT', path: `${path}/properties/${id}`, body });
    assert.equal(answer.status, 200, answer.text);
  }
  return path;
}

const text = (value: string): unknown => ({ type: 'string', value });

async function waitForState(world: ApiWorld, path: string, state: string): Promise<void> {
  await until(async () => (await world.send({ path })).json.state === state, {
    what: `${path} to be ${state}`,
  });
}

test('a download is made, started, transferred and finalized, and is known afterwards', async () => {
  await using world = await openApiWorld();
  await using origin = await startOrigin();
  const content = bytesAt(7, 0, 300_000);
  const target = world.target('download.bin');
  const path = await make(world, [
    [Uri, text(origin.put('/file', { body: content }))],
    [LocalPath, text(target)],
  ]);
  assert.equal((await post(world, `${path}/finalize`)).json.code, 'DO_E_INVALID_STATE');
  const started = await post(world, `${path}/start`, { ranges: [] });
  assert.equal(started.status, 200, started.text);
  await waitForState(world, path, 'transferred');
  const finalized = await post(world, `${path}/finalize`);
  assert.equal(finalized.json.state, 'finalized');
  await assertContent(target, content);
  assert.equal((await world.send({ path })).json.state, 'finalized');
  assert.deepEqual((await world.send({ path: '/v1/downloads' })).json.downloads, []);
  assert.equal((await post(world, `${path}/start`)).status, 409);
});

test('downloads are listed a page at a time, with those of each page that have a property', async () => {
  await using world = await openApiWorld();
  const made: string[] = [];
  for (const name of ['a', 'b', 'a', 'b', 'b']) {
    const path = await make(world, [[DisplayName, text(name)]]);
    made.push(path.slice(path.lastIndexOf('/') + 1));
  }
  const pages = async (filter: string): Promise<string[][]> => {
    const found: string[][] = [];
    let cursor = '';
    do {
      const { json } = await world.send({ path: `/v1/downloads?limit=2${filter}${cursor}` });
      found.push(json.downloads.map(({ id }: { id: string }) => id));
      cursor = json.next === null ? '' : `&cursor=${json.next}`;
    } while (cursor !== '');
    return found;
  };
  assert.deepEqual(await pages(''), [made.slice(0, 2), made.slice(2, 4), made.slice(4)]);
  const named = await pages(`&property=${DisplayName}&value=a`);
  assert.deepEqual(named, [[made[0]], [made[2]], []]);
  const refused = await world.send({ path: '/v1/downloads?cursor=x' });
  assert.deepEqual([refused.status, refused.json.issues[0].path], [400, 'query.cursor']);
});

test('properties keep their kind, and are refused with the codes of the family', async () => {
  await using world = await openApiWorld();
  const path = await make(world, [
    [DisplayName, text('shown')],
    [DODownloadProperty.NoProgressTimeoutSeconds, { type: 'number', value: 90 }],
    [DODownloadProperty.ForegroundPriority, { type: 'boolean', value: true }],
  ]);
  const get = async (id: number): Promise<unknown> =>
    (await world.send({ path: `${path}/properties/${id}` })).json;
  assert.deepEqual(await get(DisplayName), text('shown'));
  assert.deepEqual(await get(10), { type: 'number', value: 90 });
  assert.deepEqual(await get(11), { type: 'boolean', value: true });
  const refusals = [
    ['GET', 99, undefined, 404, 'DO_E_UNKNOWN_PROPERTY_ID'],
    ['GET', DODownloadProperty.ContentId, undefined, 404, 'E_NOT_SET'],
    ['GET', DODownloadProperty.SecurityFlags, undefined, 409, 'DO_E_WRITE_ONLY_PROPERTY'],
    ['PUT', DODownloadProperty.Id, text('x'), 409, 'DO_E_READ_ONLY_PROPERTY'],
    ['PUT', Uri, text('ftp://x/'), 400, 'INET_E_INVALID_URL'],
    ['PUT', DisplayName, { type: 'stream' }, 400, 'E_INVALIDARG'],
    ['PUT', CallbackInterface, { type: 'stream' }, 400, 'E_INVALIDARG'],
    ['PUT', DODownloadProperty.SecurityContext, { type: 'bytes', value: '?' }, 400, 'E_INVALIDARG'],
  ] as const;
  for (const [method, id, body, status, code] of refusals) {
    const answer = await world.send({ method, path: `${path}/properties/${id}`, body });
    assert.deepEqual([answer.status, answer.json.code], [status, code], `${method} ${id}`);
  }
});

test('downloads are found by a property, by whoever made them', async () => {
  await using world = await openApiWorld();
  await make(world, [[DisplayName, text('one')]]);
  const path = await make(world, [[DisplayName, text('two')]]);
  const list = async (query: string, token: string = TOKENS.alice): Promise<ApiAnswer> =>
    world.send({ path: `/v1/downloads${query}`, token });
  const { json } = await list('?property=3&value=two');
  assert.deepEqual(
    json.downloads.map(({ id }: { id: string }) => `/v1/downloads/${id}`),
    [path],
  );
  assert.equal((await list('')).json.downloads.length, 2);
  assert.deepEqual((await list('', TOKENS.bob)).json.downloads, []);
  assert.equal((await list('?property=6&value=1')).json.code, 'E_INVALIDARG');
  assert.equal((await list('?property=3')).status, 400);
  assert.deepEqual((await world.send({ path: '/v1/jobs?family=job' })).json.jobs, []);
  assert.equal((await world.send({ path: '/v1/jobs?family=download' })).json.jobs.length, 2);
});

/** Reads the content of a download as it comes. */
interface ContentReader {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
  /** The bytes so far. */
  readonly bytes: () => Buffer;
  readonly ended: () => 'end' | 'broken' | undefined;
}

function readContent(world: ApiWorld, path: string): ContentReader {
  const chunks: Buffer[] = [];
  let ended: 'end' | 'broken' | undefined;
  const headers = { authorization: `Bearer ${TOKENS.alice}` };
  const request = httpRequest({
    host: '127.0.0.1',
    port: world.port,
    path: `${path}/content`,
    headers,
    agent: false,
  });
  const response = new Promise<IncomingMessage>((resolve) => {
    request.on('response', (message) => {
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('end', () => (ended ??= 'end'));
      message.on('error', () => (ended ??= 'broken'));
      resolve(message);
    });
  });
  request.on('error', () => (ended ??= 'broken'));
  request.end();
  return { request, response, bytes: () => Buffer.concat(chunks), ended: () => ended };
}

async function makeStreaming(world: ApiWorld, origin: Origin, content: Buffer): Promise<string> {
  const url = origin.put('/stream', { body: content, etag: '"one"' });
  return make(world, [
    [Uri, text(url)],
    [StreamInterface, { type: 'stream' }],
  ]);
}

test('a download that streams waits for its reader and gives it every byte in order', async () => {
  await using world = await openApiWorld();
  await using origin = await startOrigin();
  const content = bytesAt(3, 0, 2_000_000);
  const path = await makeStreaming(world, origin, content);
  assert.deepEqual((await world.send({ path: `${path}/properties/14` })).json, { type: 'stream' });
  const ranges = [
    { offset: 500_000, length: 400_000 },
    { offset: 0, length: 1_000 },
  ];
  assert.equal((await post(world, `${path}/start`, { ranges })).status, 200);
  const reader = readContent(world, path);
  const { headers } = await reader.response;
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal((await world.send({ path: `${path}/content` })).json.code, 'DO_E_INVALID_STATE');
  await until(() => reader.ended() !== undefined, { what: 'the end of the content' });
  assert.equal(reader.ended(), 'end');
  const wanted = Buffer.concat([content.subarray(500_000, 900_000), content.subarray(0, 1_000)]);
  assert.ok(reader.bytes().equals(wanted));
  await waitForState(world, path, 'transferred');
});

test('a reader that leaves too early fails the download, and another one gets the rest', async () => {
  await using world = await openApiWorld();
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 400_000 } });
  const content = bytesAt(4, 0, 600_000);
  const path = await makeStreaming(world, origin, content);
  await post(world, `${path}/start`, { ranges: [{ offset: 0, length: content.length }] });
  const first = readContent(world, path);
  await until(() => first.bytes().length > 0, { what: 'the first bytes' });
  first.request.destroy();
  await until(async () => (await world.send({ path })).json.error !== 0, { what: 'the failure' });
  const { json } = await world.send({ path });
  assert.equal(json.state, 'paused');
  assert.equal(json.error, -2133825534, 'DO_E_FATAL_CORE_ERROR, signed');
  origin.limit({});
  await post(world, `${path}/start`, { ranges: null });
  const second = readContent(world, path);
  await until(() => second.ended() !== undefined, { what: 'the rest' });
  assert.equal(second.ended(), 'end');
  assert.ok(content.subarray(-second.bytes().length).equals(second.bytes()));
});

test('aborting breaks off the answer, so that a part is not taken for the whole', async () => {
  await using world = await openApiWorld();
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 100_000 } });
  const path = await makeStreaming(world, origin, bytesAt(5, 0, 1_000_000));
  await post(world, `${path}/start`, { ranges: [{ offset: 0, length: null }] });
  const reader = readContent(world, path);
  await until(() => reader.bytes().length > 0, { what: 'the first bytes' });
  assert.equal((await post(world, `${path}/abort`)).json.state, 'aborted');
  await until(() => reader.ended() !== undefined, { what: 'the end' });
  assert.equal(reader.ended(), 'broken');
});

test('nobody ends the stream of somebody else', async () => {
  await using origin = await startOrigin();
  await using world = await openApiWorld();
  const path = await makeStreaming(world, origin, bytesAt(5, 0, 1_000));
  const abort = { method: 'POST', path: `${path}/abort`, body: {} };
  assert.equal((await world.send({ ...abort, token: TOKENS.bob })).status, 403);
  assert.deepEqual((await world.send({ path: `${path}/properties/14` })).json, { type: 'stream' });
  assert.equal(
    (await world.send({ method: 'DELETE', path: path.replace('downloads', 'jobs') })).status,
    200,
  );
  assert.equal((await world.send({ path: `${path}/content` })).json.code, 'DO_E_INVALID_STATE');
});

test('content is there only for downloads that stream', async () => {
  await using world = await openApiWorld();
  const path = await make(world, []);
  const { status, json } = await world.send({ path: `${path}/content` });
  assert.deepEqual([status, json.code], [409, 'DO_E_INVALID_STATE']);
});

test('a pending stream keeps no bytes: a write waits for a reader and for what it does', async () => {
  const stream = new PendingStream();
  const log: string[] = [];
  const write = async (chunk: string, done: string): Promise<void> => {
    await stream.write(Buffer.from(chunk));
    log.push(done);
  };
  const first = write('one', 'first written');
  await Promise.resolve();
  assert.equal(log.length, 0);
  const { promise, resolve } = Promise.withResolvers<void>();
  const reader = stream.attach(async (chunk) => {
    log.push(`took ${Buffer.from(chunk).toString()}`);
    await promise;
  });
  assert.throws(() => stream.attach(async () => undefined), { code: 'DO_E_INVALID_STATE' });
  await until(() => log.length === 1, { what: 'the chunk' });
  resolve();
  await first;
  assert.deepEqual(log, ['took one', 'first written']);
  reader.leave();
  await assert.rejects(async () => stream.write(Buffer.from('two')), {
    code: 'ERROR_OPERATION_ABORTED',
  });
  const second = write('two', 'second written');
  stream.attach(async () => undefined).finish();
  stream.attach(async () => undefined);
  await second;
  const third = new PendingStream();
  const waiting = assert.rejects(third.write(Buffer.from('three')));
  third.close();
  await waiting;
});
