import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  type Comparison,
  isStrong,
  type Representation,
  representationOf,
  resumeCondition,
  sameRepresentation,
} from '../../../src/core/http/representation.ts';
import { DATE, head, known, OLD, OTHER_OLD, URL_A } from './facts.ts';

const URL_B = 'https://mirror.example/file.bin';

describe('what an answer says of the file', () => {
  test('validators are kept exactly as received', () => {
    const answer = head(200, { ETag: 'W/"x"', 'Last-Modified': OLD, Date: DATE });
    assert.deepEqual(representationOf(answer, 100, URL_A), {
      sizeBytes: 100,
      entityTag: 'W/"x"',
      lastModified: OLD,
      lastModifiedStrong: true,
      acceptsRanges: 'unknown',
      url: URL_A,
    });
  });
  test('malformed validators count as absent', () => {
    const answer = head(200, { ETag: 'x', 'Last-Modified': 'yesterday' });
    assert.deepEqual(representationOf(answer, undefined, URL_A), {
      lastModifiedStrong: false,
      acceptsRanges: 'unknown',
      url: URL_A,
    });
  });
  test('tags that contradict each other count as absent', () => {
    const headers = [
      ['ETag', '"x"'],
      ['ETag', '"y"'],
    ] as const;
    const answer = { ...head(200), headers };
    assert.equal(representationOf(answer, 100, URL_A).entityTag, undefined);
  });
  const dates: [name: string, date: string | undefined, strong: boolean][] = [
    ['one second older than Date', 'Thu, 01 Jan 2026 00:00:01 GMT', true],
    ['as old as Date', OLD, false],
    ['younger than Date', 'Wed, 31 Dec 2025 00:00:00 GMT', false],
    ['without Date', undefined, false],
  ];
  for (const [name, date, strong] of dates) {
    test(`Last-Modified ${name} is ${strong ? 'strong' : 'weak'}`, () => {
      const answer = head(200, { 'Last-Modified': OLD, Date: date });
      assert.equal(representationOf(answer, 100, URL_A).lastModifiedStrong, strong);
    });
  }
  const units: [status: number, fields: Record<string, string>, expected: string][] = [
    [200, { 'Accept-Ranges': 'bytes' }, 'bytes'],
    [200, { 'Accept-Ranges': 'none' }, 'none'],
    [200, { 'Accept-Ranges': 'items, Bytes' }, 'bytes'],
    [200, {}, 'unknown'],
    [206, { 'Content-Range': 'bytes 0-9/100' }, 'bytes'],
    [206, { 'Content-Range': 'items 0-9/100' }, 'unknown'],
  ];
  for (const [status, fields, expected] of units) {
    test(`${status} with ${JSON.stringify(fields)}: ranges ${expected}`, () => {
      assert.equal(representationOf(head(status, fields), 100, URL_A).acceptsRanges, expected);
    });
  }
  test('identity is no content coding', () => {
    const coding = (value: string) =>
      representationOf(head(200, { 'Content-Encoding': value }), 1, URL_A).contentEncoding;
    assert.equal(coding('identity'), undefined);
    assert.equal(coding('GZIP , br'), 'gzip, br');
  });
});

const strongTag = known({ entityTag: '"x"' });
const weakTag = known({ entityTag: 'W/"x"' });
const strongDate = known({ lastModified: OLD, lastModifiedStrong: true });
const weakDate = known({ lastModified: OLD });

describe('how a resume asks (http.md §3)', () => {
  const plain = { kind: 'plain' } as const;
  const none = { kind: 'none' } as const;
  const ifRange = (value: string) => ({ kind: 'if-range', value }) as const;
  const withDate = { lastModified: OLD, lastModifiedStrong: true };
  const cases: [string, Representation, url: string, restarts: number, expected: object][] = [
    ['strong tag', strongTag, URL_A, 0, ifRange('"x"')],
    ['strong tag and date', { ...strongTag, ...withDate }, URL_A, 0, ifRange('"x"')],
    ['strong date, no tag', strongDate, URL_A, 0, ifRange(OLD)],
    ['weak tag', weakTag, URL_A, 0, plain],
    ['weak tag and strong date', { ...weakTag, ...withDate }, URL_A, 0, plain],
    ['weak date', weakDate, URL_A, 0, plain],
    ['nothing but the size', known(), URL_A, 0, none],
    ['URL changed, tag only', strongTag, URL_B, 0, none],
    ['URL changed, tag and strong date', { ...strongTag, ...withDate }, URL_B, 0, ifRange(OLD)],
    ['URL changed, weak date', weakDate, URL_B, 0, plain],
    ['ranges refused', { ...strongTag, acceptsRanges: 'none' }, URL_A, 0, none],
    ['third restart, tag and date', { ...strongTag, ...withDate }, URL_A, 3, ifRange(OLD)],
    ['third restart, tag and weak date', { ...weakDate, entityTag: '"x"' }, URL_A, 3, plain],
    ['third restart, tag only', strongTag, URL_A, 3, ifRange('"x"')],
  ];
  for (const [name, representation, url, restarts, expected] of cases) {
    test(name, () => assert.deepEqual(resumeCondition(representation, url, restarts), expected));
  }
  test('size unknown (N-9)', () => {
    const { sizeBytes: _unknown, ...rest } = strongTag;
    assert.deepEqual(resumeCondition(rest, URL_A), none);
  });
});

describe('whether an answer has the same bytes (http.md §3)', () => {
  const noSize = ({ sizeBytes: _unknown, ...rest }: Representation): Representation => rest;
  const otherDate = { lastModified: OTHER_OLD };
  const cases: [string, Representation, Representation, same: boolean, Comparison?][] = [
    ['same strong tag', strongTag, strongTag, true],
    ['same strong tag, other date', strongTag, { ...strongTag, ...otherDate }, true],
    ['same strong tag, size unknown before', noSize(strongTag), strongTag, true],
    ['same strong tag, other size', strongTag, { ...strongTag, sizeBytes: 99 }, false],
    [
      'other strong tag, same date',
      { ...strongDate, entityTag: '"x"' },
      { ...strongDate, entityTag: '"y"' },
      false,
    ],
    ['strong tag became weak', strongTag, weakTag, false],
    ['strong tag went missing', strongTag, known(), false],
    ['same weak tag', weakTag, weakTag, true],
    ['same weak tag, other size', weakTag, { ...weakTag, sizeBytes: 99 }, false],
    ['same weak tag, size unknown', noSize(weakTag), weakTag, false],
    ['other weak tag', weakTag, known({ entityTag: 'W/"y"' }), false],
    [
      'other weak tag, same date',
      { ...weakDate, entityTag: 'W/"x"' },
      { ...weakDate, entityTag: 'W/"y"' },
      true,
    ],
    ['same date', strongDate, weakDate, true],
    ['same date, other size', strongDate, { ...strongDate, sizeBytes: 99 }, false],
    ['other date', strongDate, { ...strongDate, ...otherDate }, false],
    ['date left out', strongDate, known(), false],
    ['strong date left out after If-Range', strongDate, known(), true, { conditional: true }],
    ['weak date left out after If-Range', weakDate, known(), false, { conditional: true }],
    ['nothing but the size', known(), known(), false],
    ['other content coding', strongTag, { ...strongTag, contentEncoding: 'gzip' }, false],
    ['content coding left out', { ...strongTag, contentEncoding: 'gzip' }, strongTag, true],
    ['other URL, same date and size', strongDate, { ...strongDate, url: URL_B }, true],
    [
      'other URL, same date, other size',
      strongDate,
      { ...strongDate, url: URL_B, sizeBytes: 99 },
      false,
    ],
    ['other URL, same tag only', strongTag, { ...strongTag, url: URL_B }, false],
    [
      'other URL, other tag, same date',
      { ...strongDate, entityTag: '"x"' },
      { ...strongDate, entityTag: '"y"', url: URL_B },
      true,
    ],
    [
      'mirrors: other tag, same date',
      { ...strongDate, entityTag: '"x"' },
      { ...strongDate, entityTag: '"y"' },
      true,
      { restarts: 3 },
    ],
    ['mirrors: other tag, no date', strongTag, known({ entityTag: '"y"' }), false, { restarts: 3 }],
    [
      'mirrors: other tag, other date',
      { ...strongDate, entityTag: '"x"' },
      { ...strongDate, ...otherDate, entityTag: '"y"' },
      false,
      { restarts: 3 },
    ],
  ];
  for (const [name, before, after, same, comparison] of cases) {
    test(name, () => assert.equal(sameRepresentation(before, after, comparison), same));
  }
});

test('only the validator that counts makes a file fit for parallel connections', () => {
  assert.equal(isStrong(strongTag), true);
  assert.equal(isStrong(strongDate), true);
  assert.equal(isStrong({ ...strongDate, entityTag: 'W/"x"' }), false);
  assert.equal(isStrong(weakTag), false);
  assert.equal(isStrong(weakDate), false);
  assert.equal(isStrong(known()), false);
});
