import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  addRange,
  clip,
  covers,
  EMPTY_SET,
  formatSet,
  gaps,
  type IntervalSet,
  parseSet,
  removeRange,
  setSize,
} from '../../../src/core/piece/interval-set.ts';

/** All positions of these tests are below this one, so that a set of numbers can be the model. */
const LIMIT = 48;
const MAX = Number.MAX_SAFE_INTEGER;

const position = fc.integer({ min: 0, max: LIMIT });
const edit = fc.record({ add: fc.boolean(), start: position, end: position });
const edits = fc.array(edit, { maxLength: 30 });

type Edit = { readonly add: boolean; readonly start: number; readonly end: number };

function edited(steps: readonly Edit[]): { set: IntervalSet; model: Set<number> } {
  let set = EMPTY_SET;
  const model = new Set<number>();
  for (const { add, start, end } of steps) {
    set = add ? addRange(set, start, end) : removeRange(set, start, end);
    for (let byte = start; byte < end; byte++) {
      if (add) model.add(byte);
      else model.delete(byte);
    }
  }
  return { set, model };
}

function bytesOf(set: IntervalSet): number[] {
  const bytes: number[] = [];
  for (const { start, end } of set) for (let byte = start; byte < end; byte++) bytes.push(byte);
  return bytes;
}

function sorted(model: Iterable<number>): number[] {
  return [...model].sort((a, b) => a - b);
}

function assertCanonical(set: IntervalSet): void {
  let previousEnd = -1;
  for (const { start, end } of set) {
    assert.ok(start > previousEnd, 'ascending, disjoint and never touching');
    assert.ok(end > start, 'never empty');
    previousEnd = end;
  }
}

test('a set holds what was added and not removed again, in one canonical form', () => {
  fc.assert(
    fc.property(edits, (steps) => {
      const { set, model } = edited(steps);
      assertCanonical(set);
      assert.deepEqual(bytesOf(set), sorted(model));
      assert.equal(setSize(set), model.size);
    }),
    { numRuns: 2_000 },
  );
});

test('adding and removing leave the set they are given as it was', () => {
  fc.assert(
    fc.property(edits, edit, (steps, { start, end }) => {
      const { set } = edited(steps);
      const text = formatSet(set);
      addRange(set, start, end);
      removeRange(set, start, end);
      clip(set, start);
      assert.equal(formatSet(set), text);
    }),
  );
});

test('gaps are exactly what is missing of a range', () => {
  fc.assert(
    fc.property(edits, position, position, (steps, start, end) => {
      const { set, model } = edited(steps);
      const missing = gaps(set, start, end);
      assertCanonical(missing);
      const wanted = Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
      assert.deepEqual(
        bytesOf(missing),
        wanted.filter((byte) => !model.has(byte)),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('a range is covered exactly when it has no gaps', () => {
  fc.assert(
    fc.property(edits, position, position, (steps, start, end) => {
      const { set } = edited(steps);
      assert.equal(covers(set, start, end), gaps(set, start, end).length === 0);
    }),
    { numRuns: 1_000 },
  );
});

test('clipping keeps the part below the limit', () => {
  fc.assert(
    fc.property(edits, position, (steps, limit) => {
      const { set, model } = edited(steps);
      const clipped = clip(set, limit);
      assertCanonical(clipped);
      assert.deepEqual(
        bytesOf(clipped),
        sorted(model).filter((byte) => byte < limit),
      );
    }),
  );
});

test('a range that touches two others joins the three', () => {
  const set = addRange(addRange(EMPTY_SET, 0, 10), 20, 30);
  assert.deepEqual(addRange(set, 10, 20), [{ start: 0, end: 30 }]);
});

test('the text of a set reads back as the same set', () => {
  fc.assert(
    fc.property(edits, fc.boolean(), (steps, huge) => {
      const { set: small } = edited(steps);
      const set = huge ? small.map(({ start, end }) => ({ start, end: MAX - LIMIT + end })) : small;
      const canonical = huge ? set.slice(-1) : set;
      assert.deepEqual(parseSet(formatSet(canonical)), canonical);
    }),
  );
});

test('the empty set is the empty text', () => {
  assert.equal(formatSet(EMPTY_SET), '');
  assert.deepEqual(parseSet(''), EMPTY_SET);
});

test('any other text is refused: what parses is what formatSet wrote', () => {
  const nearly = fc
    .array(fc.constantFrom('0', '1', '5', '9', '12', '-', ',', ' ', '+', '.', 'e', '\n'), {
      maxLength: 20,
    })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      const set = parseSet(text);
      if (set === undefined) return;
      assertCanonical(set);
      // Leading zeros have an example of their own below.
      if (!/(^|[-,])0\d/.test(text)) assert.equal(formatSet(set), text);
    }),
    { numRuns: 5_000 },
  );
});

test('a damaged text is refused as a whole', () => {
  for (const text of [
    ' ',
    '5',
    '5-',
    '-5',
    '5-5',
    '9-5',
    '0-5,',
    ',0-5',
    '0-5,5-9',
    '0-5,3-9',
    '10-20,0-5',
    '0-5;7-9',
    '0-5\n',
    '0-1e3',
    '+0-5',
    '0x0-5',
    '0-5.5',
    `0-${MAX + 1}`,
    '0-99999999999999999',
    '٠-٥',
  ]) {
    assert.equal(parseSet(text), undefined, JSON.stringify(text));
  }
  assert.deepEqual(parseSet(`0-${MAX}`), [{ start: 0, end: MAX }]);
});

test('numbers with leading zeros are refused, since formatSet writes none', () => {
  for (const text of ['00-5', '0-05', '0-5,07-9']) assert.equal(parseSet(text), undefined, text);
});
