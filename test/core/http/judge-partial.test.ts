import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  badAnswer,
  callerRange,
  type Case,
  type Fields,
  known,
  mismatch,
  OLD,
  OTHER_OLD,
  plainResume,
  resume,
  tooLarge,
  verdictOn,
  wrongSize,
} from './facts.ts';

describe('206 (http.md §4)', () => {
  const range = (value: string, more: Fields = {}): Fields => ({
    'Content-Range': value,
    ETag: '"x"',
    ...more,
  });
  const body = { kind: 'body', start: 40, end: 100 };
  const changed = { kind: 'changed' };
  const asked = { range: { start: 40, end: 60 } };
  const dated = known({ lastModified: OLD, lastModifiedStrong: true });
  const moved = { known: { ...dated, entityTag: '"z"', url: 'https://old.example/' } };
  const bare = { ...callerRange, known: known() };
  const cases: Case[] = [
    ['the range asked for', resume, range('bytes 40-99/100'), body],
    ['with its length', resume, range('bytes 40-99/100', { 'Content-Length': '60' }), body],
    ['with another length', resume, range('bytes 40-99/100', { 'Content-Length': '59' }), mismatch],
    [
      'another length, but chunked',
      resume,
      range('bytes 40-99/100', { 'Content-Length': '59', 'Transfer-Encoding': 'chunked' }),
      body,
    ],
    ['differing lengths', resume, range('bytes 40-99/100', { 'Content-Length': '6,7' }), badAnswer],
    ['shorter than asked', resume, range('bytes 40-49/100'), { kind: 'body', start: 40, end: 50 }],
    ['on first contact', asked, range('bytes 40-59/100'), { kind: 'body', start: 40, end: 60 }],
    ['longer than asked', asked, range('bytes 40-60/100'), mismatch],
    ['later start', resume, range('bytes 41-99/100'), mismatch],
    ['earlier start (N-15)', resume, range('bytes 39-99/100'), mismatch],
    ['another unit', resume, range('items 40-99/100'), mismatch],
    ['malformed', resume, range('bytes 40-99'), mismatch],
    ['end beyond the total', resume, range('bytes 40-100/100'), mismatch],
    ['unsatisfied form', resume, range('bytes */100'), mismatch],
    ['no Content-Range', resume, { ETag: '"x"' }, mismatch],
    ['no Range asked', {}, range('bytes 0-99/100'), mismatch],
    [
      'multipart',
      resume,
      range('bytes 40-99/100', { 'Content-Type': 'Multipart/ByteRanges; boundary=x' }),
      mismatch,
    ],
    ['total * and size known', resume, range('bytes 40-99/*'), body],
    [
      'total * and size expected',
      { ...asked, expectedSizeBytes: 100 },
      range('bytes 40-59/*'),
      { kind: 'body', start: 40, end: 60 },
    ],
    [
      'total * and an end beyond the expected size',
      { ...asked, expectedSizeBytes: 50 },
      range('bytes 40-59/*'),
      mismatch,
    ],
    [
      'total * and a known size that is not the expected one',
      { ...resume, expectedSizeBytes: 99 },
      range('bytes 40-99/*'),
      wrongSize,
    ],
    [
      'total * and size unknown',
      asked,
      range('bytes 40-59/*'),
      { code: 'DO_E_FILE_SIZE_UNKNOWN_HTTP_206', failureClass: 'fatal' },
    ],
    ['total * and an end beyond the known size', resume, range('bytes 40-109/*'), mismatch],
    ['total beyond 2^53-1', resume, range('bytes 40-99/9007199254740992'), tooLarge],
    ['another total, same validators', resume, range('bytes 40-99/200'), mismatch],
    ['another total, other validators', resume, range('bytes 40-99/200', { ETag: '"y"' }), changed],
    ['other tag', resume, range('bytes 40-99/100', { ETag: '"y"' }), changed],
    ['tag missing', resume, range('bytes 40-99/100', { ETag: undefined }), changed],
    ['weak tag, same', plainResume, range('bytes 40-99/100', { ETag: 'W/"x"' }), body],
    ['weak tag, other', plainResume, range('bytes 40-99/100', { ETag: 'W/"y"' }), changed],
    [
      'same date',
      { ...resume, known: dated },
      { 'Content-Range': 'bytes 40-99/100', 'Last-Modified': OLD },
      body,
    ],
    [
      'date left out after If-Range',
      { ...resume, known: dated },
      { 'Content-Range': 'bytes 40-99/100' },
      body,
    ],
    [
      'other date',
      { ...resume, known: dated },
      { 'Content-Range': 'bytes 40-99/100', 'Last-Modified': OTHER_OLD },
      changed,
    ],
    [
      'URL changed, same date and total',
      { ...resume, ...moved, conditional: false },
      range('bytes 40-99/100', { 'Last-Modified': OLD }),
      body,
    ],
    [
      'URL changed, other total',
      { ...resume, ...moved, conditional: false },
      range('bytes 40-99/120', { 'Last-Modified': OLD }),
      changed,
    ],
    [
      'URL changed, other date',
      { ...resume, ...moved, conditional: false },
      range('bytes 40-99/100', { 'Last-Modified': OTHER_OLD }),
      changed,
    ],
    [
      'nothing but the size (N-5)',
      { ...resume, known: known() },
      { 'Content-Range': 'bytes 40-99/100' },
      changed,
    ],
    ['caller range', callerRange, range('bytes 40-59/100'), { kind: 'body', start: 40, end: 60 }],
    [
      "another of the caller's ranges, no validators",
      bare,
      { 'Content-Range': 'bytes 40-59/100' },
      { kind: 'body', start: 40, end: 60 },
    ],
    [
      "another of the caller's ranges, no validators, other total",
      bare,
      { 'Content-Range': 'bytes 40-59/101' },
      changed,
    ],
    [
      'the size is not the expected one',
      { ...callerRange, expectedSizeBytes: 99 },
      range('bytes 40-59/100'),
      wrongSize,
    ],
    [
      'mirrors: other tag, same date, third restart (N-12)',
      { ...resume, conditional: false, known: { ...dated, entityTag: '"x"' }, restarts: 3 },
      range('bytes 40-99/100', { ETag: '"y"', 'Last-Modified': OLD }),
      body,
    ],
  ];
  for (const [name, request, fields, expected] of cases) {
    test(name, () => assert.deepEqual(verdictOn(request, 206, fields), expected));
  }
});
