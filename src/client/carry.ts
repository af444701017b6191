/**
 * What JSON and the bounds of the contract cannot carry is replaced by a value that the engine
 * refuses with the same code: it judges arguments after the state of the job and in its own order,
 * and only it knows both.
 */
import { BG_LENGTH_TO_EOF, DO_UNKNOWN_FILE_SIZE, DOFilePropertyId } from '../core/constants.ts';
import type { BG_FILE_RANGE, FileOptions } from '../core/interfaces/file.ts';
import type { Body } from '../rest/contract.ts';

/** A file as it is asked for, before any check. */
export interface FileArguments {
  readonly fileId?: unknown;
  readonly url: unknown;
  readonly localName?: unknown;
  readonly ranges?: unknown;
  readonly fileSize?: unknown;
  readonly options?: FileOptions | undefined;
  /** The URL may be null, and the local name comes later. */
  readonly withoutSink?: boolean;
}

export type NewFileBody = Body<'addFiles'>['files'][number];

/** Bounds of the contract; the engine's own are narrower. */
const MAX_TEXT = 4_096;
const MAX_URL = 8_192;
const MAX_PATH = 8_192;
const MAX_RANGES = 20_000;
const MAX_HEADERS = 20_000;

/** The text, or one that is refused as not being a text of this kind. */
export function carriedText(value: unknown, maxCharacters: number, refused: string = ''): string {
  return typeof value === 'string' && value.length <= maxCharacters ? value : refused;
}

/** The number, or one that no argument of this interface may be. */
export function carriedNumber(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : -1;
}

export function carriedUrl(value: unknown): string {
  return carriedText(value, MAX_URL);
}

/** A line without a colon is no header. */
export function carriedHeaders(value: unknown): string | null {
  return value === null ? null : carriedText(value, MAX_HEADERS, 'no header');
}

export function carriedFile(wanted: FileArguments): NewFileBody {
  const { fileId, url, localName, ranges, fileSize, options, withoutSink = false } = wanted;
  return {
    ...(fileId === undefined ? {} : { fileId: carriedText(fileId, MAX_TEXT) }),
    remoteName: withoutSink && url === null ? null : carriedUrl(url),
    ...(withoutSink ? {} : { localName: carriedText(localName, MAX_PATH) }),
    ...(isUnknownSize(fileSize) ? {} : { sizeBytes: carriedNumber(fileSize) }),
    ...(ranges === undefined || ranges === null ? {} : { ranges: carriedRanges(ranges) }),
    ...(options?.digest === undefined ? {} : { digest: carriedDigest(options.digest) }),
  };
}

function isUnknownSize(value: unknown): boolean {
  return value === undefined || value === null || value === DO_UNKNOWN_FILE_SIZE;
}

/** An empty list is refused, and so stands for what is no list of ranges. */
function carriedRanges(value: unknown): NonNullable<NewFileBody['ranges']> {
  if (!Array.isArray(value)) return [];
  const ranges = value.slice(0, MAX_RANGES) as (Partial<BG_FILE_RANGE> | null)[];
  const wellFormed = ranges.every(
    (range) => typeof range?.initialOffset === 'number' && typeof range.length === 'number',
  );
  if (!wellFormed) return [];
  return ranges.map((range) => ({
    offset: carriedNumber(range!.initialOffset),
    length: range!.length === BG_LENGTH_TO_EOF ? null : carriedNumber(range!.length),
  }));
}

function carriedDigest(digest: unknown): { algorithm: string; hex: string } {
  const { algorithm, hex } = (digest ?? {}) as { algorithm?: unknown; hex?: unknown };
  return { algorithm: carriedText(algorithm, 40), hex: carriedText(hex, 512) };
}

const NO_PROPERTY = 9_999_999_999;
const MAX_PROPERTY_TEXT = 70_000;

/** A property of a file: its id as a key, and its value. */
export function carriedProperty(
  id: unknown,
  value: unknown,
): Record<string, string | number | boolean> {
  const known = typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < NO_PROPERTY;
  return { [String(known ? id : NO_PROPERTY)]: carriedValue(id, value) };
}

function carriedValue(id: unknown, value: unknown): string | number | boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string') return value.slice(0, MAX_PROPERTY_TEXT);
  // Of the wrong type for the property, whichever it is.
  return id === DOFilePropertyId.IntegrityCheckMandatory ? '' : true;
}
