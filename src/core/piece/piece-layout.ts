import type { ByteRange } from './byte-range.ts';
import type { IntervalSet } from './interval-set.ts';

/** Pieces needed for a file. An empty file has none. */
export function pieceCount(pieceSize: number, fileSize: number): number {
  return Math.ceil(fileSize / pieceSize);
}

/** The bytes of one piece; the last piece of a file may be shorter. */
export function pieceRange(index: number, pieceSize: number, fileSize: number): ByteRange {
  const start = index * pieceSize;
  return { start, end: Math.min(start + pieceSize, fileSize) };
}

/** How many whole pieces the set covers. */
export function piecesCovered(set: IntervalSet, pieceSize: number, fileSize: number): number {
  let count = 0;
  for (const range of set) {
    const first = Math.ceil(range.start / pieceSize);
    const last =
      range.end >= fileSize ? pieceCount(pieceSize, fileSize) : Math.floor(range.end / pieceSize);
    count += Math.max(0, last - first);
  }
  return count;
}

/** `offset` rounded down to the start of its piece. */
export function pieceStart(offset: number, pieceSize: number): number {
  return offset - (offset % pieceSize);
}
