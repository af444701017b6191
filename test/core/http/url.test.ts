import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import { isDeliveryOptimizationError } from '../../../src/core/errors.ts';
import { checkRemoteUrl, originOf, sameOrigin } from '../../../src/core/http/url.ts';

const refused = { code: 'E_INVALIDARG' };

describe('remote names returned as given', () => {
  for (const url of [
    'http://origin.example',
    'HTTPS://Origin.Example:8443/A%20b/../c?q={x}|y#part',
    'http://[::1]:8080/file',
    `http://origin.example/${'a'.repeat(2_200 - 22)}`,
  ]) {
    test(url.slice(0, 60), () => assert.equal(checkRemoteUrl(url), url));
  }
});

describe('remote names refused', () => {
  const cases: [name: string, url: string][] = [
    ['empty', ''],
    ['relative', '/file'],
    ['without slashes', 'http:origin.example/file'],
    ['another scheme', 'ftp://origin.example/file'],
    ['no host', 'http:///file'],
    ['no host but a port', 'http://:80/file'],
    ['a space', 'http://origin.example/a b'],
    ['a line end', 'http://origin.example/a\r\nX: 1'],
    ['a space in front', ' http://origin.example/'],
    ['a non-ASCII character', 'http://origin.example/ä'],
    ['a backslash', 'http://origin.example\\@evil.example/'],
    ['a user name', 'http://user@origin.example/'],
    ['a user name and password', 'http://user:pass@origin.example/'],
    ['empty user-info', 'http://@origin.example/'],
    ['a port out of range', 'http://origin.example:99999/'],
    ['2,201 characters', `http://origin.example/${'a'.repeat(2_201 - 22)}`],
  ];
  for (const [name, url] of cases) {
    test(name, () => assert.throws(() => checkRemoteUrl(url), refused));
  }

  test('user-info, with a hint to use a header and without repeating it', () => {
    assert.throws(
      () => checkRemoteUrl('http://user:hunter2@origin.example/'),
      (error: Error) =>
        /Authorization header/.test(error.message) && !/hunter2/.test(error.message),
    );
  });
});

test('origins compare by scheme, host and port', () => {
  assert.equal(originOf('HTTPS://Origin.Example:443/a?b#c'), 'https://origin.example');
  assert.equal(sameOrigin('http://a.example/x', 'http://A.example:80/y'), true);
  assert.equal(sameOrigin('http://a.example/', 'https://a.example/'), false);
  assert.equal(sameOrigin('http://a.example/', 'http://a.example:8080/'), false);
  assert.equal(sameOrigin('http://a.example/', 'http://b.example/'), false);
  // Opaque origins all print as "null", yet none equals another.
  assert.equal(sameOrigin('data:,a', 'data:,a'), false);
  assert.throws(() => originOf('file:///etc/passwd'), refused);
});

test('any text is accepted as it is or refused with E_INVALIDARG', () => {
  const text = fc.oneof(fc.string(), fc.webUrl(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, fc.constantFrom('', 'http://', 'https://a'), (rest, prefix) => {
      const url = prefix + rest;
      try {
        assert.equal(checkRemoteUrl(url), url);
        assert.equal(new URL(url).username, '');
        assert.ok(sameOrigin(url, url));
      } catch (error) {
        assert.ok(isDeliveryOptimizationError(error) && error.code === 'E_INVALIDARG');
      }
    }),
  );
});
