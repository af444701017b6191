import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { ReplaySocket } from '../../../src/io/http/replay-socket.ts';
import { openHttpTransport } from '../../../src/io/http/open-http-transport.ts';
import { openUndiciTransport } from '../../../src/io/http/undici-transport.ts';
import type { HttpResponse, HttpTransport } from '../../../src/ports/http-transport.ts';
import { until } from '../../support/temporary.ts';
import { startTlsPacketServer } from '../../support/tls-packet-server.ts';

const lengthOf = (size: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`;

function get(
  transport: HttpTransport,
  url: string,
  limitMs: number = 20_000,
): Promise<HttpResponse> {
  return transport.send({ method: 'GET', url, headers: [] }, AbortSignal.timeout(limitMs));
}

async function read(response: HttpResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) {
    chunks.push(Buffer.from(chunk));
    response.release(chunk);
  }
  return Buffer.concat(chunks);
}

/** A server that answers every request with `ok`, and its open connections. */
async function startOkServer(
  fields: string = '',
): Promise<{ readonly port: number; readonly open: ReadonlySet<Socket> } & AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    socket.on('data', () =>
      socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('surplus records of the same packet never overwrite a body that is still read', async () => {
  const body = Buffer.alloc(16_000, 'A');
  await using server = await startTlsPacketServer(() => [
    Buffer.concat([Buffer.from(lengthOf(body.length)), body, Buffer.alloc(70_000, 'X')]),
  ]);
  await using transport = openHttpTransport({ environment: {}, ca: server.caPem });
  for (let turn = 0; turn < 20; turn += 1) {
    const response = await get(transport, `${server.url}/${turn}`);
    const [chunk] = [await firstOf(response)];
    // As long as the chunk is not given back, its bytes stay what they are.
    await sleep(turn % 4);
    assert.ok(
      chunk.every((octet) => octet === 0x41),
      `turn ${turn}`,
    );
    response.release(chunk);
    assert.ok((await read(response)).every((octet) => octet === 0x41));
  }
});

async function firstOf(response: HttpResponse): Promise<Uint8Array> {
  const next = await response.body[Symbol.asyncIterator]().next();
  assert.ok(next.done !== true);
  return next.value;
}

test('a record behind an answer is not read as the answer to the next request', async () => {
  let requests = 0;
  await using server = await startTlsPacketServer(() => {
    requests += 1;
    return requests === 1 ? [`${lengthOf(5)}first`, `${lengthOf(4)}EVIL`] : [`${lengthOf(4)}good`];
  });
  await using transport = openHttpTransport({ environment: {}, ca: server.caPem });
  assert.equal(String(await read(await get(transport, `${server.url}/a`))), 'first');
  assert.equal(String(await read(await get(transport, `${server.url}/b`))), 'good');
});

test('a connection whose reader was slow serves the next request', async () => {
  const size = 1_572_864 + 8_000;
  await using server = await startTlsPacketServer((path) =>
    path === '/big' ? [lengthOf(size), Buffer.alloc(size, 'A')] : [`${lengthOf(2)}ok`],
  );
  await using transport = openHttpTransport({ environment: {}, ca: server.caPem });
  for (let turn = 0; turn < 6; turn += 1) {
    const response = await get(transport, `${server.url}/big`);
    await sleep(100);
    assert.equal((await read(response)).length, size);
    assert.equal(String(await read(await get(transport, `${server.url}/small`))), 'ok');
  }
});

test('a transport that is closed ends what is under way and begins nothing more', async () => {
  await using server = await startOkServer();
  const url = `http://127.0.0.1:${server.port}/`;
  const kept = openHttpTransport({ environment: {} });
  await read(await get(kept, url));
  await sleep(20);
  const onKept = assert.rejects(get(kept, url));
  await kept[Symbol.asyncDispose]();
  await onKept;
  await assert.rejects(get(kept, url));
  const fresh = openHttpTransport({ environment: {} });
  const onFresh = assert.rejects(get(fresh, url));
  await fresh[Symbol.asyncDispose]();
  await onFresh;
  await until(() => Promise.resolve(server.open.size === 0), {
    what: 'the end of all connections',
    timeoutMs: 5_000,
  });
});

test('idle connections are bounded, however long servers want them kept', async () => {
  await using server = await startOkServer('Keep-Alive: timeout=86400\r\n');
  await using transport = openHttpTransport({ environment: {} });
  // Every address of 127.0.0.0/8 is this machine, and an origin of its own.
  for (let host = 1; host <= 100; host += 1) {
    await read(await get(transport, `http://127.0.1.${host}:${server.port}/`));
  }
  await until(() => Promise.resolve(server.open.size <= 64), {
    what: 'the end of the oldest connections',
    timeoutMs: 5_000,
  });
  assert.ok(server.open.size > 0);
});

test('a body that is left before its first chunk is closed', async () => {
  await using server = await startTlsPacketServer(() => [lengthOf(1_000_000), 'x']);
  await using transport = openHttpTransport({ environment: {}, ca: server.caPem });
  const response = await get(transport, server.url);
  await response.body[Symbol.asyncIterator]().return?.();
  await until(() => Promise.resolve(server.open.size === 0), {
    what: 'the end of the connection',
    timeoutMs: 5_000,
  });
});

test('an answer that had ended before the general client asked is played back whole', async () => {
  await using general = openUndiciTransport({ environment: {} });
  const octets = 'HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n';
  const connection = { handOver() {}, resume() {}, destroy() {} };
  const socket = new ReplaySocket(connection, Buffer.from(octets));
  socket.ended(undefined);
  const request = { method: 'GET', url: 'http://127.0.0.1:1/', headers: [] } as const;
  const response = await general.readOver(socket, request, AbortSignal.timeout(10_000));
  assert.equal(response.status, 404);
  assert.equal(String(await read(response)), 'no\n');
});
