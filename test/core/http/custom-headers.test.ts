import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import { isDeliveryOptimizationError } from '../../../src/core/errors.ts';
import {
  formatResponseHeaders,
  parseCustomHeaders,
} from '../../../src/core/http/custom-headers.ts';

const refused = { code: 'E_INVALIDARG' };

test('lines end with CR LF or LF, and empty lines at the end are ignored', () => {
  assert.deepEqual(parseCustomHeaders('X-A: 1\r\nX-B:2 \nX-A:\t3\r\n\r\n'), [
    ['X-A', '1'],
    ['X-B', '2'],
    ['X-A', '3'],
  ]);
  assert.deepEqual(parseCustomHeaders(''), []);
});

test('pairs are taken as they are, trimmed', () => {
  assert.deepEqual(parseCustomHeaders([['Cookie', ' a=b; c=d ']]), [['Cookie', 'a=b; c=d']]);
});

describe('reserved names are refused in any case', () => {
  const names = 'Host Range If-Range If-None-Match If-Anything Content-Length Transfer-Encoding';
  const more = 'Connection TE Upgrade Accept-Encoding Proxy-Connection Keep-Alive Trailer Expect';
  for (const name of `${names} ${more} hOST if-match`.split(' ')) {
    test(name, () => assert.throws(() => parseCustomHeaders(`${name}: x`), refused));
  }
});

describe('what could break out of its line is refused', () => {
  const cases: [name: string, headers: string | [string, string][]][] = [
    ['no colon', 'X-A'],
    ['an empty line between', 'X-A: 1\n\nX-B: 2'],
    ['an empty name', ': 1'],
    ['a space before the colon', 'X-A : 1'],
    ['a folded line', 'X-A: 1\n continued: 2'],
    ['a lone CR', 'X-A: 1\rX-B: 2'],
    ['a NUL', 'X-A: 1\0'],
    ['a character above U+00FF', 'X-A: \u0105'],
    ['a line end in a pair', [['X-A', '1\r\nX-B: 2']]],
    ['a line end in a name', [['X-A\n', '1']]],
    ['a non-ASCII name', 'X-Ä: 1'],
  ];
  for (const [name, headers] of cases) {
    test(name, () => assert.throws(() => parseCustomHeaders(headers), refused));
  }
});

test('the limit is 16,384 characters, for text and pairs', () => {
  const text = `X: ${'a'.repeat(16_384 - 3)}`;
  assert.equal(parseCustomHeaders(text).length, 1);
  assert.throws(() => parseCustomHeaders(`${text}a`), refused);
  assert.throws(() => parseCustomHeaders([['X', 'a'.repeat(16_384)]]), refused);
});

test('a message never repeats a value', () => {
  assert.throws(
    () => parseCustomHeaders('Authorization: hunter2\0'),
    (error: Error) => error.message.includes('Authorization') && !error.message.includes('hunter2'),
  );
});

test('whatever is accepted is safe to send, and everything else is E_INVALIDARG', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
      try {
        for (const [name, value] of parseCustomHeaders(`X-${text}`)) {
          assert.match(name, /^[\x21-\x7e]+$/);
          assert.doesNotMatch(value, /[\r\n\0]/);
        }
      } catch (error) {
        assert.ok(isDeliveryOptimizationError(error) && error.code === 'E_INVALIDARG');
      }
    }),
  );
});

test('response headers keep order and repetitions and have no final line end', () => {
  const headers = [
    ['Set-Cookie', 'a=1'],
    ['ETag', '"x"'],
    ['Set-Cookie', 'b=2'],
    ['X-Empty', ''],
  ] as const;
  assert.equal(
    formatResponseHeaders(404, 'Not Found', headers),
    'HTTP/1.1 404 Not Found\r\nSet-Cookie: a=1\r\nETag: "x"\r\nSet-Cookie: b=2\r\nX-Empty:',
  );
  assert.equal(formatResponseHeaders(200, '', []), 'HTTP/1.1 200');
  assert.equal(formatResponseHeaders(200, 'a\r\nb', []), 'HTTP/1.1 200 a  b');
});
