import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';

import { bytesAt, compareFile, fillFile, sha256Of, startOrigin } from '../support/origin.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { curl } from './curl.ts';
import { rawGet } from './raw-client.ts';

const seeded = { size: 300_000, seed: 7 };

test('bytes of a seed are the same however they are cut', () => {
  const whole = bytesAt(1, 0, 100_000);
  for (const [offset, length] of [
    [0, 0],
    [1, 1],
    [15, 17],
    [4_096, 1_000],
    [99_999, 1],
  ] as const) {
    const expected = whole.subarray(offset, offset + length);
    assert.deepEqual(bytesAt(1, offset, length), expected);
  }
  assert.notDeepEqual(bytesAt(2, 0, 64), bytesAt(1, 0, 64));
  assert.equal(bytesAt(1, 2 ** 40 + 5, 3 << 20).length, 3 << 20);
  const digest = createHash('sha256').update(whole).digest('hex');
  assert.equal(sha256Of(100_000, 1), digest);
});

test('a file is compared with its seed to the byte', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('file');
  await fillFile(path, 2_500_000, 3);
  assert.equal(await compareFile(path, 2_500_000, 3), undefined);
  assert.equal(await compareFile(path, 2_500_001, 3), 2_500_000);
  assert.equal(await compareFile(path, 2_499_999, 3), 2_499_999);
  const bytes = await readFile(path);
  bytes[2_345_678] = (bytes[2_345_678] ?? 0) ^ 1;
  await writeFile(path, bytes);
  assert.equal(await compareFile(path, 2_500_000, 3), 2_345_678);
});

test('curl downloads a file whole, and resumes half of one', async () => {
  await using origin = await startOrigin();
  await using directory = await temporaryDirectory();
  const url = origin.put('/file', { body: { size: 5_000_001, seed: 5 } });
  const path = directory.join('file');
  await curl(['-sSf', '-o', path, url]);
  assert.equal(await compareFile(path, 5_000_001, 5), undefined);
  await fillFile(path, 2_000_000, 5);
  await curl(['-sSf', '-C', '-', '-o', path, url]);
  assert.equal(await compareFile(path, 5_000_001, 5), undefined);
  assert.equal(origin.bytesSent(), 5_000_001 + 3_000_001);
  assert.equal(origin.requests[1]?.status, 206);
  assert.equal(origin.requests[1]?.firstByte, 2_000_000);
  assert.equal(origin.requests[1]?.headers['range'], 'bytes=2000000-');
});

test('every kind of range gets its right answer', async () => {
  await using origin = await startOrigin();
  const body = Buffer.from('0123456789');
  origin.put('/ten', { body, etag: '"a"', lastModified: new Date('2024-05-05T05:05:05Z') });
  const date = 'Sun, 05 May 2024 05:05:05 GMT';
  const rows: [Record<string, string>, string, number, string?][] = [
    [{}, '0123456789', 200],
    [{ Range: 'bytes=2-4' }, '234', 206, 'bytes 2-4/10'],
    [{ Range: 'bytes=7-' }, '789', 206, 'bytes 7-9/10'],
    [{ Range: 'bytes=7-99' }, '789', 206, 'bytes 7-9/10'],
    [{ Range: 'bytes=-3' }, '789', 206, 'bytes 7-9/10'],
    [{ Range: 'bytes=10-' }, 'No such range.\n', 416, 'bytes */10'],
    [{ Range: 'bytes=1-2,4-5' }, '0123456789', 200],
    [{ Range: 'lines=1-2' }, '0123456789', 200],
    [{ Range: 'bytes=4-2' }, '0123456789', 200],
    [{ Range: 'bytes=1-1', 'If-Range': '"a"' }, '1', 206, 'bytes 1-1/10'],
    [{ Range: 'bytes=1-1', 'If-Range': '"b"' }, '0123456789', 200],
    [{ Range: 'bytes=1-1', 'If-Range': 'W/"a"' }, '0123456789', 200],
    [{ Range: 'bytes=1-1', 'If-Range': date }, '1', 206, 'bytes 1-1/10'],
    [{ Range: 'bytes=1-1', 'If-Range': date.replace('05:05', '05:06') }, '0123456789', 200],
  ];
  for (const [headers, expected, status, contentRange] of rows) {
    const answer = await rawGet(origin, '/ten', { ...headers, Connection: 'close' });
    const what = JSON.stringify(headers);
    assert.match(answer.head, new RegExp(`^HTTP/1.1 ${status} `), what);
    assert.equal(answer.body.toString(), expected, what);
    assert.equal(/^Content-Range: (.*)$/m.exec(answer.head)?.[1], contentRange, what);
    assert.equal(answer.ended, 'close', what);
  }
});

test('HEAD has the headers of GET and no body; other methods and paths are refused', async () => {
  await using origin = await startOrigin();
  origin.put('/file', { body: seeded });
  const head = await rawGet(origin, '/file', { Connection: 'close' }, { method: 'HEAD' });
  assert.match(head.head, /Content-Length: 300000/);
  assert.equal(head.body.length, 0);
  const post = await rawGet(origin, '/file', { Connection: 'close' }, { method: 'POST' });
  assert.match(post.head, /^HTTP\/1.1 405 /);
  assert.match((await rawGet(origin, '/none', { Connection: 'close' })).head, /^HTTP\/1.1 404 /);
  assert.deepEqual(
    origin.requests.map(({ method, path, status }) => [method, path, status]),
    [
      ['HEAD', '/file', 200],
      ['POST', '/file', 405],
      ['GET', '/none', 404],
    ],
  );
});

test('a file put again is another one at once', async () => {
  await using origin = await startOrigin();
  origin.put('/file', { body: { size: 10, seed: 1 } });
  const before = await rawGet(origin, '/file', { Connection: 'close' });
  origin.put('/file', { body: { size: 10, seed: 2 }, lastModified: null, date: null });
  const after = await rawGet(origin, '/file', { Connection: 'close' });
  assert.deepEqual(before.body, bytesAt(1, 0, 10));
  assert.deepEqual(after.body, bytesAt(2, 0, 10));
  assert.match(before.head, /^ETag: "seed-1-10"\r$[^]*^Last-Modified: Mon, 01 Jan 2024/m);
  assert.match(after.head, /^ETag: "seed-2-10"/m);
  assert.doesNotMatch(after.head, /Last-Modified|Date/);
});

test('one connection carries several requests', async () => {
  await using origin = await startOrigin();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const url = origin.put('/file', { body: seeded });
  for (let i = 0; i < 3; i++) assert.equal((await read(url, agent)).length, 300_000);
  agent.destroy();
  assert.equal(origin.connections.accepted, 1);
  assert.deepEqual(
    origin.requests.map(({ connection }) => connection),
    [0, 0, 0],
  );
});

test('a client that leaves early is noted, with the bytes it had been sent', async () => {
  await using origin = await startOrigin();
  const url = origin.put('/file', { body: { size: 1 << 30, seed: 1 } });
  await new Promise<void>((resolve) => {
    const request = get(url, (response) => response.once('data', () => request.destroy()));
    request.on('close', resolve).on('error', () => {});
  });
  await origin.idle();
  const [request] = origin.requests;
  assert.ok(request?.closedEarly && request.done);
  assert.ok(request.bodyBytes > 0 && request.bodyBytes < 1 << 30);
});

test('a script is used up in order, for the requests it is for', async () => {
  await using origin = await startOrigin();
  origin.put('/file', { body: Buffer.from('x') });
  origin.script('/file', [{ kind: 'status', status: 500 }, { kind: 'none' }], (request) =>
    Boolean(request.headers['range']),
  );
  origin.script('/file', [[{ kind: 'other-status', status: 203 }, { kind: 'obs-fold' }]]);
  const statuses: unknown[] = [];
  for (const headers of [{}, { Range: 'bytes=0-' }, { Range: 'bytes=0-' }, {}]) {
    const { head } = await rawGet(origin, '/file', { ...headers, Connection: 'close' });
    statuses.push(head.slice(9, 12));
  }
  assert.deepEqual(statuses, ['203', '500', '206', '200']);
  assert.deepEqual(origin.requests[0]?.faults, ['other-status', 'obs-fold']);
  origin.always('*', { kind: 'status', status: 418 });
  assert.match((await rawGet(origin, '/file', { Connection: 'close' })).head, / 418 /);
  origin.clear();
  assert.match((await rawGet(origin, '/file', { Connection: 'close' })).head, / 200 /);
});

test('the hook sees each request, may wait and may add a fault', async () => {
  const seen: string[] = [];
  await using origin = await startOrigin({
    async onRequest({ target, query }) {
      await Promise.resolve();
      seen.push(target);
      return query === 'teapot' ? { kind: 'status', status: 418 } : undefined;
    },
  });
  origin.put('/file', { body: Buffer.from('x') });
  assert.match((await rawGet(origin, '/file?teapot', { Connection: 'close' })).head, / 418 /);
  assert.match((await rawGet(origin, '/file', { Connection: 'close' })).head, / 200 /);
  assert.deepEqual(seen, ['/file?teapot', '/file']);
});

test('each connection keeps its rate, and all together theirs', async () => {
  await using origin = await startOrigin({ limits: { perConnectionBytesPerSecond: 10e6 } });
  const url = origin.put('/file', { body: { size: 3_000_000, seed: 1 } });
  const perConnection = await timed(() => Promise.all([read(url), read(url)]));
  assert.ok(perConnection > 260 && perConnection < 1_500, `${perConnection} ms for 300`);
  origin.limit({ totalBytesPerSecond: 20e6 });
  const together = await timed(() => Promise.all([read(url), read(url)]));
  assert.ok(together > 260 && together < 1_500, `${together} ms for 300`);
});

test('connections beyond the limit are refused or wait, as told', async () => {
  const limits = { maxConnections: 1, perConnectionBytesPerSecond: 1e6 };
  await using origin = await startOrigin({ limits });
  origin.put('/file', { body: { size: 100_000, seed: 1 } });
  const both = (): Promise<string[]> =>
    Promise.all([1, 2].map(async () => (await rawGet(origin, '/file', close)).head.slice(9, 12)));
  const close = { Connection: 'close' };
  assert.deepEqual((await both()).toSorted(), ['200', '503']);
  origin.limit({ ...limits, whenFull: 'wait' });
  assert.deepEqual(await both(), ['200', '200']);
  assert.equal(origin.connections.peakBusy, 1);
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function read(url: string, agent: Agent = new Agent()): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const receive = async (response: IncomingMessage): Promise<void> => {
      resolve(Buffer.concat(await response.toArray()));
    };
    get(url, { agent }, (response) => void receive(response).catch(reject)).on('error', reject);
  });
}
