import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { judgeResponse, type RequestFacts } from '../../../src/core/http/judge-response.ts';
import { DATE, type Fields, facts, head, known, NOW_MS } from './facts.ts';

const resume: Partial<RequestFacts> = { range: { start: 40 }, known: known(), storedBytes: 40 };
const unknownSize: Partial<RequestFacts> = { range: { start: 40 }, storedBytes: 40 };
const callerRange: Partial<RequestFacts> = { range: { start: 40, end: 60 }, callerRanges: true };
const tagged: Partial<RequestFacts> = {
  ...unknownSize,
  known: known({ sizeBytes: 40, entityTag: '"x"' }),
};

describe('416 (http.md §6)', () => {
  const size = (total: string, more: Fields = {}): Fields => ({
    'Content-Range': `bytes */${total}`,
    ...more,
  });
  const cases: [string, Partial<RequestFacts>, Fields, kind: string, code?: string][] = [
    ['N is what is stored', unknownSize, size('40'), 'complete'],
    ['N is what is stored, same tag', tagged, size('40', { ETag: '"x"' }), 'complete'],
    ['N is what is stored, other tag', tagged, size('40', { ETag: '"y"' }), 'changed'],
    ['N is what is stored, but not the known size', resume, size('40'), 'changed'],
    ['N = 0, nothing stored', { range: { start: 0 } }, size('0'), 'complete'],
    ['N = 0, nothing stored, no Range', {}, size('0'), 'complete'],
    ['N below what is stored', unknownSize, size('39'), 'changed'],
    ['N is not the known size', resume, size('120'), 'changed'],
    ['N above what is stored', resume, size('100'), 'changed'],
    ['N below, a second time', { ...unknownSize, restarts: 1 }, size('39'), 'failed', '801901A0'],
    ['caller range starts at N', callerRange, size('40'), 'failed', 'DO_E_INVALID_RANGE'],
    ['caller range starts after N', callerRange, size('7'), 'failed', 'DO_E_INVALID_RANGE'],
    ['caller range starts before N', callerRange, size('41'), 'changed'],
    [
      'caller range, a second time',
      { ...callerRange, restarts: 1 },
      size('41'),
      'failed',
      '801901A0',
    ],
    ['no Content-Range', resume, {}, 'changed'],
    ['malformed Content-Range', resume, size('x'), 'changed'],
    ['unknown length', resume, size('*'), 'changed'],
    ['satisfied form', resume, { 'Content-Range': 'bytes 0-9/100' }, 'changed'],
    ['no Content-Range, a second time', { ...resume, restarts: 1 }, {}, 'failed', '801901A0'],
    ['no Range asked', { storedBytes: 40 }, size('40'), 'failed', '801901A0'],
    [
      'N is what is stored, but not what the caller expects',
      { ...unknownSize, expectedSizeBytes: 50 },
      size('40'),
      'failed',
      'DO_E_HTTP_BLOCKSIZE_MISMATCH',
    ],
  ];
  for (const [name, request, fields, kind, code] of cases) {
    test(name, () => {
      const verdict = judgeResponse(facts(request), head(416, fields), NOW_MS);
      assert.equal(verdict.kind, kind);
      if (verdict.kind !== 'failed') return;
      const { error } = verdict;
      assert.equal(error.failureClass, 'fatal');
      const hex = error.hresult.toString(16).toUpperCase();
      assert.ok(error.code === code || hex === code, `${error.code} ${hex}`);
    });
  }
  test('a complete file has the size of the answer', () => {
    const verdict = judgeResponse(facts(unknownSize), head(416, size('40')), NOW_MS);
    assert.equal(verdict.kind === 'complete' && verdict.representation?.sizeBytes, 40);
  });
});

describe('412 restarts once (http.md §6)', () => {
  test('after a Range', () => {
    assert.deepEqual(judgeResponse(facts(resume), head(412), NOW_MS), { kind: 'changed' });
  });
  for (const [name, request] of [
    ['a second time', { ...resume, restarts: 1 }],
    ['without Range', {}],
  ] as const) {
    test(`${name} it is fatal`, () => {
      const verdict = judgeResponse(facts(request), head(412), NOW_MS);
      assert.ok(verdict.kind === 'failed');
      assert.equal(verdict.error.failureClass, 'fatal');
      assert.equal(verdict.error.hresult, 0x8019019c);
    });
  }
});

describe('every other status (http.md §6, errors.md §4)', () => {
  const lists: [failureClass: string, statuses: number[]][] = [
    [
      'fatal',
      [101, 300, 304, 305, 306, 400, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 417],
    ],
    ['fatal', [422, 426, 428, 431, 449, 451, 499, 501, 505]],
    ['transient', [100, 103, 408, 409, 421, 425, 429, 500, 502, 503, 504, 506, 507, 508, 511, 599]],
  ];
  for (const [failureClass, statuses] of lists) {
    for (const status of statuses) {
      test(`${status} is ${failureClass} with its exact code`, () => {
        const verdict = judgeResponse(facts(resume), head(status), NOW_MS);
        assert.ok(verdict.kind === 'failed');
        assert.equal(verdict.error.failureClass, failureClass);
        assert.equal(verdict.error.hresult, 0x80190000 + status);
        assert.equal(verdict.error.httpStatus, status);
        assert.equal(verdict.inconsistent, undefined);
      });
    }
  }
  for (const status of [201, 202, 204, 205, 207, 226, 299]) {
    test(`${status} is transient 80D0380D`, () => {
      const verdict = judgeResponse(facts(), head(status), NOW_MS);
      assert.ok(verdict.kind === 'failed');
      assert.equal(verdict.error.hresult, 0x80d0380d);
      assert.equal(verdict.error.failureClass, 'transient');
    });
  }
  for (const status of [0, 42, 600, 999]) {
    test(`${status} is transient 80190001`, () => {
      const verdict = judgeResponse(facts(), head(status), NOW_MS);
      assert.ok(verdict.kind === 'failed');
      assert.equal(verdict.error.hresult, 0x80190001);
      assert.equal(verdict.error.failureClass, 'transient');
    });
  }
  for (const status of [301, 302, 303, 307, 308]) {
    test(`${status} is a redirect`, () => {
      const verdict = judgeResponse(facts(), head(status, { location: '/x' }), NOW_MS);
      assert.deepEqual(verdict, { kind: 'redirect', location: '/x' });
    });
  }
  test('two locations that differ are none', () => {
    const headers = [
      ['Location', '/x'],
      ['Location', '/y'],
    ] as const;
    const verdict = judgeResponse(facts(), { ...head(302), headers }, NOW_MS);
    assert.deepEqual(verdict, { kind: 'redirect', location: undefined });
  });
  for (const status of [401, 407]) {
    test(`${status} is a challenge`, () => {
      const verdict = judgeResponse(facts(), head(status), NOW_MS);
      assert.deepEqual(verdict, { kind: 'challenge', status });
    });
  }
  test('a second 421 in a row is fatal', () => {
    const verdict = judgeResponse(facts({ previousStatus: 421 }), head(421), NOW_MS);
    assert.ok(verdict.kind === 'failed' && verdict.error.failureClass === 'fatal');
  });
  for (const status of [202, 429, 503]) {
    test(`${status} carries Retry-After`, () => {
      const fields = { 'Retry-After': 'Sat, 10 Jan 2026 12:00:30 GMT', Date: DATE };
      const verdict = judgeResponse(facts(), head(status, fields), NOW_MS + 999_999);
      assert.equal(verdict.kind === 'failed' && verdict.error.retryAfterMs, 30_000);
    });
  }
});
