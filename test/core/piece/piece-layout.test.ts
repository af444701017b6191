import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { rangeLength } from '../../../src/core/piece/byte-range.ts';
import { addRange, covers, EMPTY_SET } from '../../../src/core/piece/interval-set.ts';
import {
  pieceCount,
  pieceRange,
  piecesCovered,
  pieceStart,
} from '../../../src/core/piece/piece-layout.ts';

test('pieces cover every byte of the file once, in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1 << 22 }), fc.nat(1 << 24), (pieceSize, fileSize) => {
      fc.pre(fileSize / pieceSize < 10_000);
      let offset = 0;
      for (let index = 0; index < pieceCount(pieceSize, fileSize); index++) {
        const range = pieceRange(index, pieceSize, fileSize);
        assert.equal(range.start, offset);
        assert.ok(rangeLength(range) > 0 && rangeLength(range) <= pieceSize);
        offset = range.end;
      }
      assert.equal(offset, fileSize);
    }),
  );
});

test('an empty file has no pieces', () => {
  assert.equal(pieceCount(1_048_576, 0), 0);
  assert.equal(piecesCovered(EMPTY_SET, 1_048_576, 0), 0);
});

test('a piece counts as covered when every byte of it is in the set', () => {
  const ranges = fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { maxLength: 12 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.nat(200),
      ranges,
      (pieceSize, fileSize, all) => {
        let set = EMPTY_SET;
        for (const [start, end] of all) set = addRange(set, start, Math.min(end, fileSize));
        let count = 0;
        for (let index = 0; index < pieceCount(pieceSize, fileSize); index++) {
          const { start, end } = pieceRange(index, pieceSize, fileSize);
          if (covers(set, start, end)) count += 1;
        }
        assert.equal(piecesCovered(set, pieceSize, fileSize), count);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('the start of a piece is the last multiple of the piece size that is not beyond the offset', () => {
  const offsets = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(offsets, fc.integer({ min: 1, max: 1 << 22 }), (offset, pieceSize) => {
      const start = pieceStart(offset, pieceSize);
      assert.equal(start % pieceSize, 0);
      assert.ok(start <= offset && offset - start < pieceSize);
    }),
  );
});
