import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';

import type { AgentDownloads, AgentStatus } from '../../../src/app/agent/agent-downloads.ts';
import { openIdoDownloads } from '../../../src/app/agent/ido-downloads.ts';
import {
  assertContent,
  NO_RETRIES,
  openWorld,
  type EngineWorld,
} from '../../support/engine-world.ts';
import { startOrigin, type Faults } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';

const body = { size: 3_000_000, seed: 5 };

function openOn(world: EngineWorld): Promise<AgentDownloads & AsyncDisposable> {
  return openIdoDownloads({
    manager: world.manager.downloads,
    directory: world.target('../agent'),
    warn: (message) => assert.fail(message),
  });
}

function reached(
  downloads: AgentDownloads,
  id: string,
  isReached: (status: AgentStatus) => boolean,
): Promise<AgentStatus> {
  return until(
    async () => {
      const status = await downloads.status(id);
      return isReached(status) ? status : undefined;
    },
    { what: 'the status', timeoutMs: 20_000 },
  ) as Promise<AgentStatus>;
}

test('a file is downloaded through three pauses, and stands at its path once Transferred', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 4_000_000 } });
  await using world = await openWorld();
  await using downloads = await openOn(world);
  const target = world.target('file');
  const id = await downloads.create(origin.put('/file', { body }), target);
  for (let round = 1; round <= 3; round += 1) {
    await downloads.start(id);
    assert.equal((await stat(target)).size, 0);
    await reached(downloads, id, (status) => status.bytesTransferred > round * 300_000);
    await downloads.pause(id);
    const paused = await downloads.status(id);
    assert.deepEqual([paused.state, paused.error, paused.extendedError], ['Paused', 0, 0]);
    assert.equal(paused.bytesTotal, body.size);
  }
  await downloads.start(id);
  const done = await reached(downloads, id, (status) => status.state === 'Transferred');
  assert.deepEqual([done.bytesTotal, done.bytesTransferred], [body.size, body.size]);
  await assertContent(target, body);
  assert.deepEqual(await world.names(), ['file']);
  await downloads.finalize(id);
  assert.deepEqual(await world.names(), ['file']);
  await assert.rejects(downloads.status(id), { code: 'E_NOT_SET' });
});

test('a download goes on under its id after a restart of the engine, without starting over', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 2_000_000 } });
  await using world = await openWorld();
  const target = world.target('file');
  const id = await (async () => {
    await using downloads = await openOn(world);
    const made = await downloads.create(origin.put('/file', { body }), target);
    await downloads.start(made);
    await reached(downloads, made, (status) => status.bytesTransferred > 1_500_000);
    return made;
  })();
  await world.reopen();
  origin.limit({});
  await using downloads = await openOn(world);
  await reached(downloads, id, (status) => status.state === 'Transferred');
  await assertContent(target, body);
  assert.ok(origin.bytesSent() < 2 * body.size);
  await downloads.abort(id);
  assert.deepEqual(await world.names(), []);
});

test('an abort in the middle leaves nothing behind', async () => {
  await using origin = await startOrigin({ limits: { totalBytesPerSecond: 1_000_000 } });
  await using world = await openWorld();
  await using downloads = await openOn(world);
  const id = await downloads.create(origin.put('/file', { body }), world.target('file'));
  await downloads.start(id);
  await reached(downloads, id, (status) => status.bytesTransferred > 0);
  await downloads.abort(id);
  await until(async () => (await world.names()).length === 0, { what: 'no file' });
});

test('a file of no bytes is Transferred 0 of 0', async () => {
  await using origin = await startOrigin();
  await using world = await openWorld();
  await using downloads = await openOn(world);
  const empty = { size: 0, seed: 1 };
  const id = await downloads.create(origin.put('/file', { body: empty }), world.target('file'));
  await downloads.start(id);
  const done = await reached(downloads, id, (status) => status.state === 'Transferred');
  assert.deepEqual([done.bytesTotal, done.bytesTransferred, done.error], [0, 0, 0]);
  assert.equal((await stat(world.target('file'))).size, 0);
});

const answers: readonly (readonly [Faults, AgentStatus['state'], number])[] = [
  [{ kind: 'status', status: 404 }, 'Paused', 0x80190194],
  [{ kind: 'status', status: 410 }, 'Paused', 0x80190194],
  [{ kind: 'status', status: 403 }, 'Paused', 0x80190193],
  [{ kind: 'status', status: 405 }, 'Paused', 0x80190190],
  [{ kind: 'status', status: 418 }, 'Paused', 0x80190001],
  [{ kind: 'status', status: 500 }, 'Transferring', 0x801901f4],
  [{ kind: 'status', status: 503 }, 'Transferring', 0x801901f4],
  [{ kind: 'status', status: 502 }, 'Transferring', 0x801901f6],
  [{ kind: 'close-mid-body', afterBytes: 1_000 }, 'Transferring', 0xc0d00012],
];
for (const [fault, state, error] of answers) {
  test(`${JSON.stringify(fault)} shows as ${state} with 0x${error.toString(16)}`, async () => {
    await using origin = await startOrigin();
    await using world = await openWorld({ retry: NO_RETRIES });
    await using downloads = await openOn(world);
    const url = origin.put('/file', { body });
    origin.always('/file', fault);
    const id = await downloads.create(url, world.target('file'));
    await downloads.start(id);
    const status = await reached(downloads, id, (each) => each.error !== 0);
    assert.deepEqual([status.state, status.error], [state, error]);
    if (state === 'Paused') {
      origin.clear();
      await downloads.start(id);
      await reached(downloads, id, (each) => each.state === 'Transferred');
      await assertContent(world.target('file'), body);
    }
  });
}

test('an origin that refuses connections is retried, and says so', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  await using world = await openWorld({ retry: NO_RETRIES });
  await using downloads = await openOn(world);
  const id = await downloads.create(`http://127.0.0.1:${port}/`, world.target('file'));
  await downloads.start(id);
  const status = await reached(downloads, id, (each) => each.error !== 0);
  assert.deepEqual([status.state, status.error], ['Transferring', 0x80072efd]);
});
