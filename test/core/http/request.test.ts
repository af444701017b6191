import assert from 'node:assert/strict';
import { test } from 'node:test';

import { requestHeaders, type RequestOptions } from '../../../src/core/http/request.ts';

const plain: RequestOptions = {
  condition: { kind: 'none' },
  noCache: false,
  userAgent: 'haulyard/1.2.3',
  customHeaders: [],
  sameOriginAsFirst: true,
};

function sent(options: Partial<RequestOptions>): [name: string, value: string][] {
  return requestHeaders({ ...plain, ...options });
}

test('a first request asks for identity and names the product, and nothing more', () => {
  assert.deepEqual(sent({}), [
    ['Accept-Encoding', 'identity'],
    ['User-Agent', 'haulyard/1.2.3'],
  ]);
});

test('a resume has Range and If-Range', () => {
  const headers = sent({ range: { start: 5 }, condition: { kind: 'if-range', value: '"x"' } });
  assert.deepEqual(headers.slice(2), [
    ['Range', 'bytes=5-'],
    ['If-Range', '"x"'],
  ]);
});

test('a half-open range gets its inclusive end', () => {
  const headers = sent({ range: { start: 100, end: 200 }, condition: { kind: 'plain' } });
  assert.deepEqual(headers.slice(2), [['Range', 'bytes=100-199']]);
});

test('If-Range never goes without Range', () => {
  const headers = sent({ condition: { kind: 'if-range', value: '"x"' } });
  assert.ok(!headers.some(([name]) => name === 'If-Range'));
});

test('no-cache is sent after an inconsistency', () => {
  assert.deepEqual(sent({ noCache: true }).at(-1), ['Cache-Control', 'no-cache']);
});

test('custom and auth headers stay with the first origin', () => {
  const customHeaders = [['Cookie', 'a=b']] as const;
  const authHeaders = [['Authorization', 'Basic eDp5']] as const;
  assert.deepEqual(sent({ customHeaders, authHeaders }).slice(2), [
    ...customHeaders,
    ...authHeaders,
  ]);
  assert.equal(sent({ customHeaders, authHeaders, sameOriginAsFirst: false }).length, 2);
});

test('auth headers replace custom ones of the same name', () => {
  const headers = sent({
    customHeaders: [['authorization', 'old']],
    authHeaders: [['Authorization', 'new']],
  });
  assert.deepEqual(headers.slice(2), [['Authorization', 'new']]);
});

test("the caller's User-Agent replaces the engine's", () => {
  const headers = sent({ customHeaders: [['user-agent', 'mine']] });
  assert.deepEqual(headers.slice(1), [['user-agent', 'mine']]);
});
