import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { connect } from '../../src/client/index.ts';
import { openNodeSender } from '../../src/client/node-sender.ts';
import { RestClient } from '../../src/rest/client.ts';
import { openApiWorld, TOKENS } from '../support/api-world.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('a socket that nobody listens at is DO_E_NO_SERVICE, and the message names it', async () => {
  await using directory = await temporaryDirectory();
  const socket = directory.join('none.sock');
  await assert.rejects(connect({ socket }), (error: Error & { code: string }) => {
    assert.equal(error.code, 'DO_E_NO_SERVICE');
    assert.ok(error.message.includes(socket) && error.message.includes('haulyard daemon run'));
    return true;
  });
});

test('over TCP the token names the user, and a wrong one is refused', async () => {
  await using world = await openApiWorld();
  const url = `http://127.0.0.1:${world.port}`;
  await using manager = await connect({ url, token: TOKENS.alice });
  const job = await manager.createJob('by alice', 0);
  await using bob = await connect({ url: `${url}/`, token: TOKENS.bob });
  await assert.rejects(bob.getJob(await job.getId()), { code: 'E_ACCESSDENIED' });
  assert.equal(await (await bob.enumJobs()).getCount(), 0);
  await assert.rejects(connect({ url, token: 'wrong' }), { code: 'E_ACCESSDENIED' });
  await assert.rejects(connect({ url }), { code: 'E_ACCESSDENIED' });
});

for (const [what, options] of [
  ['a socket and a url', { socket: '/s', url: 'http://127.0.0.1:1' }],
  ['an empty socket', { socket: '' }],
  ['another protocol', { url: 'ftp://127.0.0.1' }],
  ['no url', { url: 'nonsense' }],
  ['credentials in the url', { url: 'http://u:p@127.0.0.1:1' }],
  ['a query', { url: 'http://127.0.0.1:1?x=y' }],
  ['a token in the open over the network', { url: 'http://192.0.2.1:1' }],
  ['a time-out of nothing', { socket: '/s', timeoutMs: 0 }],
] as const) {
  test(`${what} is refused with E_INVALIDARG`, async () => {
    await assert.rejects(connect(options), { code: 'E_INVALIDARG' });
  });
}

test('a signal that has aborted ends connecting with its reason', async () => {
  await using world = await openApiWorld();
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(connect({ socket: world.socketPath, signal }), reason);
});

/** A server that answers and then closes the connection, without having said that it would. */
async function closingServer(): Promise<{ port: number; calls: string[] } & AsyncDisposable> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    calls.push(request.method ?? '');
    response.end('{"lines":[]}', () => {
      // Once the client has the answer it keeps the connection; the next request finds it closed.
      setTimeout(() => request.socket.destroy(), 30);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('calls go on after the service closed the connections that were kept', async () => {
  await using server = await closingServer();
  const url = new URL(`http://127.0.0.1:${server.port}`);
  using sender = openNodeSender({ url, token: undefined });
  const client = new RestClient({ send: sender.send, where: url.href });
  for (let round = 0; round < 5; round += 1) {
    assert.deepEqual(await client.call('listLogs'), { lines: [] });
    await new Promise((resolve) => setTimeout(resolve, 10 * round));
  }
  assert.ok(server.calls.length >= 5);
});

test('a server that speaks no HTTP is DO_E_NO_SERVICE', async () => {
  await using directory = await temporaryDirectory();
  const { createServer: createRaw } = await import('node:net');
  const socket = directory.join('raw.sock');
  const server = createRaw((connection) => {
    connection.on('error', () => undefined);
    connection.end('hello\r\n');
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    await assert.rejects(connect({ socket }), { code: 'DO_E_NO_SERVICE' });
  } finally {
    server.close();
  }
});
