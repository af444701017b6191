import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { rangeLength } from '../../../src/core/piece/byte-range.ts';
import {
  type FileRanges,
  layOut,
  sizeOfRanges,
  type Stretch,
  stretchAt,
} from '../../../src/core/piece/file-ranges.ts';

const range = fc.record({
  offset: fc.nat(1_000),
  length: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
});
const ranges: fc.Arbitrary<FileRanges> = fc.array(range, { maxLength: 8 });
const remoteSize = fc.nat(1_500);

function laidOut(wanted: FileRanges, size: number): readonly Stretch[] {
  const layout = layOut(wanted, size);
  assert.ok(!('kind' in layout));
  return layout;
}

test('stretches join without gaps, in the order of the ranges, and stay within the remote file', () => {
  fc.assert(
    fc.property(ranges, remoteSize, (wanted, size) => {
      const layout = layOut(wanted, size);
      if ('kind' in layout) return;
      let local = 0;
      for (const [index, stretch] of layout.entries()) {
        assert.equal(stretch.local.start, local);
        local = stretch.local.end;
        const asked = wanted[index];
        assert.equal(stretch.remoteStart, asked?.offset ?? 0);
        const bytes = asked === undefined ? size : (asked.length ?? size - asked.offset);
        assert.equal(rangeLength(stretch.local), bytes);
        assert.ok(stretch.remoteStart + bytes <= size);
      }
      assert.equal(layout.length, Math.max(1, wanted.length));
    }),
  );
});

test('ranges do not fit exactly when one has a byte beyond the end, or none at all', () => {
  fc.assert(
    fc.property(ranges, remoteSize, (wanted, size) => {
      const unfit = wanted.find(({ offset, length }) => offset + (length ?? 1) > size);
      const layout = layOut(wanted, size);
      if (unfit === undefined) assert.ok(!('kind' in layout));
      else assert.deepEqual(layout, { kind: 'beyond-end', offset: unfit.offset });
    }),
  );
});

test('the size that follows from the ranges alone is the size they are laid out to', () => {
  fc.assert(
    fc.property(ranges, remoteSize, (wanted, size) => {
      const bytes = sizeOfRanges(wanted);
      const follows = wanted.length > 0 && wanted.every(({ length }) => length !== undefined);
      assert.equal(bytes !== undefined, follows);
      const layout = layOut(wanted, size);
      if (bytes === undefined || 'kind' in layout) return;
      assert.equal(layout.at(-1)?.local.end, bytes);
    }),
  );
});

test('every byte of the local file is found in exactly one stretch', () => {
  fc.assert(
    fc.property(ranges, remoteSize, fc.nat(5_000), (wanted, size, offset) => {
      const layout = layOut(wanted, size);
      if ('kind' in layout) return;
      const end = layout.at(-1)!.local.end;
      const holders = layout.filter(({ local }) => local.start <= offset && offset < local.end);
      assert.equal(holders.length, offset < end ? 1 : 0);
      assert.equal(stretchAt(layout, offset), holders[0]);
    }),
  );
});

test('the ranges 100-199, 900-999 and 400-499 give a file of 300 bytes in that order', () => {
  const wanted = [
    { offset: 100, length: 100 },
    { offset: 900, length: 100 },
    { offset: 400, length: 100 },
  ];
  assert.deepEqual(laidOut(wanted, 1_000), [
    { local: { start: 0, end: 100 }, remoteStart: 100 },
    { local: { start: 100, end: 200 }, remoteStart: 900 },
    { local: { start: 200, end: 300 }, remoteStart: 400 },
  ]);
  assert.equal(sizeOfRanges(wanted), 300);
  assert.deepEqual(layOut(wanted, 999), { kind: 'beyond-end', offset: 900 });
});

test('no ranges mean the whole file, even an empty one', () => {
  assert.deepEqual(laidOut([], 70), [{ local: { start: 0, end: 70 }, remoteStart: 0 }]);
  assert.deepEqual(laidOut([], 0), [{ local: { start: 0, end: 0 }, remoteStart: 0 }]);
  assert.equal(sizeOfRanges([]), undefined);
});

test('an open-ended range runs to the end, and needs at least one byte', () => {
  const wanted = [{ offset: 60, length: undefined }];
  assert.deepEqual(laidOut(wanted, 70), [{ local: { start: 0, end: 10 }, remoteStart: 60 }]);
  assert.deepEqual(layOut(wanted, 60), { kind: 'beyond-end', offset: 60 });
  assert.equal(sizeOfRanges(wanted), undefined);
});
