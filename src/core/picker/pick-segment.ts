import type { ByteRange } from '../piece/byte-range.ts';
import { stretchAt, type Stretch } from '../piece/file-ranges.ts';
import { addRange, gaps, type IntervalSet } from '../piece/interval-set.ts';
import { pieceStart } from '../piece/piece-layout.ts';

/** A stretch of the local file that one connection is filling. */
export interface ActiveSegment {
  readonly id: number;
  /** Everything before this is written already. */
  readonly start: number;
  /** Everything before this has been received; what lies between is on its way to the disk. */
  readonly position: number;
  readonly end: number;
}

export interface PickInput {
  readonly sizeBytes: number;
  readonly stretches: readonly Stretch[];
  readonly written: IntervalSet;
  readonly active: readonly ActiveSegment[];
  readonly pieceSizeBytes: number;
  /** A segment is split only when each half keeps at least this many bytes. */
  readonly minSplitBytes: number;
}

export type Pick =
  /** Bytes that nobody is fetching. */
  | { readonly kind: 'gap'; readonly segment: ByteRange }
  /** The far half of the longest segment in progress: its connection stops where this one begins. */
  | { readonly kind: 'split'; readonly victim: number; readonly segment: ByteRange };

/**
 * What a free connection should fetch next, or undefined when there is nothing worth a request.
 *
 * A file is fetched in few, long requests: a gap is taken whole, up to the end of its stretch, and
 * work is divided only by halving what somebody else has left. A file of n bytes therefore takes
 * about as many requests as connections, and the last ones finish together.
 */
export function pickSegment(input: PickInput): Pick | undefined {
  let spoken = input.written;
  for (const segment of input.active) spoken = addRange(spoken, segment.start, segment.end);
  const gap = gaps(spoken, 0, input.sizeBytes)[0];
  if (gap !== undefined) {
    const stretchEnd = stretchAt(input.stretches, gap.start)?.local.end ?? gap.end;
    return { kind: 'gap', segment: { start: gap.start, end: Math.min(gap.end, stretchEnd) } };
  }
  return splitLongest(input);
}

function splitLongest({ active, minSplitBytes, pieceSizeBytes }: PickInput): Pick | undefined {
  let longest: ActiveSegment | undefined;
  for (const segment of active) {
    if (longest === undefined || segment.end - segment.position > longest.end - longest.position)
      longest = segment;
  }
  if (longest === undefined) return undefined;
  const remaining = longest.end - longest.position;
  if (remaining < 2 * minSplitBytes) return undefined;
  const middle = pieceStart(longest.position + Math.ceil(remaining / 2), pieceSizeBytes);
  if (middle - longest.position < minSplitBytes || middle >= longest.end) return undefined;
  return { kind: 'split', victim: longest.id, segment: { start: middle, end: longest.end } };
}
