import { MAX_FINISHING_FILES, SMALL_FILE_BYTES } from '../limits.ts';

/** A file of the job that is being fetched. */
export interface FetchedFile {
  /** Undefined until the first answer, unless its caller said. */
  readonly sizeBytes: number | undefined;
  readonly writtenBytes: number;
}

export interface FileWindow {
  readonly fetching: readonly FetchedFile[];
  /** Files that are fetched, and not done yet. */
  readonly finishing: number;
  /** Files that may be fetched at once: the connections of an origin. */
  readonly maximum: number;
  /** Size that a file of unknown size is taken to have; Infinity while nothing tells. */
  readonly usualSizeBytes: number;
}

/**
 * Whether the next file of a job may begin beside those under way.
 *
 * A large file makes use of all connections by itself, and the sooner it is whole the better, so it
 * is left alone until little of it is left. A small one has one connection; the others are for the
 * files after it. What a file of unknown size will turn out to be is guessed from the last one whose
 * size was learned, so that a thousand small files do not wait for each other's first answers.
 */
export function mayBegin({ fetching, finishing, maximum, usualSizeBytes }: FileWindow): boolean {
  if (finishing >= MAX_FINISHING_FILES) return false;
  if (fetching.length === 0) return true;
  if (fetching.length >= maximum) return false;
  return fetching.every(
    ({ sizeBytes = usualSizeBytes, writtenBytes }) => sizeBytes - writtenBytes < SMALL_FILE_BYTES,
  );
}
