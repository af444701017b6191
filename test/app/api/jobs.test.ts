import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { ApiAnswer } from '../../support/api-client.ts';
import { type ApiWorld, openApiWorld, TOKENS } from '../../support/api-world.ts';
import { startOrigin } from '../../support/origin.ts';
import { assertContent } from '../../support/engine-world.ts';
import { until } from '../../support/temporary.ts';
import { makeJob, makeQueuedJob } from './route-cases.ts';

let world: ApiWorld;
before(async () => {
  world = await openApiWorld();
});
after(() => world[Symbol.asyncDispose]());

const create = (
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> => world.send({ method: 'POST', path: '/v1/jobs', body, headers });
const patch = (
  id: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> => world.send({ method: 'PATCH', path: `/v1/jobs/${id}`, body, headers });

test('a job is made, started, transferred, acknowledged and completed', async () => {
  await using origin = await startOrigin();
  const content = Buffer.from('content of the file '.repeat(5_000));
  const target = world.target('complete.bin');
  const made = await create({
    displayName: 'one',
    files: [{ remoteName: origin.put('/one', { body: content }), localName: target }],
    resume: true,
  });
  assert.equal(made.status, 201, made.text);
  const path = made.headers['location'] as string;
  assert.equal(path, `/v1/jobs/${made.json.id}`);
  const job = await until(
    async () => {
      const { json } = await world.send({ path });
      return json.state === 'transferred' ? json : undefined;
    },
    { what: 'the transfer' },
  );
  assert.equal(job.progress.bytesTotal, content.length);
  assert.equal(job.pendingEvent.event, 'transferred');
  const acknowledged = await world.send({
    method: 'POST',
    path: `${path}/acknowledge`,
    body: { sequence: job.pendingEvent.sequence },
  });
  assert.equal(acknowledged.json.pendingEvent, null);
  const completed = await world.send({ method: 'POST', path: `${path}/complete` });
  assert.equal(completed.json.hresult, 0);
  assert.equal(completed.json.job.state, 'acknowledged');
  await assertContent(target, content);
  const [file] = (await world.send({ path: `${path}/files` })).json.files;
  assert.equal(file.completed, true);
  const [pieces] = (await world.send({ path: `${path}/pieces` })).json.files;
  assert.deepEqual(pieces.flushed, [{ start: 0, end: content.length }]);
});

test('the same Idempotency-Key makes one job, also when both requests come at once', async () => {
  const body = { displayName: 'once', priority: 'low' };
  const headers = { 'idempotency-key': 'key-1' };
  const answers = await Promise.all([create(body, headers), create(body, headers)]);
  const again = await create({ priority: 'low', displayName: 'once' }, headers);
  const ids = [...answers, again].map(({ status, json }) => {
    assert.equal(status, 201);
    return json.id;
  });
  assert.equal(new Set(ids).size, 1);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  const other = await world.send({
    method: 'POST',
    path: '/v1/jobs',
    body,
    headers,
    token: TOKENS.bob,
  });
  assert.notEqual(other.json.id, ids[0], 'keys of two users have nothing to do with each other');
});

test('an Idempotency-Key that was used for another request is refused', async () => {
  const headers = { 'idempotency-key': 'key-2' };
  await create({ displayName: 'first' }, headers);
  const { status, json } = await create({ displayName: 'second' }, headers);
  assert.equal(status, 422);
  assert.equal(json.code, 'E_INVALIDARG');
  assert.equal(json.issues[0].path, 'headers.idempotency-key');
  for (const bad of ['', 'with space', 'x'.repeat(201), 'ümlaut']) {
    const refused = await create({ displayName: 'x' }, { 'idempotency-key': bad });
    assert.equal(refused.status, 400, bad);
  }
});

test('a job with a refused file is not made at all', async () => {
  const before = (await world.send({ path: '/v1/jobs?limit=1000' })).json.jobs.length;
  const { status, json } = await create({
    displayName: 'half',
    files: [
      { remoteName: 'http://127.0.0.1:9/a', localName: world.target('a.bin') },
      { remoteName: 'ftp://127.0.0.1/b', localName: world.target('b.bin') },
    ],
  });
  assert.equal(status, 400);
  assert.equal(json.code, 'E_INVALIDARG');
  assert.equal((await world.send({ path: '/v1/jobs?limit=1000' })).json.jobs.length, before);
});

test('If-Match lets a change through only when nobody came in between', async () => {
  const id = await makeJob(world, 'guarded');
  const read = await world.send({ path: `/v1/jobs/${id}` });
  const etag = read.headers['etag'] as string;
  assert.equal(etag, `"${read.json.revision}"`);
  const [first, second] = await Promise.all([
    patch(id, { noProgressTimeoutSeconds: 61 }, { 'if-match': etag }),
    patch(id, { noProgressTimeoutSeconds: 62 }, { 'if-match': etag }),
  ]);
  assert.deepEqual(
    [first.status, second.status].toSorted((a, b) => a - b),
    [200, 412],
  );
  const loser = first.status === 412 ? first : second;
  assert.equal(loser.json.code, 'HTTP_E_STATUS_PRECOND_FAILED');
  const winner = first.status === 412 ? second : first;
  const current = winner.headers['etag'] as string;
  assert.equal(loser.headers['etag'], current);
  for (const tag of ['*', `"other", ${current}`]) {
    assert.equal((await patch(id, {}, { 'if-match': tag })).status, 200, tag);
  }
  assert.equal((await patch(id, {}, { 'if-match': `W/${current}` })).status, 412);
  assert.equal((await patch(id, {}, { 'if-match': 'unquoted' })).status, 400);
});

test('If-Match guards every change of a job', async () => {
  const id = await makeJob(world, 'guarded too');
  const changes = [
    { method: 'PUT', path: '/custom-headers', body: { headers: null } },
    { method: 'POST', path: '/order', body: { position: 'first' } },
    { method: 'POST', path: '/resume' },
    { method: 'DELETE', path: '' },
    { method: 'PATCH', path: '/files/0', body: { properties: { 6: 1 } } },
  ];
  for (const { path, ...request } of changes) {
    const headers = { 'if-match': '"stale"' };
    const answer = await world.send({ ...request, path: `/v1/jobs/${id}${path}`, headers });
    assert.equal(answer.status, 412, `${request.method} ${path}`);
  }
  assert.equal((await world.send({ path: `/v1/jobs/${id}` })).json.state, 'suspended');
});

test('a change of several properties with a wrong one changes nothing', async () => {
  const id = await makeJob(world, 'several');
  const read = async (): Promise<unknown> => (await world.send({ path: `/v1/jobs/${id}` })).json;
  const before = await read();
  for (const [wrong, code, status] of [
    [{ priority: 9 }, 'E_NOTIMPL', 501],
    [{ notifyFlags: 0x40 }, 'E_NOTIMPL', 501],
    [{ notificationClsid: 'none' }, 'E_INVALIDARG', 400],
    [{ costFlags: -1 }, 'E_INVALIDARG', 400],
  ] as const) {
    const answer = await patch(id, { noProgressTimeoutSeconds: 77, ...wrong });
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.code, code);
    assert.deepEqual(await read(), before);
  }
  const { json } = await patch(id, {
    priority: 'foreground',
    notifyFlags: 8,
    noProgressTimeoutSeconds: 77,
    costFlags: 0x8000_00ff,
    notificationClsid: '00000000-0000-0000-0000-00000000000A',
    maxBytesPerSecond: 5,
  });
  const { priority, notifyFlags, noProgressTimeoutSeconds, costFlags, maxBytesPerSecond } = json;
  assert.deepEqual(
    { priority, notifyFlags, noProgressTimeoutSeconds, costFlags, maxBytesPerSecond },
    {
      priority: 'foreground',
      notifyFlags: 8,
      noProgressTimeoutSeconds: 77,
      costFlags: 0x8000_00ff,
      maxBytesPerSecond: 5,
    },
  );
  assert.equal(json.notificationClsid, '00000000-0000-0000-0000-00000000000a');
});

test('a final job refuses every change, whatever the value, and can still be read', async () => {
  const id = await makeJob(world, 'over');
  await world.send({ method: 'DELETE', path: `/v1/jobs/${id}` });
  const { status, json } = await patch(id, { priority: 9 });
  assert.deepEqual([status, json.code], [409, 'DO_E_INVALID_STATE']);
  assert.equal((await world.send({ path: `/v1/jobs/${id}` })).json.state, 'cancelled');
  await world.send({ method: 'POST', path: `/v1/jobs/${id}/remove` });
  assert.equal((await world.send({ path: `/v1/jobs/${id}` })).status, 404);
});

test('pages follow each other without gap or repeat, whatever is made in between', async () => {
  await using own = await openApiWorld();
  const made: string[] = [];
  for (let index = 0; index < 7; index += 1) made.push(await makeJob(own, `page ${index}`));
  const seen: string[] = [];
  let path = '/v1/jobs?limit=3';
  for (;;) {
    const { json } = await own.send({ path });
    seen.push(...json.jobs.map(({ id }: { id: string }) => id));
    if (json.next === null) break;
    if (seen.length === 3) made.push(await makeJob(own, 'late'));
    path = `/v1/jobs?limit=3&cursor=${json.next}`;
  }
  assert.deepEqual(seen, made);
  for (const bad of ['x', 'AAAA', made[0]!, '..%2f']) {
    const { status, json } = await own.send({ path: `/v1/jobs?cursor=${bad}` });
    assert.equal(status, 400, bad);
    assert.equal(json.issues[0].path, 'query.cursor');
  }
});

test('pages come newest first when asked for, and tell how many jobs there are', async () => {
  await using own = await openApiWorld();
  const made: string[] = [];
  for (let index = 0; index < 5; index += 1) made.push(await makeJob(own, `page ${index}`));
  const seen: string[] = [];
  let cursor = '';
  do {
    const { json } = await own.send({ path: `/v1/jobs?first=newest&limit=2${cursor}` });
    assert.equal(json.total, made.length);
    seen.push(...json.jobs.map(({ id }: { id: string }) => id));
    cursor = json.next === null ? '' : `&cursor=${json.next}`;
  } while (cursor !== '');
  assert.deepEqual(seen, made.toReversed());
  const suspended = await own.send({ path: '/v1/jobs?state=suspended&limit=1' });
  assert.equal(suspended.json.total, 5);
  assert.equal((await own.send({ path: '/v1/jobs?state=queued' })).json.total, 0);
  assert.equal((await own.send({ path: '/v1/jobs?first=last' })).status, 400);
});

test('files are listed a page at a time', async () => {
  const id = await makeJob(world, 'many files');
  const files = Array.from({ length: 6 }, (_, index) => ({
    remoteName: `http://127.0.0.1:9/${index}`,
    localName: world.target(`many-${index}.bin`),
  }));
  const added = await world.send({
    method: 'POST',
    path: `/v1/jobs/${id}/files`,
    body: { files },
  });
  assert.equal(added.json.files.length, 6);
  const indexes: number[] = [];
  let cursor = '';
  do {
    const { json } = await world.send({ path: `/v1/jobs/${id}/files?limit=3${cursor}` });
    indexes.push(...json.files.map(({ index }: { index: number }) => index));
    cursor = json.next === null ? '' : `&cursor=${json.next}`;
  } while (cursor !== '');
  assert.deepEqual(indexes, [0, 1, 2, 3, 4, 5, 6]);
  const missing = await world.send({ path: `/v1/jobs/${id}/files/7` });
  assert.deepEqual([missing.status, missing.json.code], [404, 'BG_E_FILE_NOT_FOUND']);
});

test('jobs are listed by state, and final ones only when asked for', async () => {
  await using own = await openApiWorld();
  const kept = await makeJob(own, 'kept');
  const gone = await makeJob(own, 'gone');
  await own.send({ method: 'DELETE', path: `/v1/jobs/${gone}` });
  const ids = async (query: string): Promise<string[]> =>
    (await own.send({ path: `/v1/jobs${query}` })).json.jobs.map(({ id }: { id: string }) => id);
  assert.deepEqual(await ids(''), [kept]);
  assert.deepEqual(await ids('?all=true'), [kept, gone]);
  assert.deepEqual(await ids('?state=cancelled'), [gone]);
  assert.deepEqual(await ids('?state=suspended,cancelled'), [kept, gone]);
  assert.deepEqual(await ids('?state=queued'), []);
  assert.equal((await own.send({ path: '/v1/jobs?state=suspended,,x' })).status, 400);
});

test("another user's jobs are listed for administrators alone", async () => {
  await using own = await openApiWorld();
  const id = await makeJob(own, 'private');
  const list = (token: string, query: string): Promise<ApiAnswer> =>
    own.send({ path: `/v1/jobs${query}`, token });
  assert.deepEqual((await list(TOKENS.bob, '')).json.jobs, []);
  assert.equal((await list(TOKENS.bob, '?owner=alice')).status, 403);
  assert.equal((await list(TOKENS.bob, '?owner=*')).status, 403);
  assert.deepEqual((await list(TOKENS.admin, '')).json.jobs, []);
  for (const query of ['?owner=alice', '?owner=*']) {
    const { json } = await list(TOKENS.admin, query);
    assert.deepEqual(
      json.jobs.map(({ id }: { id: string }) => id),
      [id],
    );
  }
  assert.equal((await own.send({ path: `/v1/jobs/${id}`, token: TOKENS.admin })).status, 200);
});

test('a queued job is moved before another', async () => {
  const [first, second] = [await makeQueuedJob(world), await makeQueuedJob(world)];
  const order = async (id: string): Promise<number> =>
    (await world.send({ path: `/v1/jobs/${id}` })).json.queueOrder;
  assert.ok((await order(first)) < (await order(second)));
  const moved = await world.send({
    method: 'POST',
    path: `/v1/jobs/${second}/order`,
    body: { position: { before: first } },
  });
  assert.equal(moved.status, 200, moved.text);
  assert.ok((await order(second)) < (await order(first)));
});

test('over the socket the caller is its owner, and no token is asked for', async () => {
  const { json } = await world.send({ path: '/v1/service', socketPath: world.socketPath });
  assert.equal(json.caller, 'alice');
  const host = { host: 'anything' };
  const named = await world.send({
    path: '/v1/service',
    socketPath: world.socketPath,
    headers: host,
  });
  assert.equal(named.status, 200);
});

test('allowed names and origins are let in, and others are not', async () => {
  await using own = await openApiWorld({
    allowedHosts: ['Box.local', 'proxy.local:443'],
    allowedOrigins: ['http://dashboard.local:8080'],
  });
  const status = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await own.send({ path: '/v1/stats', headers })).status;
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '[::1]', 'box.local']) {
    assert.equal(await status({ host: `${host}:${own.port}` }), 200, host);
  }
  assert.equal(await status({ host: 'proxy.local:443' }), 200);
  assert.equal(await status({ host: `proxy.local:${own.port}` }), 421);
  const origin = 'http://dashboard.local:8080';
  assert.equal(await status({ origin }), 200);
  assert.equal(await status({ origin, 'sec-fetch-site': 'same-site' }), 200);
  assert.equal(await status({ origin, 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await status({ origin: 'http://dashboard.local' }), 403);
});

test('readyz says 503 until the service is ready, and health is something else', async () => {
  await using own = await openApiWorld();
  own.setReady(false);
  const { status, json } = await own.send({ path: '/readyz', token: null });
  assert.deepEqual([status, json.code], [503, 'DO_E_NO_SERVICE']);
  assert.equal((await own.send({ path: '/healthz', token: null })).status, 200);
  own.setReady(true);
  assert.equal((await own.send({ path: '/readyz', token: null })).status, 200);
});

test('a failure of the service itself tells the client nothing and the log everything', async () => {
  await using own = await openApiWorld({
    replace: (service) => ({
      ...service,
      facts: () => {
        throw new Error('a secret of the store');
      },
    }),
  });
  const id = await makeJob(own, 'broken');
  const { status, text, json } = await own.send({ path: `/v1/jobs/${id}?` });
  assert.deepEqual([status, json.code], [500, 'E_UNEXPECTED']);
  assert.ok(!text.includes('secret') && !text.includes('.ts'), text);
  const log = own.logged.join('\n');
  assert.ok(log.includes('a secret of the store'));
  assert.ok(!log.includes(TOKENS.alice), 'tokens are never logged');
});
