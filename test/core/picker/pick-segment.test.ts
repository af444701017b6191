import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { pickSegment } from '../../../src/core/picker/pick-segment.ts';
import type { ActiveSegment, Newcomer, Pick } from '../../../src/core/picker/segment-work.ts';
import { layOut, type Stretch, stretchAt } from '../../../src/core/piece/file-ranges.ts';
import {
  addRange,
  covers,
  EMPTY_SET,
  gaps,
  type IntervalSet,
} from '../../../src/core/piece/interval-set.ts';

interface File {
  readonly sizeBytes: number;
  readonly stretches: readonly Stretch[];
}

const files: fc.Arbitrary<File> = fc
  .oneof(
    fc.nat(2_000).map((size) => layOut([], size)),
    fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }).map((lengths) =>
      layOut(
        lengths.map((length, index) => ({ offset: index * 1_000, length })),
        10_000,
      ),
    ),
  )
  .map((layout) => {
    assert.ok(!('kind' in layout));
    return { sizeBytes: layout.at(-1)!.local.end, stretches: layout };
  });

const sizes = fc.record({
  pieceSizeBytes: fc.constantFrom(1, 4, 16, 64),
  minSplitBytes: fc.constantFrom(1, 16, 64, 200),
});

/** Bytes that an earlier attempt brought. */
const earlier = fc.array(fc.tuple(fc.nat(2_000), fc.integer({ min: 1, max: 300 })), {
  maxLength: 5,
});

interface Connection extends ActiveSegment {
  start: number;
  position: number;
  end: number;
  silent: boolean;
}

const newcomerOf = (changes: Partial<Newcomer> = {}): Newcomer => ({
  rate: 1,
  headMs: 0,
  free: 1,
  trial: false,
  spareRequests: Infinity,
  ...changes,
});

/** A file that is fetched by connections of random speeds; the samples decide what they do. */
class Fetch {
  readonly file: File;
  readonly pieceSizeBytes: number;
  readonly minSplitBytes: number;
  written: IntervalSet;
  readonly active = new Map<number, Connection>();
  requests = 0;
  /** Picks beyond gaps, which are made by choice. */
  choices = 0;
  /** Answers that ended before the end of their segment. */
  shortAnswers = 0;
  readonly initialGaps: number;

  constructor(
    file: File,
    { pieceSizeBytes, minSplitBytes }: { pieceSizeBytes: number; minSplitBytes: number },
    written: IntervalSet,
  ) {
    this.file = file;
    this.pieceSizeBytes = pieceSizeBytes;
    this.minSplitBytes = minSplitBytes;
    this.written = written;
    this.initialGaps = gaps(written, 0, file.sizeBytes).length + file.stretches.length;
  }

  get complete(): boolean {
    return covers(this.written, 0, this.file.sizeBytes);
  }

  pick(free: number, rate: number): Pick | undefined {
    const { file, written, pieceSizeBytes, minSplitBytes } = this;
    const active = [...this.active.values()];
    const newcomer = newcomerOf({ rate, free, spareRequests: 200 - this.choices });
    return pickSegment({ ...file, written, active, newcomer, pieceSizeBytes, minSplitBytes });
  }

  /** Opens connections until `allowed` are at work or nothing is worth one. */
  fill(allowed: number, rate: number): void {
    while (this.active.size < allowed) {
      const pick = this.pick(allowed - this.active.size, rate);
      if (pick === undefined) return;
      this.#assertPick(pick);
      const { start, end } = pick.segment;
      if (pick.kind === 'split') {
        for (const other of this.active.values()) if (other.end === end) other.end = start;
      }
      if (pick.kind !== 'gap') this.choices += 1;
      this.requests += 1;
      const segment = { start, position: start, end, rate, silent: false };
      this.active.set(this.requests, { id: this.requests, ...segment });
    }
  }

  /** One connection receives, and perhaps writes; a short answer ends it before its time. */
  advance(index: number, bytes: number, writes: boolean, short: boolean, falls = false): void {
    const connections = [...this.active.values()];
    const connection = connections[index % Math.max(1, connections.length)];
    if (connection === undefined) return;
    connection.silent = falls;
    connection.position = Math.min(connection.end, connection.position + bytes);
    const ends = short || connection.position === connection.end;
    if (writes || ends) {
      this.written = addRange(this.written, connection.start, connection.position);
      connection.start = connection.position;
    }
    if (!ends) return;
    if (connection.position < connection.end) this.shortAnswers += 1;
    this.active.delete(connection.id);
    // Whoever raced for the same bytes has lost; what it has received is written.
    for (const { id, start, position, end } of this.active.values()) {
      if (!covers(this.written, position, end)) continue;
      this.written = addRange(this.written, start, position);
      this.active.delete(id);
    }
  }

  #assertPick({ kind, segment }: Pick): void {
    const { start, end } = segment;
    assert.ok(0 <= start && start < end && end <= this.file.sizeBytes, 'bytes of the file');
    const stretch = stretchAt(this.file.stretches, start)!;
    assert.ok(end <= stretch.local.end, 'one request stays in one stretch');
    const rivals = [...this.active.values()].filter((other) => other.end === end);
    for (const { start: from, end: until } of this.active.values()) {
      if (until === end) continue;
      assert.ok(end <= from || start >= until, 'nothing that somebody else fetches');
    }
    if (kind === 'gap') {
      assert.deepEqual(gaps(this.written, start, end), [segment], 'nothing that is here already');
      assert.equal(rivals.length, 0);
      return;
    }
    assert.equal(this.#unclaimed().length, 0, 'gaps go first');
    if (kind === 'race') {
      assert.deepEqual([rivals.length, rivals[0]?.position], [1, start], 'two at the most');
      return;
    }
    assert.ok(rivals.length === 1 || rivals.length === 2, 'the far part of somebody');
    assert.ok(rivals.every(({ position }) => position < start));
    assert.equal(start % this.pieceSizeBytes, 0, 'divided between two pieces');
  }

  #unclaimed(): IntervalSet {
    let spoken = this.written;
    for (const { start, end } of this.active.values()) spoken = addRange(spoken, start, end);
    return gaps(spoken, 0, this.file.sizeBytes);
  }
}

const turns = fc.infiniteStream(
  fc.record({
    allowed: fc.integer({ min: 1, max: 6 }),
    rate: fc.constantFrom(0, 0.01, 0.1, 1, 10),
    index: fc.nat(30),
    bytes: fc.oneof(fc.nat(10), fc.nat(300)),
    writes: fc.boolean(),
    luck: fc.nat(99),
  }),
);

function writtenBefore(file: File, ranges: readonly (readonly [number, number])[]): IntervalSet {
  let written = EMPTY_SET;
  for (const [start, length] of ranges) {
    written = addRange(written, start, Math.min(start + length, file.sizeBytes));
  }
  return written;
}

test('every byte is fetched, and twice only in a race', () => {
  fc.assert(
    fc.property(files, sizes, earlier, turns, (file, limits, before, stream) => {
      const fetch = new Fetch(file, limits, writtenBefore(file, before));
      let left = 20_000;
      for (const { allowed, rate, index, bytes, writes, luck } of stream) {
        fetch.fill(allowed, rate);
        if (fetch.complete) break;
        assert.ok(fetch.active.size > 0, 'somebody is always at work until the end');
        fetch.advance(index, bytes, writes, luck < 3, luck > 90);
        left -= 1;
        assert.ok(left > 0, 'the file is complete at last');
      }
      assert.ok(fetch.requests <= fetch.initialGaps + fetch.shortAnswers + fetch.choices);
    }),
    { numRuns: 300 },
  );
});

const MIB = 1_048_576;

function fileOf(sizeBytes: number): File {
  const stretches = layOut([], sizeBytes);
  assert.ok(!('kind' in stretches));
  return { sizeBytes, stretches };
}

/** What is picked of a file whose first connection has `left` MiB to go, and others theirs. */
function pickOf(
  active: readonly (Partial<ActiveSegment> & { readonly position: number; readonly end: number })[],
  newcomer: Partial<Newcomer>,
): Pick | undefined {
  const sizeBytes = Math.max(...active.map(({ end }) => end));
  return pickSegment({
    ...fileOf(sizeBytes),
    written: [{ start: 0, end: Math.min(...active.map(({ position }) => position)) }].filter(
      ({ end }) => end > 0,
    ),
    active: active.map((segment, id) => ({
      id,
      start: segment.position,
      rate: 1_000,
      silent: false,
      ...segment,
    })),
    newcomer: newcomerOf({ rate: 1_000, headMs: 5, ...newcomer }),
    pieceSizeBytes: MIB,
    minSplitBytes: 4 * MIB,
  });
}

test('the far end is divided in proportion to the two speeds, at the border of a piece', () => {
  const half = pickOf([{ position: 0, end: 20 * MIB }], {});
  assert.deepEqual(half, { kind: 'split', segment: { start: 10 * MIB, end: 20 * MIB } });
  const most = pickOf([{ position: 0, end: 20 * MIB }], { rate: 4_000 });
  assert.deepEqual(most, { kind: 'split', segment: { start: 4 * MIB, end: 20 * MIB } });
});

test('each of several that are free takes its share, so that all finish together', () => {
  const third = pickOf([{ position: 0, end: 30 * MIB }], { free: 2 });
  assert.deepEqual(third, { kind: 'split', segment: { start: 20 * MIB, end: 30 * MIB } });
});

test('a request asks for no more than one request may, and the rest stays with the one before', () => {
  const part = pickOf([{ position: 0, end: 400 * MIB }], {});
  assert.deepEqual(part, { kind: 'split', segment: { start: 384 * MIB, end: 400 * MIB } });
});

test('it is the one that would be last whose work is divided, not the one with the most', () => {
  const pick = pickOf(
    [
      { position: 0, end: 60 * MIB, rate: 10_000 },
      { position: 60 * MIB, end: 90 * MIB, rate: 500 },
    ],
    { rate: 5_000 },
  );
  assert.equal(pick?.kind, 'split');
  assert.equal(pick?.segment.end, 90 * MIB);
});

test('what is done within half a second is left alone', () => {
  assert.equal(
    pickOf([{ position: 0, end: 40 * MIB, rate: 100_000 }], { rate: 100_000 }),
    undefined,
  );
});

test('nothing is divided or raced for without a request to spare, unless somebody is silent', () => {
  const active = [{ position: 0, end: 400 * MIB }];
  assert.equal(pickOf(active, { spareRequests: 0 }), undefined);
  const silent = pickOf([{ ...active[0]!, silent: true }], { spareRequests: 0 });
  assert.deepEqual(silent, { kind: 'race', segment: { start: 0, end: 400 * MIB } });
});

test('a connection on trial takes little, and none of a file of 4 MiB', () => {
  const slow = pickOf([{ position: 0, end: 400 * MIB, rate: 100 }], { rate: 100, trial: true });
  assert.deepEqual(slow?.segment, { start: 396 * MIB, end: 400 * MIB });
  const short = [{ position: 0, end: 4 * MIB, rate: 100 }];
  assert.equal(pickOf(short, { rate: 100, trial: true }), undefined);
  assert.equal(pickOf(short, { rate: 100 })?.kind, 'split');
});

test('the last of a slow connection is raced for, where that is done in half the time', () => {
  const rest = { position: 19 * MIB + 17, end: 20 * MIB, rate: 50 };
  const raced = { kind: 'race', segment: { start: rest.position, end: rest.end } };
  assert.deepEqual(pickOf([rest], { rate: 5_000 }), raced);
  assert.equal(pickOf([rest], { rate: 90 }), undefined);
  assert.equal(pickOf([{ ...rest, rate: 2_500 }], { rate: 50_000 }), undefined, 'too little saved');
});

test('two race for the same bytes, and never three', () => {
  const slow = { position: 0, end: MIB, rate: 50, silent: true };
  assert.equal(pickOf([slow, { ...slow }], { rate: 50 }), undefined);
});

test('there is nothing to pick of a complete or an empty file', () => {
  for (const sizeBytes of [0, 100]) {
    const written = addRange(EMPTY_SET, 0, sizeBytes);
    const input = { ...fileOf(sizeBytes), written, pieceSizeBytes: 1, minSplitBytes: 1 };
    assert.equal(pickSegment({ ...input, active: [], newcomer: newcomerOf() }), undefined);
  }
});

test('a gap is taken up to the end of its stretch, although the next range follows at once', () => {
  const layout = layOut(
    [
      { offset: 50, length: 10 },
      { offset: 0, length: 10 },
    ],
    100,
  );
  assert.ok(!('kind' in layout));
  assert.deepEqual(
    pickSegment({
      sizeBytes: 20,
      stretches: layout,
      written: addRange(EMPTY_SET, 0, 4),
      active: [],
      newcomer: newcomerOf({ spareRequests: 0 }),
      pieceSizeBytes: 1,
      minSplitBytes: 1,
    }),
    { kind: 'gap', segment: { start: 4, end: 10 } },
  );
});

test('bytes that are received and not yet written are not fetched again', () => {
  const pick = pickOf([{ start: 0, position: 15 * MIB, end: 20 * MIB, rate: 100 }], { rate: 100 });
  assert.ok(pick !== undefined && pick.segment.start > 15 * MIB);
});
