import { BG_LENGTH_TO_EOF, DO_UNKNOWN_FILE_SIZE } from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import { checkRemoteUrl } from '../../core/http/url.ts';
import type { BG_FILE_RANGE, FileOptions } from '../../core/interfaces/file.ts';
import type { FileDigest } from '../../core/job/file.ts';
import { MAX_FILE_ID_CHARACTERS, MAX_RANGES_PER_FILE } from '../../core/limits.ts';
import type { FileRanges } from '../../core/piece/file-ranges.ts';
import type { PartialFiles } from '../../ports/partial-files.ts';
import {
  checkNonEmptyString,
  checkString,
  describe,
  invalidArgument,
} from '../../core/validate/arguments.ts';

/** What a caller asks for, checked. */
export interface WantedFile {
  readonly fileId: string | undefined;
  readonly remoteName: string;
  readonly localName: string | undefined;
  readonly ranges: FileRanges;
  readonly expectedSizeBytes?: number;
  readonly digest?: FileDigest;
}

/** A file as it is asked for, before any check. `undefined` marks what a method does not take. */
export interface FileArguments {
  readonly fileId?: unknown;
  readonly url: unknown;
  readonly localName?: unknown;
  readonly ranges?: unknown;
  readonly fileSize?: unknown;
  readonly options?: FileOptions | undefined;
  /** Job2.AddFile: the URL may be null and the local name comes later. */
  readonly withoutSink?: boolean;
}

/**
 * Checks the arguments of an AddFile call in the order of api.md 2.4, rows 2 to 10; row 1, the
 * state of the job, comes before.
 *
 * @param directories - found in order already by the same call
 */
export async function checkFile(
  wanted: FileArguments,
  partials: PartialFiles,
  directories?: Set<string>,
): Promise<WantedFile> {
  const fileId =
    wanted.fileId === undefined
      ? undefined
      : checkNonEmptyString(wanted.fileId, 'fileId', MAX_FILE_ID_CHARACTERS);
  const remoteName =
    wanted.withoutSink === true && wanted.url === null
      ? ''
      : checkRemoteUrl(checkString(wanted.url, 'url'));
  const localName =
    wanted.withoutSink === true ? undefined : checkString(wanted.localName, 'localName');
  if (localName !== undefined) await partials.checkTarget(localName, directories);
  const expectedSizeBytes = checkFileSize(wanted.fileSize);
  const ranges = checkRanges(wanted.ranges, expectedSizeBytes);
  const digest = checkDigest(wanted.options?.digest);
  return {
    fileId,
    remoteName,
    localName,
    ranges,
    ...(expectedSizeBytes === undefined ? {} : { expectedSizeBytes }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Bytes of the remote file; omitted or DO_UNKNOWN_FILE_SIZE is unknown, 0 an empty file (A-6). */
export function checkFileSize(value: unknown): number | undefined {
  if (value === undefined || value === null || value === DO_UNKNOWN_FILE_SIZE) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidArgument(
    `fileSize must be a number of bytes or DO_UNKNOWN_FILE_SIZE, not ${describe(value)}.`,
  );
}

/** The ranges of a file; none are the whole of it. E_INVALIDARG, DO_E_INVALID_RANGE or DO_E_OVERLAPPING_RANGES. */
export function checkRanges(value: unknown, fileSize: number | undefined): FileRanges {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw invalidArgument(`ranges must be an array, not ${describe(value)}.`);
  if (value.length === 0) {
    throw invalidArgument('ranges is an empty array: leave it out to fetch the whole file.');
  }
  if (value.length > MAX_RANGES_PER_FILE) {
    throw new DeliveryOptimizationError(
      'BG_E_TOO_MANY_RANGES_IN_FILE',
      `${value.length} ranges; at most ${MAX_RANGES_PER_FILE} are allowed for one file.`,
    );
  }
  const ranges = value.map((range: Partial<BG_FILE_RANGE> | null) => checkRange(range, fileSize));
  checkOverlaps(ranges);
  return ranges;
}

function checkRange(
  range: Partial<BG_FILE_RANGE> | null,
  fileSize: number | undefined,
): FileRanges[number] {
  const offset = range?.initialOffset;
  const length = range?.length;
  if (typeof offset !== 'number' || typeof length !== 'number') {
    throw invalidArgument('A range needs an initialOffset and a length, both numbers.');
  }
  const toEnd = length === BG_LENGTH_TO_EOF;
  const end = toEnd ? offset + 1 : offset + length;
  const fits =
    Number.isSafeInteger(offset) &&
    offset >= 0 &&
    (toEnd || (Number.isSafeInteger(length) && length > 0)) &&
    Number.isSafeInteger(end) &&
    (fileSize === undefined || end <= fileSize);
  if (!fits) {
    throw new DeliveryOptimizationError(
      'DO_E_INVALID_RANGE',
      `The range of ${toEnd ? 'all' : length} bytes from ${offset} is not a part of a file${fileSize === undefined ? '' : ` of ${fileSize} bytes`}.`,
      { failureClass: 'call' },
    );
  }
  return { offset, length: toEnd ? undefined : length };
}

/** Sorted by offset alone: of two that begin together, either overlaps the other. */
function checkOverlaps(ranges: FileRanges): void {
  const sorted = [...ranges].sort((a, b) => a.offset - b.offset);
  for (let index = 1; index < sorted.length; index += 1) {
    const before = sorted[index - 1]!;
    const after = sorted[index]!;
    if (before.length === undefined || before.offset + before.length > after.offset) {
      throw new DeliveryOptimizationError(
        'DO_E_OVERLAPPING_RANGES',
        `The range that begins at ${after.offset} overlaps the one that begins at ${before.offset}.`,
      );
    }
  }
}

const DIGEST_HEX_CHARACTERS = { 'sha-256': 64, 'sha-512': 128 } as const;

function checkDigest(digest: FileDigest | null | undefined): FileDigest | undefined {
  if (digest === undefined) return undefined;
  // JavaScript callers pass null as well; that has neither part.
  if (digest === null)
    throw invalidArgument('The digest must have an algorithm and hex, not be null.');
  const { algorithm, hex } = digest;
  const characters = Object.hasOwn(DIGEST_HEX_CHARACTERS, algorithm)
    ? DIGEST_HEX_CHARACTERS[algorithm]
    : undefined;
  if (characters === undefined) {
    throw invalidArgument(
      `The digest algorithm must be sha-256 or sha-512, not ${describe(algorithm)}.`,
    );
  }
  if (typeof hex !== 'string' || hex.length !== characters || !/^[0-9a-f]*$/i.test(hex)) {
    throw invalidArgument(
      `A ${algorithm} digest has ${characters} hexadecimal digits; ${describe(hex)} has not.`,
    );
  }
  return { algorithm, hex: hex.toLowerCase() };
}
