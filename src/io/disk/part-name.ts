import type { PartialFileId } from '../../ports/partial-files.ts';
import { unexpected } from '../../core/errors.ts';
import { splitLocalName } from './local-name.ts';

/** The ending by which people and programs recognise a partial file. */
export const PART_ENDING = '.haulyard-part';

/**
 * UTF-8 bytes of the target's name that a partial file's name begins with. The whole then has at
 * most 148 bytes, and 137 with the ids and indices in use: even eCryptfs, with its 143, takes it.
 */
const MAX_STEM_BYTES = 80;

const JOB_ID = /^[0-9a-z-]{1,36}$/;

/** `<start of the target's name>.<jobId>-<index>.haulyard-part`. */
export function partName({ jobId, index, localName }: PartialFileId): string {
  // The id comes from a record on disk, and a damaged one must not name another directory.
  if (!JOB_ID.test(jobId) || !Number.isSafeInteger(index) || index < 0) {
    throw unexpected(`No partial file can belong to file ${index} of job "${jobId}".`);
  }
  const { base } = splitLocalName(localName);
  return `${firstBytes(base, MAX_STEM_BYTES)}.${jobId}-${index}${PART_ENDING}`;
}

/**
 * Absolute path of the partial file.
 *
 * The directory is taken from the target letter by letter. `join` would resolve `link/..` without
 * asking what the link points at, and so lead to another directory than the target's.
 */
export function partPath(id: PartialFileId): string {
  return splitLocalName(id.localName).directory + partName(id);
}

/** As much of the text as fits into `maxBytes` of UTF-8, cut between two characters. */
function firstBytes(text: string, maxBytes: number): string {
  let end = 0;
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
