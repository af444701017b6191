import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  type ActiveSegment,
  type Pick,
  pickSegment,
} from '../../../src/core/picker/pick-segment.ts';
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
}

/** A file that is fetched by connections of random speeds; the samples decide what they do. */
class Fetch {
  readonly file: File;
  readonly pieceSizeBytes: number;
  readonly minSplitBytes: number;
  written: IntervalSet;
  readonly active = new Map<number, Connection>();
  requests = 0;
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

  pick(): Pick | undefined {
    const { file, written, pieceSizeBytes, minSplitBytes } = this;
    const active = [...this.active.values()];
    return pickSegment({ ...file, written, active, pieceSizeBytes, minSplitBytes });
  }

  /** Opens connections until `allowed` are at work or nothing is worth one. */
  fill(allowed: number): void {
    while (this.active.size < allowed) {
      const pick = this.pick();
      if (pick === undefined) return;
      this.#assertPick(pick);
      if (pick.kind === 'split') this.active.get(pick.victim)!.end = pick.segment.start;
      const { start, end } = pick.segment;
      this.requests += 1;
      this.active.set(this.requests, { id: this.requests, start, position: start, end });
    }
  }

  /** One connection receives, and perhaps writes; a short answer ends it before its time. */
  advance(index: number, bytes: number, writes: boolean, short: boolean): void {
    const connections = [...this.active.values()];
    const connection = connections[index % Math.max(1, connections.length)];
    if (connection === undefined) return;
    connection.position = Math.min(connection.end, connection.position + bytes);
    const ends = short || connection.position === connection.end;
    if (writes || ends) {
      this.written = addRange(this.written, connection.start, connection.position);
      connection.start = connection.position;
    }
    if (!ends) return;
    if (connection.position < connection.end) this.shortAnswers += 1;
    this.active.delete(connection.id);
  }

  #assertPick({ kind, segment, ...pick }: Pick): void {
    const { start, end } = segment;
    assert.ok(0 <= start && start < end && end <= this.file.sizeBytes, 'bytes of the file');
    assert.deepEqual(gaps(this.written, start, end), [segment], 'nothing that is here already');
    const stretch = stretchAt(this.file.stretches, start)!;
    assert.ok(end <= stretch.local.end, 'one request stays in one stretch');
    for (const { id, start: from, position, end: until } of this.active.values()) {
      if ('victim' in pick && pick.victim === id) {
        assert.equal(end, until, 'the far part of the victim');
        assert.ok(start - position >= this.minSplitBytes && end - start >= this.minSplitBytes);
        assert.equal(start % this.pieceSizeBytes, 0, 'divided between two pieces');
      } else {
        assert.ok(end <= from || start >= until, 'nothing that somebody else fetches');
      }
    }
    if (kind === 'split') assert.equal(this.#unclaimed().length, 0, 'gaps go first');
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

test('no byte is fetched twice, every byte is fetched, and in few requests', () => {
  fc.assert(
    fc.property(files, sizes, earlier, turns, (file, limits, before, stream) => {
      const fetch = new Fetch(file, limits, writtenBefore(file, before));
      let left = 20_000;
      for (const { allowed, index, bytes, writes, luck } of stream) {
        fetch.fill(allowed);
        if (fetch.complete) break;
        assert.ok(fetch.active.size > 0, 'somebody is always at work until the end');
        fetch.advance(index, bytes, writes, luck < 3);
        left -= 1;
        assert.ok(left > 0, 'the file is complete at last');
      }
      assert.equal(fetch.active.size, 0);
      const splits = Math.floor(file.sizeBytes / limits.minSplitBytes);
      assert.ok(fetch.requests <= fetch.initialGaps + fetch.shortAnswers + splits);
    }),
    { numRuns: 300 },
  );
});

test('connections of equal speed fetch a file in as many requests as connections and splits', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 64 }),
      (connections, mib) => {
        const MIB = 1_048_576;
        const layout = layOut([], mib * MIB);
        assert.ok(!('kind' in layout));
        const file = { sizeBytes: mib * MIB, stretches: layout };
        const fetch = new Fetch(file, { pieceSizeBytes: MIB, minSplitBytes: 4 * MIB }, EMPTY_SET);
        while (!fetch.complete) {
          fetch.fill(connections);
          for (let index = 0; index < connections; index++)
            fetch.advance(index, 65_536, true, false);
        }
        assert.ok(fetch.requests <= connections + mib / 4, `${fetch.requests} requests`);
      },
    ),
  );
});

test('there is nothing to pick of a complete or an empty file', () => {
  for (const sizeBytes of [0, 100]) {
    const layout = layOut([], sizeBytes);
    assert.ok(!('kind' in layout));
    const written = addRange(EMPTY_SET, 0, sizeBytes);
    const input = { sizeBytes, stretches: layout, written, pieceSizeBytes: 1, minSplitBytes: 1 };
    assert.equal(pickSegment({ ...input, active: [] }), undefined);
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
      pieceSizeBytes: 1,
      minSplitBytes: 1,
    }),
    { kind: 'gap', segment: { start: 4, end: 10 } },
  );
});

test('bytes that are received and not yet written are not fetched again', () => {
  const layout = layOut([], 100);
  assert.ok(!('kind' in layout));
  const active = [{ id: 1, start: 0, position: 90, end: 100 }];
  const input = { sizeBytes: 100, stretches: layout, written: EMPTY_SET, active };
  assert.equal(pickSegment({ ...input, pieceSizeBytes: 1, minSplitBytes: 10 }), undefined);
  assert.deepEqual(pickSegment({ ...input, pieceSizeBytes: 1, minSplitBytes: 5 }), {
    kind: 'split',
    victim: 1,
    segment: { start: 95, end: 100 },
  });
});
