import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import { isUuid, uuidV7 } from '../../src/core/ids.ts';

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const random = fc.uint8Array({ minLength: 10, maxLength: 10 });

test('the example of RFC 9562 is reproduced', () => {
  const bytes = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  assert.equal(uuidV7(0x017f22e279b0, bytes), '017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

test('an id is a UUID of version 7 with the RFC variant', () => {
  fc.assert(
    fc.property(time, random, (unixMs, bytes) => {
      const id = uuidV7(unixMs, bytes);
      assert.ok(isUuid(id));
      assert.match(id, /^.{8}-.{4}-7.{3}-[89ab]/);
      assert.equal(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16), unixMs);
    }),
  );
});

test('the id of a later millisecond sorts after', () => {
  fc.assert(
    fc.property(time, time, random, random, (a, b, bytesA, bytesB) => {
      fc.pre(a < b);
      assert.ok(uuidV7(a, bytesA) < uuidV7(b, bytesB));
    }),
  );
});

test('times and randomness out of bounds are refused', () => {
  const bytes = new Uint8Array(10);
  for (const unixMs of [-1, 0.5, 2 ** 48, Number.NaN]) {
    assert.throws(() => uuidV7(unixMs, bytes), DeliveryOptimizationError);
  }
  assert.throws(() => uuidV7(0, new Uint8Array(9)), { code: 'E_INVALIDARG' });
});

test('only the plain form of a UUID counts as one', () => {
  assert.ok(isUuid('5B99FA76-721C-423C-ADAC-56D03C8A8007'));
  for (const text of [
    '',
    '{5B99FA76-721C-423C-ADAC-56D03C8A8007}',
    '5B99FA76721C423CADAC56D03C8A8007',
    '5B99FA76-721C-423C-ADAC-56D03C8A800G',
    '5B99FA76-721C-423C-ADAC-56D03C8A8007\n',
  ]) {
    assert.ok(!isUuid(text), text);
  }
});
