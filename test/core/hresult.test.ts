import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  facilityOf,
  failed,
  formatHresult,
  hresultFromErrno,
  hresultFromHttpStatus,
  hresultFromWin32,
  isTransientByNumber,
  succeeded,
  toSigned,
  toUnsigned,
} from '../../src/core/hresult.ts';

const anyHresult = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test('signed and unsigned are two views of one number', () => {
  fc.assert(
    fc.property(anyHresult, (hresult) => {
      assert.equal(toUnsigned(toSigned(hresult)), hresult);
      assert.equal(succeeded(hresult), toSigned(hresult) >= 0);
      assert.equal(succeeded(hresult), !failed(hresult));
      assert.equal(failed(toSigned(hresult)), failed(hresult));
      assert.equal(formatHresult(toSigned(hresult)), formatHresult(hresult));
    }),
  );
});

test('a Win32 number is wrapped once', () => {
  assert.equal(hresultFromWin32(0), 0);
  assert.equal(hresultFromWin32(112), 0x80070070);
  assert.equal(hresultFromWin32(12_002), 0x80072ee2);
  assert.equal(hresultFromWin32(-2_147_024_891), 0x80070005);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), (errorNumber) => {
      const hresult = hresultFromWin32(errorNumber);
      assert.equal(hresultFromWin32(hresult), hresult);
    }),
  );
});

test('statuses and errnos have their own ranges', () => {
  assert.equal(hresultFromHttpStatus(404), 0x80190194);
  assert.equal(hresultFromErrno(-28), 0xc0d0001c);
  assert.equal(hresultFromErrno(5), 0xc0d00005);
  assert.equal(facilityOf(hresultFromErrno(5)), 0xd0);
});

test('only failures of the transient zone are transient by number', () => {
  for (const hresult of [0x80d03800, 0x80d03801, 0x80d03fff]) {
    assert.equal(isTransientByNumber(hresult), true, formatHresult(hresult));
    assert.equal(isTransientByNumber(toSigned(hresult)), true);
  }
  for (const hresult of [0x80d03002, 0x80d04000, 0x80073801, 0x00d03801, 0]) {
    assert.equal(isTransientByNumber(hresult), false, formatHresult(hresult));
  }
});

test('a code is printed with eight capital digits', () => {
  assert.equal(formatHresult(0x80d02013), '0x80D02013');
  assert.equal(formatHresult(-2_133_843_949), '0x80D02013');
  assert.equal(formatHresult(1), '0x00000001');
});
