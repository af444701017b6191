import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';

import { openUndiciTransport } from '../../../src/io/http/undici-transport.ts';
import type { HttpResponse } from '../../../src/ports/http-transport.ts';
import { startOrigin } from '../../support/origin.ts';

/** The answer to one GET of a server that says these octets and hangs up. */
async function answerOf(octets: string): Promise<{ head: HttpResponse; body: string }> {
  await using stack = new AsyncDisposableStack();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.from(octets, 'latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const transport = stack.use(openUndiciTransport({ environment: {} }));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { signal } = new AbortController();
  const head = await transport.send({ method: 'GET', url, headers: [] }, signal);
  let body = '';
  for await (const chunk of head.body) body += Buffer.from(chunk).toString('latin1');
  return { head, body };
}

test('fields keep their order, their repetitions and their octets', async () => {
  const { head, body } = await answerOf(
    'HTTP/1.1 200 Fine so far\r\nX-B: 1\r\nX-A: caf\u00e9\r\nX-B: 2\r\nContent-Length: 2\r\n\r\nok',
  );
  assert.equal(head.statusText, 'Fine so far');
  assert.deepEqual(
    head.headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`),
    ['x-b: 1', 'x-a: caf\u00e9', 'x-b: 2', 'content-length: 2'],
  );
  assert.equal(body, 'ok');
});

test('a body without a length ends with its connection', async () => {
  const { body } = await answerOf('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end');
  assert.equal(body, 'to the end');
});

test('a closed transport leaves no connection open', async () => {
  await using origin = await startOrigin();
  const url = origin.put('/file', { body: { size: 64 * 1_048_576, seed: 1 } });
  const transport = openUndiciTransport({ environment: {} });
  const { signal } = new AbortController();
  const response = await transport.send({ method: 'GET', url, headers: [] }, signal);
  await transport[Symbol.asyncDispose]();
  await assert.rejects(async () => {
    for await (const chunk of response.body) assert.ok(chunk.length > 0);
  });
  await origin.idle();
});
