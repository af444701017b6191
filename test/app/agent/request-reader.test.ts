import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_LINE_BYTES } from '../../../src/app/agent/limits.ts';
import { RequestReader, type ReadResult } from '../../../src/app/agent/request-reader.ts';

/** Every result of a reader that gets the bytes in these pieces. */
function readAll(pieces: readonly Buffer[]): ReadResult[] {
  const reader = new RequestReader();
  const results: ReadResult[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (;;) {
      const result = reader.next();
      if (result.kind === 'more') break;
      results.push(result);
      if (result.kind === 'malformed') return results;
    }
  }
  return results;
}

function read(text: string): ReadResult[] {
  return readAll([Buffer.from(text, 'latin1')]);
}

function targets(results: readonly ReadResult[]): string[] {
  return results.map((each) => (each.kind === 'request' ? each.request.target : each.kind));
}

const SDK =
  'POST download/create?Uri=http://a/b?c=d@e&DownloadFilePath=/tmp/x HTTP/1.1\r\n' +
  'Host: 127.0.0.1\r\nUser-Agent: DO-SDK-CPP\r\n\r\n';

test('a request line without a slash before its target is read with its headers', () => {
  assert.deepEqual(read(SDK), [
    {
      kind: 'request',
      request: {
        method: 'POST',
        target: 'download/create?Uri=http://a/b?c=d@e&DownloadFilePath=/tmp/x',
        headers: [
          ['host', '127.0.0.1'],
          ['user-agent', 'DO-SDK-CPP'],
        ],
      },
    },
  ]);
});

test('a request may be cut in two at every byte', () => {
  const bytes = Buffer.from(`${SDK}POST x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc${SDK}`);
  const whole = readAll([bytes]);
  assert.equal(whole.length, 3);
  for (let at = 1; at < bytes.length; at += 1) {
    assert.deepEqual(readAll([bytes.subarray(0, at), bytes.subarray(at)]), whole, `cut at ${at}`);
  }
});

test('requests may come a byte at a time, or all at once', () => {
  const text = `${SDK}GET /download/getstatus?Id=1 HTTP/1.1\r\n\r\n\r\n${SDK}`;
  const bytes = Buffer.from(text);
  const single = readAll(Array.from(bytes, (byte) => Buffer.from([byte])));
  assert.deepEqual(single, readAll([bytes]));
  assert.equal(single.length, 3);
});

test('a body is dropped by its Content-Length, and what follows is the next request', () => {
  const body = 'GET not-a-request HTTP/1.1\r\n\r\n';
  const text = `POST a HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}GET b HTTP/1.1\r\n\r\n`;
  assert.deepEqual(targets(read(text)), ['a', 'b']);
});

test('a long body is not kept while it comes', () => {
  const reader = new RequestReader();
  reader.push(Buffer.from(`POST a HTTP/1.1\r\nContent-Length: ${MAX_BODY_BYTES}\r\n\r\n`));
  for (let sent = 0; sent < MAX_BODY_BYTES - 1024; sent += 1024) {
    reader.push(Buffer.alloc(1024, 'x'));
    assert.equal(reader.next().kind, 'more');
    assert.equal(reader.waitingBytes, 0);
    assert.ok(reader.isWithinRequest);
  }
  reader.push(Buffer.alloc(1024, 'x'));
  assert.equal(reader.next().kind, 'request');
  assert.ok(!reader.isWithinRequest);
});

const LONG = 'x'.repeat(MAX_LINE_BYTES);
const unreadable: Readonly<Record<string, string>> = {
  'no version': 'GET download/getstatus\r\n\r\n',
  'HTTP/1.0': 'GET a HTTP/1.0\r\n\r\n',
  'HTTP/2': 'GET a HTTP/2\r\n\r\n',
  'http in lower case': 'GET a http/1.1\r\n\r\n',
  'a space in the target': 'GET a b HTTP/1.1\r\n\r\n',
  'two spaces': 'GET  a HTTP/1.1\r\n\r\n',
  'no target': 'GET HTTP/1.1\r\n\r\n',
  'a tab for a space': 'GET\ta\tHTTP/1.1\r\n\r\n',
  'a method that is no token': 'G(T a HTTP/1.1\r\n\r\n',
  'a null character in the target': 'GET a\0b HTTP/1.1\r\n\r\n',
  'a header without a colon': 'GET a HTTP/1.1\r\nHost\r\n\r\n',
  'a header without a name': 'GET a HTTP/1.1\r\n: x\r\n\r\n',
  'a space before the colon': 'GET a HTTP/1.1\r\nHost : x\r\n\r\n',
  'a folded header': 'GET a HTTP/1.1\r\nHost: x\r\n y\r\n\r\n',
  'a control character in a header': 'GET a HTTP/1.1\r\nHost: \x01\r\n\r\n',
  'a bare carriage return in a header': 'GET a HTTP/1.1\r\nHost: a\rb\r\n\r\n',
  'a bare line feed in a header': 'GET a HTTP/1.1\r\nHost: a\nOrigin: b\r\n\r\n',
  'a transfer coding': 'POST a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'a length that is no number': 'POST a HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
  'a length in hexadecimal': 'POST a HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n',
  'an empty length': 'POST a HTTP/1.1\r\nContent-Length:\r\n\r\n',
  'two lengths': 'POST a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
  'a body beyond the bound': `POST a HTTP/1.1\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`,
  'three empty lines first': '\r\n\r\n\r\nGET a HTTP/1.1\r\n\r\n',
  'a request line beyond the bound': `GET ${LONG} HTTP/1.1\r\n\r\n`,
  'a header line beyond the bound': `GET a HTTP/1.1\r\nX: ${LONG}\r\n\r\n`,
  TLS: '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n',
};

for (const [what, text] of Object.entries(unreadable)) {
  test(`unreadable, and the end of the connection: ${what}`, () => {
    assert.deepEqual(
      read(`${text}GET b HTTP/1.1\r\n\r\n`).map((each) => each.kind),
      ['malformed'],
    );
  });
}

test('a line at its bound is read', () => {
  const target = 'x'.repeat(MAX_LINE_BYTES - 'GET  HTTP/1.1'.length);
  assert.deepEqual(targets(read(`GET ${target} HTTP/1.1\r\n\r\n`)), [target]);
  assert.deepEqual(targets(read(`GET ${target}x HTTP/1.1\r\n\r\n`)), ['malformed']);
});

test('a line without an end is refused once it is beyond the bound, not gathered', () => {
  const reader = new RequestReader();
  let pushed = 0;
  while (reader.next().kind === 'more') {
    assert.ok(pushed <= MAX_LINE_BYTES, 'it still waits');
    reader.push(Buffer.alloc(64, 'x'));
    pushed += 64;
  }
  assert.equal(reader.waitingBytes, 0);
});

test('headers without an end are refused once the head is beyond its bound', () => {
  const reader = new RequestReader();
  reader.push(Buffer.from('GET a HTTP/1.1\r\n'));
  let pushed = 0;
  while (reader.next().kind === 'more') {
    assert.ok(pushed <= MAX_HEAD_BYTES, 'it still waits');
    reader.push(Buffer.from(`X: ${'y'.repeat(60)}\r\n`));
    pushed += 65;
  }
});

test('a repeated length that agrees is one length', () => {
  const text =
    'POST a HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nxxGET b HTTP/1.1\r\n\r\n';
  assert.deepEqual(targets(read(text)), ['a', 'b']);
});

test('any bytes in any pieces end in requests or in one refusal, and never in a throw', () => {
  const fragment = fc.oneof(
    fc.constantFrom(
      'GET ',
      'POST ',
      'a',
      ' HTTP/1.1',
      '\r\n',
      '\r\n\r\n',
      '\r',
      '\n',
      ' ',
      ':',
      'Host: a',
      'Content-Length: ',
      '3',
      'Transfer-Encoding: chunked',
      '\0',
      '%',
      SDK,
    ),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  const input = fc
    .array(fragment, { maxLength: 40 })
    .map((parts) => Buffer.from(parts.join(''), 'latin1'));
  fc.assert(
    fc.property(input, fc.array(fc.nat(200), { maxLength: 20 }), (bytes, sizes) => {
      const pieces: Buffer[] = [];
      let at = 0;
      for (const size of sizes) {
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      pieces.push(bytes.subarray(at));
      const results = readAll(pieces);
      // How the bytes are cut changes nothing.
      assert.deepEqual(results, readAll([bytes]));
      assert.ok(results.slice(0, -1).every((each) => each.kind === 'request'));
    }),
    { numRuns: 20_000, interruptAfterTimeLimit: 10_000 },
  );
});

test('what is made of requests alone gives each of them back', () => {
  const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
  const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
  const request = fc.record({
    method: token,
    target: fc.stringMatching(/^[!-~]{1,60}$/),
    headers: fc.array(
      fc.tuple(
        token.filter((name) => !/^(content-length|transfer-encoding)$/i.test(name)),
        value,
      ),
      { maxLength: 6 },
    ),
    body: fc.string({ unit: 'binary-ascii', maxLength: 50 }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 5 }), fc.nat(), (requests, cut) => {
      const text = requests
        .map(({ method, target, headers, body }) =>
          [
            `${method} ${target} HTTP/1.1`,
            ...headers.map(([name, each]) => `${name}:  ${each} `),
            `Content-Length: ${body.length}`,
            '',
            body,
          ].join('\r\n'),
        )
        .join('');
      const bytes = Buffer.from(text, 'latin1');
      const at = cut % (bytes.length + 1);
      const found = readAll([bytes.subarray(0, at), bytes.subarray(at)]);
      assert.deepEqual(
        found.map((each) => (each.kind === 'request' ? each.request : each)),
        requests.map(({ method, target, headers, body }) => ({
          method,
          target,
          headers: [
            ...headers.map(([name, each]) => [name.toLowerCase(), each]),
            ['content-length', String(body.length)],
          ],
        })),
      );
    }),
    { numRuns: 2_000, interruptAfterTimeLimit: 10_000 },
  );
});
