import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { judgeResponse } from '../../../src/core/http/judge-response.ts';
import {
  badAnswer,
  callerRange,
  type Case,
  facts,
  head,
  known,
  NOW_MS,
  plainResume,
  resume,
  tooLarge,
  verdictOn,
  wrongSize,
} from './facts.ts';

const noRanges = { code: 'DO_E_INSUFFICIENT_RANGE_SUPPORT', failureClass: 'fatal' };

describe('200 (http.md §4)', () => {
  const cases: Case[] = [
    [
      'no Range, Content-Length',
      {},
      { 'Content-Length': '100' },
      { kind: 'body', start: 0, end: 100 },
    ],
    ['no Range, length 0', {}, { 'Content-Length': '0' }, { kind: 'body', start: 0, end: 0 }],
    ['no Range, no length', {}, {}, { kind: 'body', start: 0, end: undefined }],
    [
      'chunked makes Content-Length void',
      {},
      { 'Transfer-Encoding': 'chunked', 'Content-Length': '7' },
      { kind: 'body', start: 0, end: undefined },
    ],
    ['differing Content-Lengths', {}, { 'Content-Length': '7, 8' }, badAnswer],
    ['size beyond 2^53-1', {}, { 'Content-Length': '9007199254740992' }, tooLarge],
    [
      'no Range, but bytes stored',
      { storedBytes: 40 },
      { 'Content-Length': '100' },
      { kind: 'restart', end: 100, reason: 'ranges-ignored' },
    ],
    [
      'If-Range, other tag',
      resume,
      { 'Content-Length': '120', ETag: '"y"' },
      { kind: 'restart', end: 120, reason: 'changed' },
    ],
    [
      'If-Range, same tag',
      resume,
      { 'Content-Length': '100', ETag: '"x"' },
      { kind: 'restart', end: 100, reason: 'ranges-ignored' },
    ],
    [
      'plain Range, same validators and size',
      plainResume,
      { 'Content-Length': '100', ETag: 'W/"x"' },
      { kind: 'restart', end: 100, reason: 'ranges-ignored' },
    ],
    [
      'plain Range, other size',
      plainResume,
      { 'Content-Length': '99', ETag: 'W/"x"' },
      { kind: 'restart', end: 99, reason: 'changed' },
    ],
    [
      'Range on first contact',
      { range: { start: 0, end: 10 } },
      { 'Content-Length': '100' },
      { kind: 'restart', end: 100, reason: 'ranges-ignored' },
    ],
    [
      'no Range and nothing stored, another version than the one that is known',
      { known: known({ entityTag: '"x"' }) },
      { 'Content-Length': '120', ETag: '"y"' },
      { kind: 'restart', end: 120, reason: 'changed' },
    ],
    [
      'no Range and nothing stored, the version that is known',
      { known: known({ entityTag: '"x"' }) },
      { 'Content-Length': '100', ETag: '"x"' },
      { kind: 'body', start: 0, end: 100 },
    ],
    ['caller range', callerRange, { 'Content-Length': '100' }, noRanges],
    [
      'the size the caller expects',
      { expectedSizeBytes: 100 },
      { 'Content-Length': '100' },
      { kind: 'body', start: 0, end: 100 },
    ],
    [
      'a smaller size than expected',
      { expectedSizeBytes: 101 },
      { 'Content-Length': '100' },
      wrongSize,
    ],
    [
      'a larger size than expected',
      { expectedSizeBytes: 99 },
      { 'Content-Length': '100' },
      wrongSize,
    ],
    [
      'no length, size expected',
      { expectedSizeBytes: 99, sizeNeeded: true },
      {},
      { kind: 'body', start: 0, end: undefined },
    ],
    [
      'no length where a size is needed',
      { sizeNeeded: true },
      {},
      { code: 'DO_E_FILE_SIZE_UNKNOWN_HTTP_200', failureClass: 'fatal' },
    ],
  ];
  for (const [name, request, fields, expected] of cases) {
    test(name, () => assert.deepEqual(verdictOn(request, 200, fields), expected));
    test(`203 as 200: ${name}`, () => assert.deepEqual(verdictOn(request, 203, fields), expected));
  }

  test('an unexpected size names the coding that caused it', () => {
    const request = facts({ expectedSizeBytes: 300 });
    const answer = head(200, { 'Content-Length': '100', 'Content-Encoding': 'gzip' });
    const verdict = judgeResponse(request, answer, NOW_MS);
    assert.ok(verdict.kind === 'failed' && /encoded/.test(verdict.error.message));
  });
});
