import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { startOrigin } from '../support/origin.ts';
import { body, closing, ranged, whole } from './fault-rows.ts';
import { rawGet } from './raw-client.ts';
import type { RawAnswer } from './raw-client.ts';

test('gzip comes in spite of identity, and is real', async () => {
  await using origin = await startOrigin();
  origin.put('/file', { body });
  origin.script('/file', [{ kind: 'gzip' }]);
  const answer = await rawGet(origin, '/file', { ...ranged, 'Accept-Encoding': 'identity' });
  assert.match(answer.head, /^HTTP\/1.1 200 [^]*Content-Encoding: gzip/);
  assert.equal(gunzipSync(answer.body).toString(), whole);
});

test('a slow head, a drip, a stall and silence take their time', async () => {
  await using origin = await startOrigin();
  origin.put('/file', { body });
  origin.script('/file', [
    { kind: 'slow-head', delayMs: 120 },
    { kind: 'drip', bytes: 250, everyMs: 40 },
    { kind: 'stall', afterBytes: 400, forMs: 120 },
    { kind: 'stall', afterBytes: 400 },
    { kind: 'never-answer' },
    { kind: 'rate', bytesPerSecond: 5_000 },
  ]);
  const ask = (quietMs: number): Promise<RawAnswer> =>
    rawGet(origin, '/file', closing, { quietMs });
  const finished: RawAnswer[] = [];
  for (let i = 0; i < 3; i++) finished.push(await ask(2_000));
  const stalled = await ask(100);
  const silent = await ask(100);
  finished.push(await ask(2_000));
  for (const { body: got, elapsedMs } of finished) {
    assert.equal(got.toString(), whole);
    assert.ok(elapsedMs >= 65 && elapsedMs < 2_000, `${elapsedMs} ms`);
  }
  assert.equal(stalled.body.length, 400);
  assert.deepEqual([stalled.ended, silent.ended, silent.head], ['open', 'open', '']);
  await origin.idle();
  assert.deepEqual(
    origin.requests.map(({ closedEarly }) => closedEarly),
    [false, false, false, true, true, false],
  );
  assert.equal(origin.requests[3]?.bodyBytes, 400);
});

for (const how of ['close', 'reset'] as const) {
  test(`a kept connection can ${how} just as the next request arrives`, async () => {
    await using origin = await startOrigin();
    const url = origin.put('/file', { body });
    origin.script('/file', [{ kind: 'end-on-next-request', how }]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (): Promise<string> =>
      new Promise((resolve) => {
        get(url, { agent }, (response) => response.resume().on('end', () => resolve('whole'))).on(
          'error',
          (error: NodeJS.ErrnoException) => resolve(error.code ?? ''),
        );
      });
    const results = [await ask(), await ask(), await ask()];
    agent.destroy();
    assert.deepEqual(results, ['whole', 'ECONNRESET', 'whole']);
    assert.deepEqual(
      origin.requests.map(({ connection, status }) => [connection, status]),
      [
        [0, 200],
        [0, undefined],
        [1, 200],
      ],
    );
  });
}
