import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';

import { Problem } from '../../../src/rest/contract.ts';
import { openApiWorld, TOKENS } from '../../support/api-world.ts';
import { until } from '../../support/temporary.ts';

/** What a connection got, and whether the server closed it. */
interface RawConnection extends Disposable {
  readonly socket: Socket;
  readonly text: () => string;
  readonly closed: () => boolean;
}

function open(port: number, ...sent: readonly string[]): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let closed = false;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (text += chunk));
  socket.on('close', () => (closed = true));
  // A server that hangs up on us may do so by a reset; `close` follows.
  socket.on('error', () => undefined);
  for (const part of sent) socket.write(part);
  return {
    socket,
    text: () => text,
    closed: () => closed,
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Waits for the end, and returns status and problem of the answer. */
async function problemOf(connection: RawConnection): Promise<{ status: number; code: string }> {
  await until(connection.closed, { what: `the end of ${connection.text()}` });
  const [head = '', body = ''] = connection.text().split('\r\n\r\n');
  assert.match(head, /content-type: application\/problem\+json/i);
  assert.match(head, /cache-control: no-store/i);
  const problem = Problem.parse(JSON.parse(body));
  assert.equal(head.split(' ')[1], String(problem.status));
  return { status: problem.status, code: problem.code };
}

const SLOW = { headTimeoutMs: 60, requestTimeoutMs: 120 } as const;

test('a client that is slow with its head is sent away', async () => {
  await using world = await openApiWorld({ limits: SLOW });
  using connection = open(world.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n');
  assert.deepEqual(await problemOf(connection), { status: 408, code: 'ERROR_TIMEOUT' });
});

test('a client that is slow with its body is sent away', async () => {
  await using world = await openApiWorld({ limits: SLOW });
  const head = [
    'POST /v1/jobs HTTP/1.1',
    `Host: 127.0.0.1:${world.port}`,
    `Authorization: Bearer ${TOKENS.alice}`,
    'Content-Type: application/json',
    'Content-Length: 100',
  ];
  using connection = open(world.port, `${head.join('\r\n')}\r\n\r\n{"disp`);
  await until(connection.closed, { what: 'the end' });
  assert.match(connection.text(), /^HTTP\/1\.1 408 /);
  assert.equal((await world.send({ path: '/v1/jobs' })).json.jobs.length, 0);
});

test('a head that is too large is refused', async () => {
  await using world = await openApiWorld({ limits: { headBytes: 2_000 } });
  using connection = open(world.port, `GET / HTTP/1.1\r\nX: ${'x'.repeat(3_000)}\r\n\r\n`);
  assert.deepEqual(await problemOf(connection), { status: 431, code: 'E_INVALIDARG' });
});

test('what is no HTTP is refused', async () => {
  await using world = await openApiWorld();
  for (const text of ['nonsense\r\n\r\n', '\x16\x03\x01\x02\x00\x01', 'GET / HTTP/9.9\r\n\r\n']) {
    using connection = open(world.port, text);
    assert.equal((await problemOf(connection)).status, 400, JSON.stringify(text));
  }
});

test('two lengths of one body, or a length beside chunks, are refused', async () => {
  await using world = await openApiWorld();
  const framings = [
    'Content-Length: 2\r\nContent-Length: 3',
    'Content-Length: 2\r\nTransfer-Encoding: chunked',
  ];
  for (const framing of framings) {
    const head = `POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\n${framing}\r\n\r\n`;
    using connection = open(world.port, `${head}{}`);
    await until(connection.closed, { what: 'the end' });
    assert.match(connection.text(), /^HTTP\/1\.1 400 /);
  }
});

test('a body without a length is bounded too', async () => {
  await using world = await openApiWorld({ limits: { fileListBytes: 1_000 } });
  const head = [
    'POST /v1/jobs HTTP/1.1',
    `Host: 127.0.0.1:${world.port}`,
    `Authorization: Bearer ${TOKENS.alice}`,
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  ];
  const chunk = `400\r\n${' '.repeat(0x400)}\r\n`;
  using connection = open(world.port, `${head.join('\r\n')}\r\n\r\n`, chunk, chunk);
  await until(() => connection.text().includes('\r\n\r\n'), { what: 'the answer' });
  assert.match(connection.text(), /^HTTP\/1\.1 413 /);
});

test('a request for an absolute address is none of ours', async () => {
  await using world = await openApiWorld();
  const host = `Host: 127.0.0.1:${world.port}`;
  using connection = open(
    world.port,
    `GET http://evil.example/healthz HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
  );
  await until(connection.closed, { what: 'the end' });
  assert.match(connection.text(), /^HTTP\/1\.1 400 /);
});

test('there is a bound to connections', async () => {
  await using world = await openApiWorld({ limits: { connections: 2 } });
  using first = open(world.port, 'GET ');
  using second = open(world.port, 'GET ');
  using third = open(world.port, 'GET ');
  await until(third.closed, { what: 'the third connection to be closed' });
  assert.ok(!first.closed() && !second.closed());
});

test('a listener that closes answers what it has been asked', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const { promise: wait, resolve: goOn } = Promise.withResolvers<void>();
  await using world = await openApiWorld({
    replace: (service) => ({
      ...service,
      async createJob(...args) {
        resolve();
        await wait;
        return service.createJob(...args);
      },
    }),
  });
  const answer = world.send({ method: 'POST', path: '/v1/jobs', body: { displayName: 'last' } });
  await asked;
  const closed = world.tcp.close();
  goOn();
  assert.equal((await answer).status, 201);
  await closed;
});
