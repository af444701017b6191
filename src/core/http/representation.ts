import {
  fieldValues,
  parseContentRange,
  parseEntityTag,
  parseHttpDate,
  singleValue,
} from './fields.ts';
import type { ResponseHead } from './response-head.ts';

/**
 * What is known of the bytes behind a URL: enough to tell whether a later answer has the same ones.
 * Stored with the file, so that it survives a restart of the process (http.md §3).
 */
export interface Representation {
  /** Bytes of the whole remote file, as sent, content coding included. */
  readonly sizeBytes?: number;
  /** The entity tag exactly as received, quotes and weakness included. */
  readonly entityTag?: string;
  /** The date exactly as received; RFC 9110 §13.1.5 has it sent back so. */
  readonly lastModified?: string;
  /** The file was at least a second old when it was sent (RFC 9110 §8.8.2.2). */
  readonly lastModifiedStrong: boolean;
  /** Absent when the bytes are the file itself (identity). */
  readonly contentEncoding?: string;
  readonly acceptsRanges: 'bytes' | 'none' | 'unknown';
  /** The URL the validators came from; before redirects, see `RequestFacts.remoteUrl`. */
  readonly url: string;
}

/** How the next request asks for a part of what is known already. */
export type ResumeCondition =
  /** Range with If-Range: the server compares. */
  | { readonly kind: 'if-range'; readonly value: string }
  /** Range alone: the answer is compared here. */
  | { readonly kind: 'plain' }
  /** No Range: nothing could vouch for the bytes stored, so the file starts over. */
  | { readonly kind: 'none' };

/** How two representations are compared. */
export interface Comparison {
  /** The request had If-Range, so a 206 may leave out Last-Modified (RFC 9110 §15.3.7). */
  readonly conditional?: boolean;
  /** Restarts of the file without progress since; from three on, tags no longer count (N-12). */
  readonly restarts?: number;
}

/** From here on mirrors with different tags for equal bytes are suspected (http.md N-12). */
const RESTARTS_BEFORE_TAGS_ARE_IGNORED = 3;

/**
 * The representation an answer describes.
 *
 * @param sizeBytes - size of the whole file, from Content-Length or Content-Range
 * @param url - the file's remote name
 */
export function representationOf(
  head: ResponseHead,
  sizeBytes: number | undefined,
  url: string,
): Representation {
  const entityTag = singleValue(head.headers, 'etag');
  const lastModified = singleValue(head.headers, 'last-modified');
  const modifiedMs = parseHttpDate(lastModified ?? '');
  const sentMs = parseHttpDate(singleValue(head.headers, 'date') ?? '');
  const contentEncoding = contentCodings(head);
  return {
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(entityTag !== undefined && parseEntityTag(entityTag) !== undefined && { entityTag }),
    ...(lastModified !== undefined && modifiedMs !== undefined && { lastModified }),
    lastModifiedStrong:
      modifiedMs !== undefined && sentMs !== undefined && sentMs - modifiedMs >= 1_000,
    ...(contentEncoding !== '' && { contentEncoding }),
    acceptsRanges: rangeSupport(head),
    url,
  };
}

/**
 * The condition for a resume of `known` by a request to `requestUrl` (http.md §3).
 *
 * @param restarts - restarts of the file without progress since, as in {@link Comparison}
 */
export function resumeCondition(
  known: Representation,
  requestUrl: string,
  restarts: number = 0,
): ResumeCondition {
  // A body of unknown length starts over after an interruption (N-9), and §14.3 of RFC 9110 asks
  // not to try ranges where the server says "none".
  if (known.sizeBytes === undefined || known.acceptsRanges === 'none') return { kind: 'none' };
  const { lastModified, lastModifiedStrong } = known;
  if (tagsCount(known, requestUrl, restarts) && known.entityTag !== undefined) {
    const isWeak = parseEntityTag(known.entityTag)?.weak ?? true;
    // If-Range takes no weak tag, and a date only where there is no tag (RFC 9110 §13.1.5).
    return isWeak ? { kind: 'plain' } : { kind: 'if-range', value: known.entityTag };
  }
  if (lastModified === undefined) return { kind: 'none' };
  return lastModifiedStrong ? { kind: 'if-range', value: lastModified } : { kind: 'plain' };
}

/**
 * Whether the validator that counts vouches for equal bytes, so that connections may fetch parts in
 * parallel (N-14). Says nothing about range support.
 */
export function isStrong(representation: Representation): boolean {
  const { entityTag, lastModified, lastModifiedStrong } = representation;
  if (entityTag !== undefined) return parseEntityTag(entityTag)?.weak === false;
  return lastModified !== undefined && lastModifiedStrong;
}

/** Whether a later answer has the bytes that `known` describes (http.md §3). */
export function sameRepresentation(
  known: Representation,
  seen: Representation,
  comparison: Comparison = {},
): boolean {
  const { sizeBytes } = known;
  if (sizeBytes !== undefined && seen.sizeBytes !== undefined && sizeBytes !== seen.sizeBytes) {
    return false;
  }
  return sameValidators(known, seen, comparison);
}

/** The comparison of {@link sameRepresentation} for two answers whose totals may contradict. */
export function sameValidators(
  known: Representation,
  seen: Representation,
  comparison: Comparison = {},
): boolean {
  // A 206 may leave the coding out, but one it names has to be the coding of the bytes stored.
  if (seen.contentEncoding !== undefined && seen.contentEncoding !== known.contentEncoding) {
    return false;
  }
  const knownTag = parseEntityTag(known.entityTag ?? '');
  const tagsAreComparable = tagsCount(known, seen.url, comparison.restarts ?? 0);
  if (tagsAreComparable && knownTag?.weak === false) {
    // Strong comparison (RFC 9110 §8.8.3.2): a weak tag never equals, whatever its text.
    return seen.entityTag === known.entityTag;
  }
  // Weaker validators count only together with the size (http.md §3).
  if (known.sizeBytes === undefined || seen.sizeBytes === undefined) return false;
  const sameTagText = knownTag !== undefined && seen.entityTag === known.entityTag;
  return (tagsAreComparable && sameTagText) || sameDate(known, seen, comparison);
}

function sameDate(known: Representation, seen: Representation, comparison: Comparison): boolean {
  if (known.lastModified === undefined) return false;
  if (seen.lastModified !== undefined) return seen.lastModified === known.lastModified;
  // The date was strong and sent as If-Range, and the server answered that it still holds.
  return comparison.conditional === true && known.lastModifiedStrong;
}

/** Tags of different URLs are not comparable (RFC 9110 §8.8.3), nor those of unlike mirrors. */
function tagsCount(known: Representation, url: string, restarts: number): boolean {
  if (known.url !== url) return false;
  return restarts < RESTARTS_BEFORE_TAGS_ARE_IGNORED || known.lastModified === undefined;
}

function contentCodings(head: ResponseHead): string {
  return fieldValues(head.headers, 'content-encoding')
    .flatMap((value) => value.toLowerCase().split(','))
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .join(', ');
}

function rangeSupport(head: ResponseHead): Representation['acceptsRanges'] {
  const answeredRange = parseContentRange(singleValue(head.headers, 'content-range') ?? '');
  if (head.status === 206 && answeredRange?.kind === 'range') return 'bytes';
  const units = fieldValues(head.headers, 'accept-ranges')
    .flatMap((value) => value.toLowerCase().split(','))
    .map((unit) => unit.trim());
  if (units.includes('bytes')) return 'bytes';
  return units.includes('none') ? 'none' : 'unknown';
}
