import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  BG_S_OVERRIDDEN_BY_POLICY,
  BG_S_PARTIAL_COMPLETE,
  BG_S_UNABLE_TO_DELETE_FILES,
  codeInfo,
  describeHresult,
  type ErrorCode,
  failureClassOf,
  HRESULT,
  httpStatusInfo,
  nameOfHresult,
  S_FALSE,
  S_OK,
} from '../../src/core/codes.ts';
import { toSigned } from '../../src/core/hresult.ts';
import { DOCUMENTED_CODES } from './documented-codes.ts';

const ALIASES = ['DO_E_NOT_FOUND', 'DO_E_EMPTY'];

test('every documented code has its documented number, and the number has that name', () => {
  for (const [name, signed] of DOCUMENTED_CODES) {
    const info = codeInfo(name as ErrorCode);
    assert.equal(info.name, name);
    assert.equal(toSigned(info.hresult), signed, name);
    assert.equal(nameOfHresult(signed), name);
    assert.equal(nameOfHresult(signed >>> 0), name);
  }
});

test('the tables hold nothing that is not documented', () => {
  const documented = new Set(DOCUMENTED_CODES.map(([name]) => name));
  const extra = Object.keys(HRESULT).filter((name) => !documented.has(name));
  assert.deepEqual(extra, ALIASES);
});

test('no two canonical names share a number', () => {
  const names = Object.keys(HRESULT).filter((name) => !ALIASES.includes(name));
  const numbers = names.map((name) => HRESULT[name as ErrorCode]);
  assert.equal(new Set(numbers).size, numbers.length);
});

test('every meaning is one sentence and is the description of its number', () => {
  for (const [name, signed] of DOCUMENTED_CODES) {
    const { meaning } = codeInfo(name as ErrorCode);
    assert.match(meaning, /^[A-Z].*\.$/, name);
    assert.equal(describeHresult(signed), meaning);
  }
});

test('the two names without a number of their own are aliases', () => {
  assert.equal(HRESULT.DO_E_NOT_FOUND, 0x80d02003);
  assert.equal(HRESULT.DO_E_EMPTY, 0x80d02004);
  assert.equal(codeInfo('DO_E_NOT_FOUND').name, 'DO_E_JOB_NOT_FOUND');
  assert.equal(codeInfo('DO_E_EMPTY').name, 'DO_E_JOB_EMPTY');
  assert.equal(nameOfHresult(0x80d02003), 'DO_E_JOB_NOT_FOUND');
});

test('the success codes are the numbers of the table', () => {
  assert.equal(S_OK, HRESULT.S_OK);
  assert.equal(S_FALSE, HRESULT.S_FALSE);
  assert.equal(BG_S_PARTIAL_COMPLETE, HRESULT.BG_S_PARTIAL_COMPLETE);
  assert.equal(BG_S_UNABLE_TO_DELETE_FILES, HRESULT.BG_S_UNABLE_TO_DELETE_FILES);
  assert.equal(BG_S_OVERRIDDEN_BY_POLICY, HRESULT.BG_S_OVERRIDDEN_BY_POLICY);
});

test('every HTTP status keeps its own number, under both spellings', () => {
  for (let status = 100; status <= 599; status++) {
    const info = codeInfo(`BG_E_HTTP_ERROR_${status}`);
    assert.equal(info.hresult, 0x80190000 + status);
    assert.deepEqual(codeInfo(info.name), info);
    assert.equal(nameOfHresult(info.hresult), info.name);
  }
  assert.equal(codeInfo('BG_E_HTTP_ERROR_404').name, 'HTTP_E_STATUS_NOT_FOUND');
  assert.equal(httpStatusInfo(429).name, 'BG_E_HTTP_ERROR_429');
  assert.equal(httpStatusInfo(600).name, 'HTTP_E_STATUS_UNEXPECTED');
  assert.equal(httpStatusInfo(42).name, 'HTTP_E_STATUS_UNEXPECTED');
});

test('statuses are classed as errors.md 4 says', () => {
  const transient = [
    100, 204, 408, 409, 421, 425, 429, 500, 502, 503, 504, 507, 508, 511, 599, 700,
  ];
  const fatal = [101, 300, 301, 304, 305, 308, 400, 401, 403, 404, 410, 412, 416, 418, 431, 449];
  for (const status of transient) {
    assert.equal(httpStatusInfo(status).failureClass, 'transient', String(status));
  }
  for (const status of [...fatal, 451, 501, 505]) {
    assert.equal(httpStatusInfo(status).failureClass, 'fatal', String(status));
  }
});

test('a number no table has is classed by its zone and printed in hexadecimal', () => {
  assert.equal(nameOfHresult(0x80d038ff), undefined);
  assert.equal(failureClassOf(0x80d038ff), 'transient');
  assert.equal(failureClassOf(0x80d0ffff), 'fatal');
  assert.equal(failureClassOf(0x00001234), 'info');
  assert.equal(failureClassOf(0x80d03805), 'policy');
  assert.match(describeHresult(toSigned(0x80d0bdff)), /0x80D0BDFF/);
  assert.match(describeHresult(0xc0d0001c), /error number 28 \(0xC0D0001C\)/);
  assert.match(describeHresult(0x8007ffff), /Windows error 65535 \(0x8007FFFF\)/);
  assert.match(describeHresult(0x00001234), /succeeded .*0x00001234/);
});

test('any number has a class and a description', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }), (hresult) => {
      assert.ok(describeHresult(hresult).length > 0);
      assert.equal(failureClassOf(hresult), failureClassOf(hresult >>> 0));
    }),
  );
});
