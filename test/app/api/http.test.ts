import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { assertMatches, etagOf } from '../../../src/app/api/http/conditions.ts';
import { encodeCursor, idOfCursor, numberOfCursor } from '../../../src/app/api/http/cursor.ts';
import { fingerprintOf } from '../../../src/app/api/http/fingerprint.ts';

test('a cursor leads back to its place, and nothing else is a cursor', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.nat(), fc.string(), (id, number, text) => {
      assert.equal(idOfCursor(encodeCursor(id)), id);
      assert.equal(numberOfCursor(encodeCursor(number)), number);
      assert.match(encodeCursor(id), /^[\w-]+$/);
      if (/^[\w-]{48}$/.test(text)) return;
      assert.throws(() => idOfCursor(text), { code: 'E_INVALIDARG' });
    }),
  );
  assert.throws(() => numberOfCursor(encodeCursor('-1')));
  assert.throws(() => numberOfCursor(encodeCursor('1'.repeat(16))));
  assert.throws(() => numberOfCursor(''));
});

test('a fingerprint is that of the value, whatever the order of its keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      // What JSON cannot tell apart, such as 0 and -0, is the same request.
      const [left, right] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))];
      assert.equal(fingerprintOf(left), fingerprintOf(reversed(left)));
      assert.equal(fingerprintOf(left) === fingerprintOf(right), isSame(left, right));
    }),
  );
  assert.notEqual(fingerprintOf({ a: '1' }), fingerprintOf({ a: 1 }));
  assert.notEqual(fingerprintOf(['a', 'b']), fingerprintOf(['b', 'a']));
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

function isSame(a: unknown, b: unknown): boolean {
  try {
    assert.deepStrictEqual(a, b);
    return true;
  } catch {
    // That they differ is the answer.
    return false;
  }
}

test('If-Match takes the revision, a list with it, or anything', () => {
  const matches = (tag: string | undefined): boolean => {
    try {
      assertMatches(tag, 'abc');
      return true;
    } catch (error) {
      assert.equal((error as { status: number }).status, 412);
      return false;
    }
  };
  assert.deepEqual(
    [undefined, '*', etagOf('abc'), '"x", "abc"', '"x"', 'W/"abc"', '"ABC"'].map(matches),
    [true, true, true, true, false, false, false],
  );
  for (const malformed of ['', 'abc', '"abc', '"a" "b"', '"a",']) {
    assert.throws(() => assertMatches(malformed, 'abc'), { status: 400 });
  }
});
