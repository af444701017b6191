import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';

import { DeliveryOptimizationError } from '../../../src/core/errors.ts';
import type { HeaderList } from '../../../src/core/http/fields.ts';
import {
  openHttpTransport,
  type HttpTransportOptions,
} from '../../../src/io/http/open-http-transport.ts';
import type { HttpResponse, HttpTransport } from '../../../src/ports/http-transport.ts';
import { tlsIdentity } from '../../support/origin-tls.ts';
import { bytesAt, startOrigin } from '../../support/origin.ts';
import { until } from '../../support/temporary.ts';

/** A server that answers each request with the next octets of a list, and what it saw. */
interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly transport: HttpTransport;
  readonly connections: readonly Socket[];
  readonly requests: readonly string[];
}

/** One answer: octets, in the pieces in which they are sent, and whether the server then hangs up. */
interface ScriptedAnswer {
  readonly pieces: readonly (string | Buffer)[];
  readonly hangUp?: boolean;
}

async function startScripted(
  answers: readonly ScriptedAnswer[],
  options: HttpTransportOptions = {},
): Promise<ScriptedServer> {
  const connections: Socket[] = [];
  const requests: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const answer = answers[requests.length];
      requests.push(chunk.toString('latin1'));
      void say(socket, answer ?? { pieces: [], hangUp: true });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const transport = openHttpTransport({ environment: {}, ...options });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`,
    transport,
    connections,
    requests,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function say(socket: Socket, { pieces, hangUp = false }: ScriptedAnswer): Promise<void> {
  for (const piece of pieces) {
    socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
    // Long enough for each piece to be a read of its own.
    if (pieces.length > 1) await sleep(2);
  }
  if (hangUp) socket.end();
}

function get(
  { transport, url }: Pick<ScriptedServer, 'transport' | 'url'>,
  headers: HeaderList = [],
): Promise<HttpResponse> {
  return transport.send({ method: 'GET', url, headers }, new AbortController().signal);
}

async function bodyOf(response: HttpResponse): Promise<string> {
  let text = '';
  for await (const chunk of response.body) {
    text += Buffer.from(chunk).toString('latin1');
    response.release(chunk);
  }
  return text;
}

async function rejectsWith(promise: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof DeliveryOptimizationError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

const RANGE: HeaderList = [['Range', 'bytes=2-4']];

/** Answers, whether they leave the connection for another request, and what their body is. */
const ANSWERS: readonly {
  readonly what: string;
  readonly range?: boolean;
  readonly octets: string;
  readonly status: number;
  readonly body: string;
  /** Read directly, and the connection used again. */
  readonly kept: boolean;
}[] = [
  {
    what: 'a 200 with its length',
    octets: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde',
    status: 200,
    body: 'abcde',
    kept: true,
  },
  {
    what: 'an empty 200',
    octets: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    status: 200,
    body: '',
    kept: true,
  },
  {
    what: 'a 206 with the range that was asked for',
    range: true,
    octets: 'HTTP/1.1 206 \r\nContent-Range: bytes 2-4/9\r\nContent-Length: 3\r\n\r\ncde',
    status: 206,
    body: 'cde',
    kept: true,
  },
  {
    what: 'a 206 with less than was asked for',
    range: true,
    octets: 'HTTP/1.1 206 \r\nContent-Range: bytes 2-3/9\r\nContent-Length: 2\r\n\r\ncd',
    status: 206,
    body: 'cd',
    kept: true,
  },
  {
    what: 'an answer after which the server closes',
    octets: 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde',
    status: 200,
    body: 'abcde',
    kept: false,
  },
  {
    what: 'an HTTP/1.0 answer',
    octets: 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nabcde',
    status: 200,
    body: 'abcde',
    kept: false,
  },
  {
    what: 'a 206 with another range',
    range: true,
    octets: 'HTTP/1.1 206 \r\nContent-Range: bytes 3-5/9\r\nContent-Length: 3\r\n\r\ndef',
    status: 206,
    body: 'def',
    kept: false,
  },
  {
    what: 'a 206 whose length is not that of its range',
    range: true,
    octets: 'HTTP/1.1 206 \r\nContent-Range: bytes 2-4/9\r\nContent-Length: 2\r\n\r\ncd',
    status: 206,
    body: 'cd',
    kept: false,
  },
  {
    what: 'a 200 to a range',
    range: true,
    octets: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcdefghi',
    status: 200,
    body: 'abcdefghi',
    kept: false,
  },
  {
    what: 'a 206 to no range',
    octets: 'HTTP/1.1 206 \r\nContent-Range: bytes 2-4/9\r\nContent-Length: 3\r\n\r\ncde',
    status: 206,
    body: 'cde',
    kept: false,
  },
  {
    what: 'a chunked body',
    octets: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    status: 200,
    body: 'abcde',
    kept: false,
  },
  {
    what: 'a coded body',
    octets: 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc',
    status: 200,
    body: 'abc',
    kept: false,
  },
  {
    what: 'a redirect',
    octets: 'HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 4\r\n\r\ngone',
    status: 302,
    body: 'gone',
    kept: false,
  },
  {
    what: 'a challenge',
    octets: 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno',
    status: 401,
    body: 'no',
    kept: false,
  },
  {
    what: 'an interim answer and the one after it',
    octets:
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
    body: 'ok',
    kept: false,
  },
  {
    what: 'a 204',
    octets: 'HTTP/1.1 204 Nothing\r\n\r\n',
    status: 204,
    body: '',
    kept: false,
  },
];

for (const { what, range = false, octets, status, body, kept } of ANSWERS) {
  const again = { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain'] };
  const middle = Math.floor(octets.length / 2);
  const sendings: readonly (readonly [string, readonly string[]])[] = [
    ['at once', [octets]],
    ['octet by octet', octets.split('')],
    ['in two', [octets.slice(0, middle), octets.slice(middle)]],
    ['head and body apart', octets.split(/(?<=\r\n\r\n)/)],
  ];
  for (const [how, pieces] of sendings) {
    test(`${what}, sent ${how}, has its bytes after one request`, async () => {
      await using server = await startScripted([{ pieces }, again]);
      const response = await get(server, range ? RANGE : []);
      assert.equal(response.status, status);
      assert.equal(await bodyOf(response), body);
      assert.equal(server.requests.length, 1);
      assert.equal(await bodyOf(await get(server)), 'again');
      assert.equal(server.connections.length, kept ? 1 : 2);
    });
  }
}

test('a body that ends with its connection is whole', async () => {
  await using server = await startScripted([
    { pieces: ['HTTP/1.1 200 OK\r\n\r\nto the ', 'end'], hangUp: true },
  ]);
  assert.equal(await bodyOf(await get(server)), 'to the end');
});

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['another protocol', 'SSH-2.0-x\r\n\r\n', 'ERROR_WINHTTP_INVALID_SERVER_RESPONSE'],
  [
    'a folded field',
    'HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n',
    'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
  ],
  [
    'a bare line feed',
    'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
    'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
  ],
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
    'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
  ],
  [
    'a length beside a transfer coding',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
  ],
  [
    'a head without end',
    `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`,
    'ERROR_WINHTTP_HEADER_SIZE_OVERFLOW',
  ],
];

for (const [what, octets, code] of REFUSED) {
  test(`${what} is ${code}, and its connection is closed`, async () => {
    await using server = await startScripted([{ pieces: [octets] }]);
    await rejectsWith(get(server), code);
    await until(() => Promise.resolve(server.connections[0]!.destroyed), {
      what: 'the end of the connection',
      timeoutMs: 5_000,
    });
  });
}

test('bytes behind a body reach nobody, and end the connection', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
  await using server = await startScripted([
    { pieces: [`${answer}okHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong`] },
    { pieces: [`${answer}me`] },
  ]);
  assert.equal(await bodyOf(await get(server)), 'ok');
  assert.equal(await bodyOf(await get(server)), 'me');
  assert.equal(server.connections.length, 2);
});

test('what a server says unasked on a kept connection ends it', async () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
  await using server = await startScripted([
    { pieces: [`${answer}ok`] },
    { pieces: [`${answer}me`] },
  ]);
  assert.equal(await bodyOf(await get(server)), 'ok');
  const [first] = server.connections;
  first!.write(`${answer}xx`);
  await once(first!, 'close');
  assert.equal(await bodyOf(await get(server)), 'me');
  assert.equal(server.connections.length, 2);
});

test('a connection is kept for as long as its server says', async () => {
  const answer = (seconds: number): ScriptedAnswer => ({
    pieces: [`HTTP/1.1 200 OK\r\nKeep-Alive: timeout=${seconds}\r\nContent-Length: 2\r\n\r\nok`],
  });
  await using server = await startScripted([answer(30), answer(1), answer(30)]);
  for (let turn = 0; turn < 3; turn += 1) assert.equal(await bodyOf(await get(server)), 'ok');
  // The second one left no time, so the third request came on another connection.
  assert.equal(server.connections.length, 2);
});

test('fields that could end a line never reach the server', async () => {
  await using server = await startScripted([]);
  for (const [name, value] of [
    ['X-A', 'b\r\nX-C: d'],
    ['X-A\r\nX-C', 'd'],
    ['X-A', 'b\0'],
  ] as const) {
    await assert.rejects(get(server, [[name, value]]));
  }
  assert.equal(server.requests.length, 0);
});

test('a request goes out with its target and fields exactly as given', async () => {
  await using server = await startScripted([
    { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'] },
  ]);
  const url = server.url.replace('/file', '/a/../b%zz?c={d}#e');
  const headers: HeaderList = [
    ['User-Agent', 'x/1'],
    ['X-Octets', 'caf\u00e9'],
  ];
  await bodyOf(await get({ ...server, url }, headers));
  const host = new URL(server.url).host;
  assert.equal(
    server.requests[0],
    `GET /a/../b%zz?c={d} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\nUser-Agent: x/1\r\nX-Octets: caf\u00e9\r\n\r\n`,
  );
});

test('a large body over TLS arrives whole, and its connection and session are used again', async () => {
  await using origin = await startOrigin({ tls: 'good' });
  const size = 20 * 1_048_576;
  const url = origin.put('/file', { body: { size, seed: 5 } });
  await using transport = openHttpTransport({ environment: {}, ca: origin.caPem! });
  for (const fresh of [false, false, true]) {
    const request = { method: 'GET', url, headers: [], fresh } as const;
    const response = await transport.send(request, new AbortController().signal);
    let position = 0;
    for await (const chunk of response.body) {
      assert.ok(bytesAt(5, position, chunk.length).equals(chunk));
      position += chunk.length;
      response.release(chunk);
    }
    assert.equal(position, size);
  }
  assert.equal(origin.connections.accepted, 2);
});

test('chunks of many bodies at once are never mixed up while they are held', async () => {
  await using origin = await startOrigin();
  await using transport = openHttpTransport({ environment: {} });
  const size = 3 * 1_048_576;
  const fetchOne = async (seed: number): Promise<void> => {
    const url = origin.put(`/${seed}`, { body: { size, seed } });
    const request = { method: 'GET', url, headers: [] } as const;
    const response = await transport.send(request, new AbortController().signal);
    let position = 0;
    let late: { readonly chunk: Uint8Array; readonly position: number } | undefined;
    const look = (): void => {
      if (late === undefined) return;
      const { chunk, position: at } = late;
      assert.ok(bytesAt(seed, at, chunk.length).equals(chunk), `body ${seed} at ${at}`);
      response.release(chunk);
    };
    for await (const chunk of response.body) {
      look();
      late = { chunk, position };
      position += chunk.length;
      if (seed % 3 === 0) await sleep(1);
    }
    look();
    assert.equal(position, size);
  };
  await Promise.all(Array.from({ length: 12 }, (_, seed) => fetchOne(seed)));
});

test('with the general client alone no answer is read directly', async () => {
  await using server = await startScripted(
    [{ pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'] }],
    { direct: false },
  );
  assert.equal(await bodyOf(await get(server)), 'ok');
  // The general client writes the names of its own fields in small letters.
  assert.match(server.requests[0]!, /\r\nhost: /);
});

for (const octets of [
  'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone',
  'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe end',
]) {
  test(`an answer before which its server has hung up already is read whole: ${octets.slice(9, 12)}`, async () => {
    await using origin = await startOrigin({ tls: 'good' });
    await using secure = openHttpTransport({ environment: {}, ca: origin.caPem! });
    const { keyPem: key, certPem: cert } = await tlsIdentity('good');
    const server = createTlsServer({ key, cert }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(Buffer.from(octets, 'latin1')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const response = await get({ transport: secure, url });
    assert.equal(await bodyOf(response), octets.slice(octets.indexOf('\r\n\r\n') + 4));
    await new Promise((resolve) => server.close(resolve));
  });
}
