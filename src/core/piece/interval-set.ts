import type { ByteRange } from './byte-range.ts';

/**
 * Which bytes of a file are here: disjoint, non-empty, ascending ranges that never touch each
 * other. A value; every function returns a new one, and a set of any file written front to back
 * holds a single range, so copying it is cheap.
 */
export type IntervalSet = readonly ByteRange[];

export const EMPTY_SET: IntervalSet = [];

/** Index of the first interval whose end is at or after `position`: the first that can touch it. */
function firstTouching(set: IntervalSet, position: number): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (set[middle]!.end < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The set with `[start, end)` added. An empty range changes nothing. */
export function addRange(set: IntervalSet, start: number, end: number): IntervalSet {
  if (end <= start) return set;
  const first = firstTouching(set, start);
  let last = first;
  let mergedStart = start;
  let mergedEnd = end;
  while (last < set.length && set[last]!.start <= end) {
    mergedStart = Math.min(mergedStart, set[last]!.start);
    mergedEnd = Math.max(mergedEnd, set[last]!.end);
    last += 1;
  }
  return [...set.slice(0, first), { start: mergedStart, end: mergedEnd }, ...set.slice(last)];
}

/** The set without `[start, end)`. */
export function removeRange(set: IntervalSet, start: number, end: number): IntervalSet {
  if (end <= start) return set;
  const kept: ByteRange[] = [];
  for (const range of set) {
    if (range.end <= start || range.start >= end) {
      kept.push(range);
      continue;
    }
    if (range.start < start) kept.push({ start: range.start, end: start });
    if (range.end > end) kept.push({ start: end, end: range.end });
  }
  return kept;
}

/** The part of the set below `limit`: what a file cut to `limit` bytes still holds. */
export function clip(set: IntervalSet, limit: number): IntervalSet {
  return removeRange(set, limit, Number.POSITIVE_INFINITY);
}

/** The ranges of `[start, end)` that are not in the set, ascending. */
export function gaps(set: IntervalSet, start: number, end: number): IntervalSet {
  const missing: ByteRange[] = [];
  let position = start;
  for (let index = firstTouching(set, start); index < set.length; index += 1) {
    const range = set[index]!;
    if (range.start >= end) break;
    if (range.start > position) missing.push({ start: position, end: range.start });
    position = Math.max(position, range.end);
  }
  if (position < end) missing.push({ start: position, end });
  return missing;
}

/** Bytes in the set. */
export function setSize(set: IntervalSet): number {
  let bytes = 0;
  for (const range of set) bytes += range.end - range.start;
  return bytes;
}

/** How many bytes from the beginning of the file on are in the set, without a gap. */
export function prefixLength(set: IntervalSet): number {
  const [first] = set;
  return first?.start === 0 ? first.end : 0;
}

/** True when every byte of `[start, end)` is in the set. */
export function covers(set: IntervalSet, start: number, end: number): boolean {
  if (end <= start) return true;
  const range = set[firstTouching(set, start + 1)];
  return range !== undefined && range.start <= start && range.end >= end;
}

/** The set as text for the store: `0-1048576,2097152-3145728`; the empty set is the empty string. */
export function formatSet(set: IntervalSet): string {
  return set.map((range) => `${range.start}-${range.end}`).join(',');
}

/**
 * The set that {@link formatSet} wrote, or undefined when the text is anything else: a damaged
 * record must cost a download again, never be believed in part.
 */
export function parseSet(text: string): IntervalSet | undefined {
  if (text === '') return EMPTY_SET;
  const set: ByteRange[] = [];
  let previousEnd = -1;
  for (const part of text.split(',')) {
    const match = /^(0|[1-9]\d{0,15})-([1-9]\d{0,15})$/.exec(part);
    if (match === null) return undefined;
    const start = Number(match[1]);
    const end = Number(match[2]);
    if (start <= previousEnd || end <= start || !Number.isSafeInteger(end)) return undefined;
    set.push({ start, end });
    previousEnd = end;
  }
  return set;
}
