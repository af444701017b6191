import type { FileRanges } from '../../core/piece/file-ranges.ts';
import { describe, invalidArgument } from '../../core/validate/arguments.ts';
import { checkRanges } from '../validate/file-arguments.ts';

/**
 * The ranges of a `start`: `null` goes on with those in force, an empty list is the whole file.
 *
 * @param value - as the caller gave it; undefined means the whole file at the first start and `null`
 *   afterwards (J-20)
 * @param started - there was an earlier start
 * @param totalSize - TotalSizeBytes, when it was set
 */
export function checkStartRanges(
  value: unknown,
  started: boolean,
  totalSize: number | undefined,
): FileRanges | null {
  if (value === null) return null;
  if (value === undefined) return started ? null : [];
  const ranges = typeof value === 'object' && 'ranges' in value ? value.ranges : undefined;
  if (!Array.isArray(ranges)) {
    throw invalidArgument(
      `start takes { ranges: [...] }, an empty list for the whole file, or null; not ${describe(value)}.`,
    );
  }
  if (ranges.length === 0) return [];
  return checkRanges(ranges.map(bitsRange), totalSize);
}

/** A range under the names of the other family, whose rules are the same. */
function bitsRange(range: unknown): { initialOffset: number; length: number } {
  const { offset, length } = (typeof range === 'object' && range !== null ? range : {}) as Record<
    string,
    unknown
  >;
  if (typeof offset !== 'number' || typeof length !== 'number') {
    throw invalidArgument('A range needs an offset and a length, both numbers.');
  }
  return { initialOffset: offset, length };
}
