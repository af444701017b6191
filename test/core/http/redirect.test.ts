import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import { type NextHop, nextHop, type Redirect } from '../../../src/core/http/redirect.ts';

const FROM = 'https://a.example/dir/file?k=secret';

function hop(changes: Partial<Redirect>): NextHop {
  const first = { from: FROM, status: 302, location: '/x', hop: 0, allowSecureToNonSecure: false };
  return nextHop({ ...first, ...changes });
}

describe('followed', () => {
  const cases: [location: string, url: string, crossOrigin: boolean][] = [
    ['https://a.example/new', 'https://a.example/new', false],
    ['/new', 'https://a.example/new', false],
    ['new?q#fragment', 'https://a.example/dir/new?q', false],
    ['//b.example/new', 'https://b.example/new', true],
    ['https://a.example:8443/new', 'https://a.example:8443/new', true],
    ['/a b', 'https://a.example/a%20b', false],
    ['/\u00c3\u00a4', 'https://a.example/%C3%A4', false],
  ];
  for (const [location, url, crossOrigin] of cases) {
    test(location, () => {
      assert.deepEqual(hop({ location }), { kind: 'follow', url, crossOrigin });
    });
  }
  for (const status of [301, 302, 303, 307, 308]) {
    test(String(status), () => assert.equal(hop({ status }).kind, 'follow'));
  }
  test('http to https', () => {
    const expected = { kind: 'follow', url: 'https://a.example/', crossOrigin: true };
    const result = hop({ from: 'http://a.example/', location: 'https://a.example/' });
    assert.deepEqual(result, expected);
  });
  test('https to http when property 24 allows it', () => {
    const location = 'http://a.example/';
    assert.equal(hop({ location, allowSecureToNonSecure: true }).kind, 'follow');
  });
  test('the tenth redirect', () => assert.equal(hop({ hop: 9 }).kind, 'follow'));
});

describe('refused, always fatal', () => {
  const cases: [name: string, changes: Partial<Redirect>, code: string][] = [
    ['300', { status: 300 }, 'HTTP_E_STATUS_AMBIGUOUS'],
    ['304', { status: 304 }, 'HTTP_E_STATUS_NOT_MODIFIED'],
    ['305', { status: 305 }, 'HTTP_E_STATUS_USE_PROXY'],
    ['no Location', { location: undefined }, 'HTTP_E_STATUS_REDIRECT'],
    ['an empty Location', { location: '' }, 'ERROR_WINHTTP_INVALID_URL'],
    ['a Location that does not parse', { location: 'https://[' }, 'ERROR_WINHTTP_INVALID_URL'],
    ['a control character', { location: '/a\0b' }, 'ERROR_WINHTTP_INVALID_URL'],
    ['a character no byte gives', { location: '/\u0105' }, 'ERROR_WINHTTP_INVALID_URL'],
    ['user-info', { location: 'https://u:p@a.example/' }, 'ERROR_WINHTTP_INVALID_URL'],
    ['8,193 characters', { location: `/${'a'.repeat(8_192)}` }, 'ERROR_WINHTTP_INVALID_URL'],
    ['escaped beyond 8,192', { location: `/${' '.repeat(4_000)}x` }, 'ERROR_WINHTTP_INVALID_URL'],
    ['ftp', { location: 'ftp://a.example/' }, 'ERROR_WINHTTP_UNRECOGNIZED_SCHEME'],
    ['file', { location: 'file:///etc/passwd' }, 'ERROR_WINHTTP_UNRECOGNIZED_SCHEME'],
    ['https to http', { location: 'http://a.example/' }, 'ERROR_WINHTTP_REDIRECT_FAILED'],
    ['the eleventh redirect', { hop: 10 }, 'ERROR_WINHTTP_REDIRECT_FAILED'],
    ['itself', { location: FROM }, 'ERROR_WINHTTP_REDIRECT_FAILED'],
    [
      'a URL seen before, fragment aside',
      { location: '/x', visited: ['https://a.example/x#part'] },
      'ERROR_WINHTTP_REDIRECT_FAILED',
    ],
  ];
  for (const [name, changes, code] of cases) {
    test(name, () => {
      const result = hop(changes);
      assert.equal(result.kind, 'failed');
      assert.equal(result.error.code, code);
      assert.equal(result.error.failureClass, 'fatal');
      assert.doesNotMatch(result.error.message, /secret/);
    });
  }
});

test('any Location is followed to a clean http or https URL, or refused', () => {
  const location = fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(location, fc.boolean(), (location, allowSecureToNonSecure) => {
      const result = hop({ location, allowSecureToNonSecure });
      if (result.kind !== 'follow') return;
      const url = new URL(result.url);
      assert.ok(url.protocol === 'https:' || (allowSecureToNonSecure && url.protocol === 'http:'));
      assert.equal(url.hash + url.username + url.password, '');
      assert.match(result.url, /^[\x21-\x7e]+$/);
    }),
  );
});
