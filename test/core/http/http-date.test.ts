import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import { parseHttpDate } from '../../../src/core/http/http-date.ts';
import { NOW_MS } from './facts.ts';

describe('HTTP dates', () => {
  const expected = Date.UTC(1994, 10, 6, 8, 49, 37);
  for (const value of [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ]) {
    test(value, () => assert.equal(parseHttpDate(value), expected));
  }
  for (const value of [
    '',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    '1994-11-06T08:49:37Z',
    '784111777',
  ]) {
    test(`"${value}" is no date`, () => assert.equal(parseHttpDate(value), undefined));
  }

  test('a two-digit year is never more than 50 years ahead', () => {
    const year = (value: string) => new Date(parseHttpDate(value, NOW_MS) ?? 0).getUTCFullYear();
    assert.equal(year('Sunday, 06-Nov-94 08:49:37 GMT'), 1994);
    assert.equal(year('Sunday, 06-Nov-30 08:49:37 GMT'), 2030);
    assert.equal(year('Sunday, 06-Nov-77 08:49:37 GMT'), 1977);
  });

  test('what Date prints as UTC is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        const text = new Date(seconds * 1_000).toUTCString();
        assert.equal(parseHttpDate(text), seconds * 1_000);
      }),
    );
  });
});
