import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import {
  asDeliveryOptimizationError,
  DeliveryOptimizationError,
  httpStatusError,
  isDeliveryOptimizationError,
  maskUrl,
  unexpected,
} from '../../src/core/errors.ts';

test('an error carries the facts of its code', () => {
  const error = new DeliveryOptimizationError('DO_E_INVALID_STATE', 'The job is final.');
  assert.equal(error.name, 'DeliveryOptimizationError');
  assert.equal(error.message, 'The job is final.');
  assert.equal(error.code, 'DO_E_INVALID_STATE');
  assert.equal(error.hresult, 0x80d02013);
  assert.equal(error.failureClass, 'call');
  assert.equal(error.permanent, true);
  assert.equal(error.cause, undefined);
  assert.ok(!('cause' in error));
});

test('an alias becomes the canonical name', () => {
  assert.equal(new DeliveryOptimizationError('DO_E_EMPTY', 'x').code, 'DO_E_JOB_EMPTY');
  assert.equal(
    new DeliveryOptimizationError('BG_E_HTTP_ERROR_503', 'x').code,
    'HTTP_E_STATUS_SERVICE_UNAVAIL',
  );
});

test('only fatal and call failures are permanent', () => {
  const classes = ['call', 'fatal', 'transient', 'policy', 'info', 'unused'] as const;
  const permanent = classes.filter(
    (failureClass) => new DeliveryOptimizationError('E_FAIL', 'x', { failureClass }).permanent,
  );
  assert.deepEqual(permanent, ['call', 'fatal']);
});

test('JSON holds the facts that are known, and neither the cause nor a query', () => {
  const error = new DeliveryOptimizationError('ERROR_WINHTTP_TIMEOUT', 'Too slow.', {
    cause: new Error('secret cause'),
    httpStatus: 503,
    extendedHresult: -2_147_012_894,
    retryAfterMs: 2_000,
    url: 'https://user:pw@example.com/a?token=abc#frag',
  });
  assert.deepEqual(JSON.parse(JSON.stringify(error)), {
    code: 'ERROR_WINHTTP_TIMEOUT',
    hresult: 0x80072ee2,
    message: 'Too slow.',
    failureClass: 'transient',
    httpStatus: 503,
    extendedHresult: 0x80072ee2,
    retryAfterMs: 2_000,
    url: 'https://example.com/a?…',
  });
  assert.deepEqual(Object.keys(new DeliveryOptimizationError('E_FAIL', 'x').toJSON()), [
    'code',
    'hresult',
    'message',
    'failureClass',
  ]);
});

test('printing an error does not show the secrets of its URL', () => {
  const error = httpStatusError(403, { url: 'https://u:hunter2@example.com/f?sig=s3cret' });
  assert.doesNotMatch(inspect(error), /hunter2|s3cret/);
});

test('a foreign error is wrapped once, and one of ours not at all', () => {
  const cause = new TypeError('boom');
  const wrapped = asDeliveryOptimizationError(cause, 'DO_E_FATAL_CORE_ERROR');
  assert.equal(wrapped.code, 'DO_E_FATAL_CORE_ERROR');
  assert.equal(wrapped.cause, cause);
  assert.match(wrapped.message, /boom$/);
  assert.equal(asDeliveryOptimizationError(wrapped, 'E_FAIL'), wrapped);
  assert.match(asDeliveryOptimizationError('thrown text', 'E_FAIL').message, /thrown text$/);
  assert.ok(asDeliveryOptimizationError(undefined, 'E_FAIL').message.length > 0);
});

test('an error of ours is known by instance, and by name from another copy', () => {
  assert.ok(isDeliveryOptimizationError(unexpected('x')));
  const copy = Object.assign(new Error('x'), { name: 'DeliveryOptimizationError', hresult: 1 });
  assert.ok(isDeliveryOptimizationError(copy));
  for (const other of [new Error('x'), { name: 'DeliveryOptimizationError' }, null, 'x']) {
    assert.ok(!isDeliveryOptimizationError(other));
  }
});

test('an HTTP error says which URL answered what', () => {
  const error = httpStatusError(404, { url: 'https://example.com/a.iso?k=v' });
  assert.equal(error.code, 'HTTP_E_STATUS_NOT_FOUND');
  assert.equal(error.httpStatus, 404);
  assert.equal(
    error.message,
    'https://example.com/a.iso?… answered HTTP 404. The server does not have the file.',
  );
  const busy = httpStatusError(429, { retryAfterMs: 1_000 });
  assert.equal(busy.code, 'BG_E_HTTP_ERROR_429');
  assert.equal(busy.failureClass, 'transient');
  assert.equal(busy.retryAfterMs, 1_000);
  assert.equal(httpStatusError(421, { failureClass: 'fatal' }).failureClass, 'fatal');
});

test('a success without a usable body is the transient 2XX code', () => {
  const error = httpStatusError(204);
  assert.equal(error.code, 'DO_E_UNEXPECTED_HTTP_STATUS_2XX');
  assert.equal(error.failureClass, 'transient');
  assert.equal(error.httpStatus, 204);
});

test('what must not happen is fatal', () => {
  const error = unexpected('The store is damaged.', 'cause');
  assert.equal(error.code, 'E_UNEXPECTED');
  assert.equal(error.failureClass, 'fatal');
  assert.equal(error.cause, 'cause');
});

test('masking drops user-info, query and fragment, also of URLs that do not parse', () => {
  const cases = [
    ['https://example.com/a/b.iso', 'https://example.com/a/b.iso'],
    ['https://example.com/@scope/pkg', 'https://example.com/@scope/pkg'],
    ['http://[::1]:8080/x?', 'http://[::1]:8080/x?…'],
    ['http://u@example.com:80/x#token', 'http://example.com:80/x'],
    ['http://u:p@q@example.com', 'http://example.com'],
    ['http:\\\\u:p@example.com\\x', 'http:\\\\example.com\\x'],
    ['http://user:pa?ss@example.com/', 'http://…?…'],
    ['//u:p@example.com/x', '//example.com/x'],
    ['not a url', 'not a url'],
    ['', ''],
  ] as const;
  for (const [url, masked] of cases) assert.equal(maskUrl(url), masked);
});

test('no secret of a URL survives masking', () => {
  const secret = fc.stringMatching(/^[a-z0-9]{8,16}$/).map((text) => `SECRET${text}`);
  fc.assert(
    fc.property(secret, secret, secret, fc.webPath(), (user, password, key, path) => {
      const masked = maskUrl(`https://${user}:${password}@example.com${path}?k=${key}#${key}`);
      assert.equal(masked, `https://example.com${path}?…`);
      assert.equal(maskUrl(masked), masked);
    }),
  );
});
