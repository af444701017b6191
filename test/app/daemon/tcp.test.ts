import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { createToken, revokeTokens } from '../../../src/daemon.ts';
import { daemonPlace } from '../../support/daemon-process.ts';
import { listen } from '../../support/sse-client.ts';

const TCP = '[daemon]\ntcp = "127.0.0.1:0"\nallowed_origins = ["http://tools.example"]\n';

test('on TCP the token says who calls, and nobody calls without one', async () => {
  await using place = await daemonPlace(TCP);
  const daemon = await place.start();
  const { port } = daemon;
  const path = '/v1/service';
  assert.equal((await daemon.call({ port, path })).status, 401);
  assert.equal((await daemon.call({ port, path, token: 'hyd_guessed' })).status, 401);
  assert.equal((await daemon.call({ port, path: '/healthz' })).status, 200);
  const anna = createToken(place.dataDir, { user: 'anna', administrator: false });
  const chief = createToken(place.dataDir, { user: 'chief', administrator: true });
  const told = (await daemon.call({ port, path, token: anna })).json;
  assert.deepEqual([told.caller, told.administrator], ['anna', false]);
  assert.equal((await daemon.call({ port, path, token: chief })).json.administrator, true);
  const logs = { port, path: '/v1/service/logs' };
  assert.equal((await daemon.call({ ...logs, token: anna })).status, 403);
  assert.equal((await daemon.call({ ...logs, token: chief })).status, 200);
});

test('a token that is revoked is refused from the next call on, and other tokens stay', async () => {
  await using place = await daemonPlace(TCP);
  const daemon = await place.start();
  const { port } = daemon;
  const path = '/v1/jobs';
  const anna = createToken(place.dataDir, { user: 'anna', administrator: false });
  const ben = createToken(place.dataDir, { user: 'ben', administrator: false });
  assert.equal((await daemon.call({ port, path, token: anna })).status, 200);
  revokeTokens(place.dataDir, 'anna');
  const { status, headers } = await daemon.call({ port, path, token: anna });
  assert.equal(status, 401);
  assert.match(String(headers['www-authenticate']), /invalid_token/);
  assert.equal((await daemon.call({ port, path, token: ben })).status, 200);
  const refused = await listen(port, anna);
  assert.equal(refused.status, 401);
});

test('a request for another host, or of a foreign page, is refused although the token is right', async () => {
  await using place = await daemonPlace(TCP);
  const daemon = await place.start();
  const { port } = daemon;
  const token = createToken(place.dataDir, { user: 'anna', administrator: true });
  const send = (headers: Readonly<Record<string, string>>) =>
    daemon.call({ port, path: '/v1/jobs', token, headers });
  assert.equal((await send({ host: `localhost:${port}` })).status, 200);
  assert.equal((await send({ host: `evil.example:${port}` })).status, 421);
  assert.equal((await send({ host: 'localhost:1' })).status, 421);
  assert.equal((await send({ origin: 'http://evil.example' })).status, 403);
  assert.equal((await send({ origin: 'null' })).status, 403);
  const allowed = await send({ origin: 'http://tools.example' });
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers['access-control-allow-origin'], undefined);
  // The socket is no page's either.
  const overSocket = await daemon.call({
    path: '/v1/jobs',
    headers: { origin: 'http://tools.example' },
  });
  assert.equal(overSocket.status, 403);
});

test('a port that is taken, and one that is not on the loopback interface, are refused in words', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await using place = await daemonPlace(`[daemon]\ntcp = "127.0.0.1:${port}"\n`);
  const taken = await place.refused();
  assert.notEqual(taken.code, 0);
  assert.match(taken.stderr, new RegExp(`Another program listens at 127\\.0\\.0\\.1:${port}`));
  assert.doesNotMatch(taken.stderr, /\n\s+at /);
  server.close();
  await place.configure('[daemon]\ntcp = "0.0.0.0:7755"\n');
  const open = await place.refused();
  assert.notEqual(open.code, 0);
  assert.match(open.stderr, /not a loopback address/);
});
