import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import {
  bodyFraming,
  HeadReader,
  keepsAlive,
  parseHead,
} from '../../../src/core/http/head-parser.ts';
import { MAX_RESPONSE_HEAD_BYTES } from '../../../src/core/limits.ts';
import { bytesOf, CORPUS, octets, outcome, plainHead, readInParts } from './head-cases.ts';

describe('the corpus', () => {
  for (const each of CORPUS) {
    test(`${each.name}: ${each.expect}`, () => {
      const bytes = bytesOf(each);
      const whole = parseHead(bytes, 0, bytes.length);
      assert.equal(outcome(whole), each.expect);
      const everyByte = Array.from(bytes, (_, index) => index);
      const dripped = bytes.length > 4_096 ? everyByte.filter((at) => at % 61 < 3) : everyByte;
      assert.deepEqual(readInParts(bytes, dripped), whole);
    });
  }
});

test('a head is read with its fields in order, and its length ends where the body begins', () => {
  const text = 'HTTP/1.1 206 Partial Content\r\nETag:  "a"\t\r\nx-a: 1\r\nX-A: caf\xe9\r\n\r\n';
  const bytes = octets(`body${text}body`);
  assert.deepEqual(parseHead(bytes, 4, bytes.length), {
    kind: 'head',
    head: {
      version: '1.1',
      status: 206,
      statusText: 'Partial Content',
      headers: [
        ['ETag', '"a"'],
        ['x-a', '1'],
        ['X-A', 'caf\xe9'],
      ],
    },
    length: text.length,
  });
});

test('bytes outside the range that is given are not looked at', () => {
  const bytes = octets('HTTP/1.1 200 OK\r\nX: y\r\n\r\n');
  assert.deepEqual(parseHead(bytes, 0, bytes.length - 1), { kind: 'incomplete' });
  assert.deepEqual(parseHead(bytes, 3, 3), { kind: 'incomplete' });
});

test('the length of a head that came in parts counts the last part only', () => {
  const reader = new HeadReader();
  const first = octets('HTTP/1.1 200 OK\r\nContent-Len');
  const second = octets('..gth: 5\r\n\r\nhello');
  assert.equal(reader.push(first, 0, first.length).kind, 'incomplete');
  first.fill(0);
  const parsed = reader.push(second, 2, second.length);
  assert.equal(parsed.kind, 'head');
  assert.equal(parsed.kind === 'head' && parsed.length, 'gth: 5\r\n\r\n'.length);
  assert.equal(outcome(parsed), 'length 5 keep');
});

test('one reader reads the heads of a connection one after the other, interim ones too', () => {
  const reader = new HeadReader();
  const bytes = octets(
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' +
      'HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\nX: ',
  );
  const statuses: number[] = [];
  let position = 0;
  for (;;) {
    const parsed = reader.push(bytes, position, bytes.length);
    if (parsed.kind !== 'head') break;
    statuses.push(parsed.head.status);
    position += parsed.length;
  }
  const rest = octets('y\r\n\r\n');
  const last = reader.push(rest, 0, rest.length);
  assert.deepEqual(statuses, [103, 200]);
  assert.deepEqual(last.kind === 'head' && last.head.headers, [
    ['Content-Length', '7'],
    ['X', 'y'],
  ]);
});

test('each head of a connection may be as long as one alone may be', () => {
  const reader = new HeadReader();
  const long = octets(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(MAX_RESPONSE_HEAD_BYTES - 24)}\r\n\r\n`);
  assert.equal(long.length, MAX_RESPONSE_HEAD_BYTES);
  for (let turn = 0; turn < 3; turn++) {
    assert.equal(reader.push(long, 0, 40_000).kind, 'incomplete');
    assert.equal(reader.push(long, 40_000, long.length).kind, 'head');
  }
});

test('a fault stays a fault, whatever follows it', () => {
  const reader = new HeadReader();
  const bad = octets('HTTP/1.1 200 OK\n');
  const good = octets('HTTP/1.1 200 OK\r\n\r\n');
  const fault = reader.push(bad, 0, bad.length);
  assert.equal(fault.kind, 'malformed');
  assert.deepEqual(reader.push(good, 0, good.length), fault);
});

test('a folded field is told apart from a line that is none', () => {
  const reasonOf = (line: string): string | undefined => {
    const bytes = octets(`HTTP/1.1 200 OK\r\nX: y\r\n${line}\r\n`);
    const parsed = parseHead(bytes, 0, bytes.length);
    return parsed.kind === 'malformed' ? parsed.reason : undefined;
  };
  assert.match(reasonOf('\tfolded') ?? '', /folded/);
  assert.match(reasonOf('no field') ?? '', /no valid field name/);
});

test('the reason of a fault repeats nothing of what the server sent', () => {
  for (const each of CORPUS) {
    const bytes = bytesOf(each);
    const parsed = parseHead(bytes, 0, bytes.length);
    if (parsed.kind === 'malformed') assert.match(parsed.reason, /^(its?|a) [\w .,/-]+$/);
  }
});

test('a reader that has taken as much as a head may have asks for no more', () => {
  for (const part of ['a', 'X: y\r\n', 'X: yy', '\xff\x00']) {
    const bytes = octets(`HTTP/1.1 200 OK\r\n${part.repeat(100_000)}`);
    const reader = new HeadReader();
    let position = 0;
    while (position < MAX_RESPONSE_HEAD_BYTES) {
      if (reader.push(bytes, position, position + 7).kind !== 'incomplete') break;
      position += 7;
    }
    assert.ok(position < MAX_RESPONSE_HEAD_BYTES, part);
  }
});

test('every head that is in order is read as it was written, however it is split', () => {
  fc.assert(
    fc.property(plainHead, fc.array(fc.nat(400)), (written, cuts) => {
      const bytes = octets(`${written.text}HTTP/1.1 body\r\n\r\n`);
      const parsed = parseHead(bytes, 0, bytes.length);
      const { version, status, statusText, headers } = written;
      assert.deepEqual(parsed, {
        kind: 'head',
        head: { version, status, statusText, headers },
        length: written.text.length,
      });
      assert.deepEqual(readInParts(bytes, cuts), parsed);
    }),
    { numRuns: 2_000 },
  );
});

describe('one change to the framing fields never makes another length of them', () => {
  const LENGTH = 4_711;
  const field = `Content-Length: ${LENGTH}`;
  /** What a broken or hostile server makes of the one line that says the length. */
  const changes: readonly ((other: number) => string)[] = [
    (other) => `${field}\r\nContent-Length: ${other}`,
    (other) => `Content-Length: ${other}\r\n${field}`,
    (other) => `${field}, ${other}`,
    (other) => `Content-Length: ${other}, ${LENGTH}`,
    (other) => `${field} ${other}`,
    (other) => `${field}\r\n ${other}`,
    (other) => `${field}\n${other}`,
    (other) => `${field}\r${other}`,
    (other) => `${field}\nContent-Length: ${other}`,
    (other) => `${field}\rContent-Length: ${other}`,
    (other) => `${field}.${other}`,
    (other) => `${field}e${other}`,
    (other) => `${field}\0${other}`,
    (other) => `${field};${other}`,
    (other) => `Content-Length: -${other}\r\n${field}`,
    (other) => `Content-Length : ${other}\r\n${field}`,
    (other) => `Content-Length\0: ${other}\r\n${field}`,
    (other) => `${field}\r\ncONTENT-lENGTH:${other}`,
    (other) => `${field}\r\nTransfer-Encoding: chunked\r\nX: ${other}`,
    () => `Transfer-Encoding: identity\r\n${field}`,
    () => `Transfer-Encoding: chunked\r\n${field}`,
    () => `Transfer-Encoding:\r\n${field}`,
    () => `content-length:\t${LENGTH}\t`,
    () => `Content-Length: 00${LENGTH}`,
  ];

  test('in the named ways', () => {
    fc.assert(
      fc.property(fc.constantFrom(...changes), fc.nat(), (change, other) => {
        fc.pre(other !== LENGTH);
        const bytes = octets(`HTTP/1.1 200 OK\r\nServer: s\r\n${change(other)}\r\nX: y\r\n\r\n`);
        const parsed = parseHead(bytes, 0, bytes.length);
        if (parsed.kind === 'malformed') return;
        assert.ok(parsed.kind === 'head');
        const framing = bodyFraming(parsed.head);
        if (framing.kind === 'malformed') assert.equal(keepsAlive(parsed.head), false);
        else assert.deepEqual(framing, { kind: 'length', length: LENGTH });
      }),
      { numRuns: 1_000 },
    );
  });

  test('by any octet put into the line', () => {
    const line = `${field}\r\n`;
    for (let at = 0; at <= line.length; at++) {
      for (let code = 0; code < 256; code++) {
        const changed = line.slice(0, at) + String.fromCharCode(code) + line.slice(at);
        const bytes = octets(`HTTP/1.1 200 OK\r\n${changed}\r\n`);
        const parsed = parseHead(bytes, 0, bytes.length);
        const framing = parsed.kind === 'head' ? bodyFraming(parsed.head) : undefined;
        // A digit among the digits is another length by right, and a letter of a name another name.
        const digit = /\d/.test(String.fromCharCode(code)) && at >= field.length - 4;
        if (framing?.kind === 'length' && !digit) assert.equal(framing.length, LENGTH, changed);
        assert.notEqual(framing?.kind, 'chunked');
      }
    }
  });
});
