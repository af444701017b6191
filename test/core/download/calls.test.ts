import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DODownloadState } from '../../../src/core/constants.ts';
import {
  decideDownloadCall,
  sameRanges,
  type DownloadCall,
} from '../../../src/core/download/calls.ts';
import type { FileRanges } from '../../../src/core/piece/file-ranges.ts';

const WHOLE: FileRanges = [];
const SOME: FileRanges = [{ offset: 10, length: 20 }];
const OTHERS: FileRanges = [
  { offset: 10, length: 20 },
  { offset: 100, length: undefined },
];

/** What a cell of the table says; `ranges` after `begin` are those of the call. */
type Cell = 'nothing' | 'continue' | 'begin' | 'pause' | 'finalize' | 'abort' | Refusal;
type Refusal = 'DO_E_INVALID_STATE' | 'DO_E_DOWNLOAD_RANGES_EXPECTED';

const INVALID = 'DO_E_INVALID_STATE';

/** Each row: the call, the ranges in force, and its cell for each state from Created to Aborted. */
const TABLE: readonly (readonly [string, DownloadCall, FileRanges, readonly Cell[]])[] = [
  [
    'Start(null)',
    { call: 'start', ranges: null },
    WHOLE,
    ['DO_E_DOWNLOAD_RANGES_EXPECTED', 'nothing', 'continue', 'nothing', INVALID, INVALID],
  ],
  [
    'Start(null) with ranges in force',
    { call: 'start', ranges: null },
    SOME,
    ['DO_E_DOWNLOAD_RANGES_EXPECTED', 'nothing', 'continue', 'nothing', INVALID, INVALID],
  ],
  [
    'Start of the whole file',
    { call: 'start', ranges: WHOLE },
    WHOLE,
    ['begin', INVALID, 'continue', 'nothing', INVALID, INVALID],
  ],
  [
    'Start of the whole file in place of ranges',
    { call: 'start', ranges: WHOLE },
    SOME,
    ['begin', INVALID, 'begin', 'begin', INVALID, INVALID],
  ],
  [
    'Start of ranges in place of the whole file',
    { call: 'start', ranges: SOME },
    WHOLE,
    ['begin', INVALID, 'begin', 'begin', INVALID, INVALID],
  ],
  [
    'Start of other ranges',
    { call: 'start', ranges: OTHERS },
    SOME,
    ['begin', INVALID, 'begin', 'begin', INVALID, INVALID],
  ],
  [
    'Start of the same ranges',
    { call: 'start', ranges: OTHERS },
    OTHERS,
    ['begin', INVALID, 'continue', 'nothing', INVALID, INVALID],
  ],
  ['Pause', { call: 'pause' }, WHOLE, ['nothing', 'pause', 'pause', 'nothing', INVALID, INVALID]],
  [
    'Finalize',
    { call: 'finalize' },
    WHOLE,
    [INVALID, INVALID, INVALID, 'finalize', 'nothing', INVALID],
  ],
  ['Abort', { call: 'abort' }, WHOLE, ['abort', 'abort', 'abort', 'abort', INVALID, 'nothing']],
];

const { Created, Transferring, Paused, Transferred, Finalized, Aborted } = DODownloadState;
/** In the order of the columns of job-lifecycle.md 11. */
const COLUMNS = [Created, Transferring, Paused, Transferred, Finalized, Aborted];

test('the table has a column for every state', () => {
  assert.deepEqual(new Set(COLUMNS), new Set(Object.values(DODownloadState)));
  assert.equal(COLUMNS.length, 6);
});

for (const [name, call, inForce, cells] of TABLE) {
  test(`${name} does in each state what the table says`, () => {
    assert.equal(cells.length, COLUMNS.length);
    const decided = COLUMNS.map((state) => {
      const decision = decideDownloadCall(state, call, inForce);
      if (decision.kind === 'begin') {
        assert.deepEqual(decision.ranges, call.call === 'start' ? call.ranges : undefined);
      }
      return decision.kind === 'refused' ? decision.code : decision.kind;
    });
    assert.deepEqual(decided, cells);
  });
}

test('a refusal names the call and the state, and says what helps', () => {
  const refusal = decideDownloadCall(Transferring, { call: 'start', ranges: SOME }, WHOLE);
  assert.equal(
    refusal.kind === 'refused' && refusal.message,
    'Start with ranges is not allowed: the download is Transferring. Pause it first, or wait until it is Transferred.',
  );
});

test('ranges are the same when they name the same bytes in the same order', () => {
  assert.ok(sameRanges(OTHERS, [...OTHERS]));
  assert.ok(!sameRanges(OTHERS, OTHERS.toReversed()));
  assert.ok(!sameRanges(OTHERS, SOME));
  assert.ok(!sameRanges(SOME, WHOLE));
  assert.ok(!sameRanges(SOME, [{ offset: 10, length: undefined }]));
});
