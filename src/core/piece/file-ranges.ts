import type { ByteRange } from './byte-range.ts';

/**
 * The ranges a caller wants of a remote file, in the caller's order. They are concatenated in the
 * local file without gaps (api.md 2.4). No ranges means the whole file. `length` undefined means
 * up to the end of the remote file (BG_LENGTH_TO_EOF).
 */
export type FileRanges = readonly {
  readonly offset: number;
  readonly length: number | undefined;
}[];

/** A stretch of the local file and where its bytes are in the remote one. */
export interface Stretch {
  readonly local: ByteRange;
  readonly remoteStart: number;
}

/** Why ranges do not fit a remote file of the given size. */
export type RangeFault = { readonly kind: 'beyond-end'; readonly offset: number };

/**
 * How the local file is made from the remote one, now that its size is known.
 *
 * A range that ends or begins beyond the remote file cannot be satisfied: the caller asked for
 * bytes that are not there, and a shorter file would pass for the right one.
 */
export function layOut(ranges: FileRanges, remoteSize: number): readonly Stretch[] | RangeFault {
  if (ranges.length === 0) return [{ local: { start: 0, end: remoteSize }, remoteStart: 0 }];
  const stretches: Stretch[] = [];
  let position = 0;
  for (const { offset, length } of ranges) {
    const bytes = length ?? remoteSize - offset;
    if (bytes <= 0 || offset + bytes > remoteSize) return { kind: 'beyond-end', offset };
    stretches.push({ local: { start: position, end: position + bytes }, remoteStart: offset });
    position += bytes;
  }
  return stretches;
}

/** Size of the local file when it follows from the ranges alone, else undefined. */
export function sizeOfRanges(ranges: FileRanges): number | undefined {
  if (ranges.length === 0) return undefined;
  let bytes = 0;
  for (const { length } of ranges) {
    if (length === undefined) return undefined;
    bytes += length;
  }
  return bytes;
}

/** The stretch that holds the local byte `offset`. Stretches cover the file, so there is one. */
export function stretchAt(stretches: readonly Stretch[], offset: number): Stretch | undefined {
  return stretches.find(({ local }) => offset >= local.start && offset < local.end);
}
