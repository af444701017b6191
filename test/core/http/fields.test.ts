import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import {
  exceedsSafeInteger,
  fieldValues,
  formatRange,
  type HeaderList,
  parseContentLength,
  parseContentRange,
  parseEntityTag,
  parseHttpDate,
  parseRetryAfter,
  singleValue,
} from '../../../src/core/http/fields.ts';
import { DATE, NOW_MS } from './facts.ts';

const MAX = Number.MAX_SAFE_INTEGER;

test('fields are found without regard to case, in order, trimmed', () => {
  const list: HeaderList = [
    ['ETag', ' "a"\t'],
    ['etag', '"b"'],
    ['Tag', '"c"'],
  ];
  assert.deepEqual(fieldValues(list, 'eTAG'), ['"a"', '"b"']);
  assert.equal(singleValue(list, 'etag'), undefined);
  assert.equal(singleValue([...list.slice(0, 1), ['ETAG', '"a"']], 'etag'), '"a"');
});

describe('Content-Length', () => {
  const cases: [values: string[], expected: number | undefined | 'invalid'][] = [
    [[], undefined],
    [['0'], 0],
    [['42'], 42],
    [[' 42 '], 42],
    [['0042'], 42],
    [['42, 42'], 42],
    [['42', '42'], 42],
    [[String(MAX)], MAX],
    [['42', '43'], 'invalid'],
    [['42, 43'], 'invalid'],
    [['42,'], 'invalid'],
    [[''], 'invalid'],
    [['-1'], 'invalid'],
    [['+1'], 'invalid'],
    [['1e3'], 'invalid'],
    [['0x10'], 'invalid'],
    [['1.0'], 'invalid'],
    [['\u00a042'], 'invalid'],
    [['٤٢'], 'invalid'],
    [['9007199254740992'], 'invalid'],
    [['9'.repeat(400)], 'invalid'],
  ];
  for (const [values, expected] of cases) {
    test(`${JSON.stringify(values).slice(0, 40)} is ${expected}`, () => {
      const list: HeaderList = values.map((value) => ['Content-Length', value]);
      assert.equal(parseContentLength(list), expected);
    });
  }

  test('only a well-formed number above 2^53-1 exceeds', () => {
    const exceeds = (value: string) =>
      exceedsSafeInteger([['Content-Length', value]], 'content-length');
    assert.equal(exceeds('9007199254740992'), true);
    assert.equal(exceeds(String(MAX)), false);
    assert.equal(exceeds('99999999999999999999x'), false);
    const range: HeaderList = [['Content-Range', 'bytes 0-9/99999999999999999999']];
    assert.equal(exceedsSafeInteger(range, 'content-range'), true);
  });
});

describe('Content-Range', () => {
  const cases: [value: string, expected: ReturnType<typeof parseContentRange>][] = [
    ['bytes 0-9/100', { kind: 'range', start: 0, end: 10, total: 100 }],
    ['BYTES 90-99/100', { kind: 'range', start: 90, end: 100, total: 100 }],
    ['bytes 0-0/*', { kind: 'range', start: 0, end: 1, total: undefined }],
    ['bytes */100', { kind: 'unsatisfied', total: 100 }],
    ['bytes */0', { kind: 'unsatisfied', total: 0 }],
    ['bytes */*', { kind: 'unsatisfied', total: undefined }],
    ['bytes 9-0/100', undefined],
    ['bytes 0-100/100', undefined],
    ['bytes=0-9/100', undefined],
    ['bytes 0-9', undefined],
    ['bytes 0-/100', undefined],
    ['bytes -9/100', undefined],
    ['bytes 0 - 9/100', undefined],
    ['items 0-9/100', undefined],
    ['bytes 0-9/1e2', undefined],
    ['bytes 0-9007199254740991/*', undefined],
    ['bytes 0-9/9007199254740992', undefined],
    ['', undefined],
  ];
  for (const [value, expected] of cases) {
    test(`"${value}"`, () => assert.deepEqual(parseContentRange(value), expected));
  }
});

describe('entity tags', () => {
  const cases: [value: string, expected: ReturnType<typeof parseEntityTag>][] = [
    ['"abc"', { weak: false, opaque: 'abc' }],
    ['W/"abc"', { weak: true, opaque: 'abc' }],
    ['""', { weak: false, opaque: '' }],
    ['"\u00e4"', { weak: false, opaque: '\u00e4' }],
    ['w/"abc"', undefined],
    ['abc', undefined],
    ['"abc', undefined],
    ['"a"b"', undefined],
    ['"a b"', undefined],
    [`"${'a'.repeat(2_000)}"`, undefined],
  ];
  for (const [value, expected] of cases) {
    test(value.slice(0, 20), () => assert.deepEqual(parseEntityTag(value), expected));
  }
});

describe('Retry-After', () => {
  const late = 'Sat, 10 Jan 2026 12:02:00 GMT';
  const cases: [name: string, list: HeaderList, expected: number | undefined][] = [
    ['absent', [], undefined],
    ['digits are seconds', [['Retry-After', '120']], 120_000],
    ['zero', [['Retry-After', '0']], 0],
    ['saturated', [['Retry-After', '9'.repeat(50)]], 2 ** 31 * 1_000],
    ['bad text is ignored', [['Retry-After', 'soon']], undefined],
    ['negative is ignored', [['Retry-After', '-5']], undefined],
    ['fractions are ignored', [['Retry-After', '1.5']], undefined],
    ['a date counts from now without a Date', [['Retry-After', late]], 120_000],
    [
      "a date counts from the answer's Date",
      [
        ['Retry-After', late],
        ['Date', 'Sat, 10 Jan 2026 12:01:00 GMT'],
      ],
      60_000,
    ],
    ['a past date is 0', [['Retry-After', 'Sat, 10 Jan 2026 11:00:00 GMT']], 0],
    [
      'a bad Date is replaced by now',
      [
        ['Retry-After', late],
        ['Date', 'today'],
      ],
      120_000,
    ],
  ];
  for (const [name, list, expected] of cases) {
    test(name, () => assert.equal(parseRetryAfter(list, NOW_MS), expected));
  }
});

test('a formatted range is what a server answers with', () => {
  assert.equal(formatRange(5, undefined), 'bytes=5-');
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 1 << 30 }), fc.nat(), (start, length, rest) => {
      const end = start + length;
      const answer = `${formatRange(start, end).replace('=', ' ')}/${end + rest}`;
      const expected = { kind: 'range', start, end, total: end + rest };
      assert.deepEqual(parseContentRange(answer), expected);
    }),
  );
});

test('no reader throws, and numbers stay whole and safe', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^(bytes )?[0-9*]{0,20}-?[0-9]{0,20}\/?[0-9*]{0,20}$/),
    fc.constantFrom(DATE, 'W/"x"', '1,1', '\t', '9'.repeat(20_000)),
  );
  fc.assert(
    fc.property(text, text, fc.double(), (a, b, nowMs) => {
      const list: HeaderList = ['Content-Length', 'Retry-After', 'Date', 'ETag'].flatMap((name) => [
        [name, a] as const,
        [name, b] as const,
      ]);
      const length = parseContentLength(list);
      if (typeof length === 'number') assert.ok(Number.isSafeInteger(length) && length >= 0);
      const range = parseContentRange(a);
      if (range?.kind === 'range') {
        assert.ok(range.start < range.end && range.end <= (range.total ?? MAX));
      }
      parseEntityTag(a);
      parseHttpDate(a, nowMs);
      const waitMs = parseRetryAfter(list, NOW_MS);
      if (waitMs !== undefined) assert.ok(Number.isSafeInteger(waitMs) && waitMs >= 0);
      exceedsSafeInteger(list, 'content-length');
      singleValue(list, b);
    }),
  );
});
