/** A half-open range of byte positions, `[start, end)`. Both are integers and `start <= end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes in the range. */
export function rangeLength(range: ByteRange): number {
  return range.end - range.start;
}
