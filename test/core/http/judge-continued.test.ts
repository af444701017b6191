import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { judgeResponse, type RequestFacts } from '../../../src/core/http/judge-response.ts';
import { DATE, facts, type Fields, head, known, NOW_MS, OLD, resume, URL_A } from './facts.ts';

describe('what is known after an answer', () => {
  const after = (request: Partial<RequestFacts>, status: number, fields: Fields) => {
    const verdict = judgeResponse(facts(request), head(status, fields), NOW_MS);
    return 'representation' in verdict ? verdict.representation : undefined;
  };
  test('validators are filed under the remote name, not under a redirect target', () => {
    const request = { url: 'https://cdn.example/signed', remoteUrl: URL_A };
    assert.equal(after(request, 200, { 'Content-Length': '1' })?.url, URL_A);
  });
  test('the first validators stay when a later 206 has more or fewer', () => {
    const first = known({ lastModified: OLD, acceptsRanges: 'unknown' });
    const fields = {
      'Content-Range': 'bytes 40-99/100',
      'Last-Modified': OLD,
      ETag: '"n"',
      Date: DATE,
    };
    const seen = after({ range: { start: 40 }, known: first }, 206, fields);
    assert.deepEqual(seen, { ...first, acceptsRanges: 'bytes' });
  });
  test('a changed URL takes over its own tag and keeps the date', () => {
    const old = known({ lastModified: OLD, entityTag: '"old"', url: 'https://old.example/' });
    const fields = { 'Content-Range': 'bytes 40-99/100', 'Last-Modified': OLD, ETag: '"new"' };
    const seen = after({ range: { start: 40 }, known: old }, 206, fields);
    assert.deepEqual(seen, known({ lastModified: OLD, entityTag: '"new"' }));
  });
  test('a tag that mirrors do not share is dropped (N-12)', () => {
    const first = known({ lastModified: OLD, entityTag: '"x"' });
    const fields = { 'Content-Range': 'bytes 40-99/100', 'Last-Modified': OLD, ETag: '"y"' };
    const seen = after({ range: { start: 40 }, known: first, restarts: 3 }, 206, fields);
    assert.deepEqual(seen, known({ lastModified: OLD }));
  });
  test('a restart takes size and validators of its own body', () => {
    const fields = { 'Content-Length': '7', ETag: '"y"' };
    assert.deepEqual(after(resume, 200, fields), {
      sizeBytes: 7,
      entityTag: '"y"',
      lastModifiedStrong: false,
      acceptsRanges: 'unknown',
      url: URL_A,
    });
  });
});
