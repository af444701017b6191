import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';

import { startDelayProxy } from '../support/delay-proxy.ts';
import { startOrigin } from '../support/origin.ts';
import { until } from '../support/temporary.ts';

/** Bytes received, or the code of what went wrong. */
function ask(url: string): Promise<number | string> {
  return new Promise((resolve) => {
    let bytes = 0;
    const failed = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    get(url, { agent: false }, (response) => {
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('error', failed).on('end', () => resolve(bytes));
    }).on('error', failed);
  });
}

test('a distance costs its round trips, a narrow line its time', async () => {
  await using origin = await startOrigin();
  await using far = await startDelayProxy({ target: origin, delayMs: 50 });
  await using narrow = await startDelayProxy({ target: origin, bytesPerSecond: 10e6 });
  const url = origin.put('/file', { body: { size: 2_000_000, seed: 1 } });
  for (const [proxy, leastMs, mostMs] of [
    [far, 190, 1_500],
    [narrow, 170, 1_500],
  ] as const) {
    const startMs = performance.now();
    assert.equal(await ask(proxy.via(url)), 2_000_000);
    const elapsedMs = performance.now() - startMs;
    assert.ok(elapsedMs >= leastMs && elapsedMs < mostMs, `${elapsedMs} ms`);
    assert.ok(proxy.bytes.down > 2_000_000 && proxy.bytes.up > 50);
  }
});

test('a long line delays, and does not narrow', async () => {
  await using origin = await startOrigin();
  await using far = await startDelayProxy({ target: origin, delayMs: 20 });
  const size = 40e6;
  const url = origin.put('/file', { body: { size, seed: 1 } });
  const startMs = performance.now();
  assert.equal(await ask(far.via(url)), size);
  // A proxy that waited for each chunk in turn would need 600 delays, which is 12 seconds.
  assert.ok(performance.now() - startMs < 6_000);
});

test('a cut network resets, refuses and comes back on the same port', async () => {
  await using origin = await startOrigin();
  await using proxy = await startDelayProxy({ target: origin, bytesPerSecond: 5e6 });
  const url = proxy.via(origin.put('/file', { body: { size: 2_000_000, seed: 1 } }));
  for (const [how, then] of [
    ['refuse', 'ECONNREFUSED'],
    ['reset', 'ECONNRESET'],
  ] as const) {
    const before = proxy.bytes.down;
    const running = ask(url);
    await until(() => proxy.bytes.down > before, { what: 'the first bytes' });
    await proxy.cut(how);
    assert.equal(await running, 'ECONNRESET');
    assert.equal(await ask(url), then);
    await proxy.restore();
    assert.equal(await ask(url), 2_000_000);
  }
});

test('a silent network holds its bytes until it is back', async () => {
  await using origin = await startOrigin();
  await using proxy = await startDelayProxy({ target: origin, bytesPerSecond: 20e6 });
  const url = proxy.via(origin.put('/file', { body: { size: 2_000_000, seed: 1 } }));
  const running = ask(url);
  await until(() => proxy.bytes.down > 0, { what: 'the first bytes' });
  await proxy.cut('silence');
  const outcome = await Promise.race([running, new Promise((done) => setTimeout(done, 200))]);
  assert.equal(outcome, undefined);
  await proxy.restore();
  assert.equal(await running, 2_000_000);
});
