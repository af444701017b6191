import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import type { HeaderList } from '../../../src/core/http/fields.ts';
import { judgeResponse, type RequestFacts } from '../../../src/core/http/judge-response.ts';
import { DATE, facts, known, NOW_MS, OLD, OTHER_OLD, URL_A } from './facts.ts';

const LARGEST = 200;
const names = [
  'Accept-Ranges Content-Encoding Content-Length Content-Range Content-Type Date ETag',
  'Last-Modified Location Retry-After Transfer-Encoding',
]
  .join(' ')
  .split(' ');

const offset = fc.nat(LARGEST);
const contentRange = fc
  .tuple(offset, offset, fc.oneof(offset, fc.constant('*')))
  .map(([first, last, total]) => `bytes ${first}-${last}/${total}`);
const value = fc.oneof(
  contentRange,
  offset.map(String),
  offset.map((total) => `bytes */${total}`),
  fc.constantFrom('"x"', 'W/"x"', '"y"', OLD, OTHER_OLD, DATE, 'chunked', 'gzip', 'bytes', 'none'),
  fc.string(),
);
const headers: fc.Arbitrary<HeaderList> = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom(...names), value),
    fc.tuple(fc.constant('Content-Range'), contentRange),
    fc.tuple(fc.string(), fc.string()),
  ),
  { maxLength: 8 },
);

const representation = fc.record(
  {
    sizeBytes: offset,
    entityTag: fc.constantFrom('"x"', 'W/"x"', 'nonsense'),
    lastModified: fc.constantFrom(OLD, OTHER_OLD, 'nonsense'),
    lastModifiedStrong: fc.boolean(),
    contentEncoding: fc.constant('gzip'),
    acceptsRanges: fc.constantFrom('bytes', 'none', 'unknown'),
    url: fc.constantFrom(URL_A, 'https://mirror.example/'),
  },
  { requiredKeys: ['lastModifiedStrong', 'acceptsRanges', 'url'] },
);
const range = fc
  .tuple(offset, fc.option(fc.integer({ min: 1, max: LARGEST }), { nil: undefined }))
  .map(([start, length]) => (length === undefined ? { start } : { start, end: start + length }));
const request: fc.Arbitrary<RequestFacts> = fc
  .record(
    {
      range,
      conditional: fc.boolean(),
      known: representation,
      callerRanges: fc.boolean(),
      expectedSizeBytes: offset,
      sizeNeeded: fc.boolean(),
      storedBytes: offset,
      restarts: fc.nat(4),
      previousStatus: fc.constantFrom(421, 503),
    },
    { requiredKeys: ['conditional', 'callerRanges', 'storedBytes', 'restarts'] },
  )
  .map((changes) => facts(changes));
const status = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(200, 206, 206, 416) },
  { weight: 1, arbitrary: fc.oneof(fc.integer({ min: 100, max: 599 }), fc.double()) },
);

test('no answer makes the judge throw or accept bytes outside what was asked', () => {
  fc.assert(
    fc.property(request, status, headers, (asked, status, headers) => {
      const head = { status, statusText: '', headers, url: asked.url };
      const verdict = judgeResponse(asked, head, NOW_MS);
      if (verdict.kind === 'restart') assert.ok(!asked.callerRanges);
      if (verdict.kind !== 'body') return;
      const { start, end } = verdict;
      if (status === 206) {
        assert.ok(end !== undefined && start < end && end <= (asked.range?.end ?? Infinity));
        assert.equal(start, asked.range?.start);
        assert.ok(end <= (verdict.representation.sizeBytes ?? -1));
      } else {
        assert.equal(start, 0);
        assert.ok(asked.range === undefined && asked.storedBytes === 0);
      }
      const { sizeBytes = asked.expectedSizeBytes } = verdict.representation;
      if (asked.expectedSizeBytes !== undefined) assert.equal(sizeBytes, asked.expectedSizeBytes);
    }),
    { numRuns: 5_000 },
  );
});

test('an honest answer to any range of an unchanged file is written', () => {
  fc.assert(
    fc.property(range, fc.integer({ min: 1, max: LARGEST }), fc.boolean(), (range, size, short) => {
      fc.pre(range.start < size);
      const whole = Math.min(range.end ?? size, size);
      const end = short ? range.start + 1 : whole;
      const headers = [
        ['Content-Range', `bytes ${range.start}-${end - 1}/${size}`],
        ['Content-Length', String(end - range.start)],
        ['ETag', '"x"'],
      ] as const;
      const before = known({ sizeBytes: size, entityTag: '"x"' });
      const asked = facts({ range, conditional: true, known: before, storedBytes: range.start });
      const head = { status: 206, statusText: 'Partial Content', headers, url: asked.url };
      const verdict = judgeResponse(asked, head, NOW_MS);
      assert.deepEqual(verdict, { kind: 'body', start: range.start, end, representation: before });
    }),
  );
});
