/**
 * Strict readers for the response fields the engine acts on.
 *
 * `Number()` accepts "1e3", " 5 " and "" (http.md §12), so every number here is read from bare
 * digits and stays within 2^53−1. Nothing throws: what a server sends is a fact to judge, not a
 * reason to fail inside a parser.
 */

import { parseHttpDate } from './http-date.ts';

export { parseHttpDate } from './http-date.ts';

/** Fields as received: order and repetitions are kept (http.md §12). */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** What a Content-Range field says. `end` is exclusive, unlike on the wire. */
export type ContentRange =
  | {
      readonly kind: 'range';
      readonly start: number;
      readonly end: number;
      readonly total: number | undefined;
    }
  | { readonly kind: 'unsatisfied'; readonly total: number | undefined };

/** An entity tag taken apart; `opaque` is the text between the quotes. */
export interface EntityTag {
  readonly weak: boolean;
  readonly opaque: string;
}

/** A token (RFC 9110 §5.6.2), which is what a field name has to be. */
export const FIELD_NAME: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Visible characters, spaces, tabs and obs-text (RFC 9110 §5.5): nothing that could end a line. */
export const FIELD_VALUE: RegExp = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Longest field value any reader here looks at, in characters; longer ones count as malformed. */
const MAX_VALUE_LENGTH = 8_192;

/** Longest entity tag taken as a validator, in characters: it is stored and sent back. */
const MAX_ENTITY_TAG_LENGTH = 1_024;

/** Where RFC 9111 §1.2.2 lets delta-seconds saturate. */
const MAX_DELTA_SECONDS = 2 ** 31;

/** The values of every field called `name` (compared without case), trimmed, in order. */
export function fieldValues(list: HeaderList, name: string): string[] {
  const wanted = name.toLowerCase();
  return list
    .filter(([key]) => key.length === wanted.length && key.toLowerCase() === wanted)
    .map(([, value]) => trimWhitespace(value));
}

/** The one value of a field that may appear once; equal repetitions are one, others are none. */
export function singleValue(list: HeaderList, name: string): string | undefined {
  const distinct = new Set(fieldValues(list, name));
  return distinct.size === 1 ? [...distinct][0] : undefined;
}

/**
 * Content-Length in bytes; `undefined` when absent, `'invalid'` when malformed, contradictory or
 * beyond 2^53−1. A list of equal values is one value (RFC 9110 §8.6, RFC 9112 §6.3).
 */
export function parseContentLength(list: HeaderList): number | undefined | 'invalid' {
  const values = fieldValues(list, 'content-length');
  if (values.length === 0) return undefined;
  if (values.some((value) => value.length > MAX_VALUE_LENGTH)) return 'invalid';
  const members = values.flatMap((value) => value.split(','));
  const sizes = new Set(members.map((member) => parseDigits(trimWhitespace(member))));
  const [size] = sizes;
  return sizes.size === 1 && size !== undefined ? size : 'invalid';
}

/** Whether Content-Length or Content-Range names a size this engine cannot count to (2^53−1). */
export function exceedsSafeInteger(list: HeaderList, name: string): boolean {
  const value = singleValue(list, name) ?? '';
  const size = /^(?:bytes (?:\d+-\d+|\*)\/)?(\d+)$/i.exec(value)?.[1];
  return size !== undefined && parseDigits(size) === undefined;
}

/** Content-Range by RFC 9110 §14.4; `undefined` for another unit or anything contradictory. */
export function parseContentRange(value: string): ContentRange | undefined {
  if (value.length > MAX_VALUE_LENGTH) return undefined;
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i.exec(trimWhitespace(value));
  if (match === null) return undefined;
  const [, first, last, length = '*'] = match;
  const total = length === '*' ? undefined : parseDigits(length);
  if (length !== '*' && total === undefined) return undefined;
  if (first === undefined || last === undefined) return { kind: 'unsatisfied', total };

  const start = parseDigits(first);
  const lastOffset = parseDigits(last);
  if (start === undefined || lastOffset === undefined) return undefined;
  const end = lastOffset + 1;
  // A last position before the first, or not below the length, makes the field invalid (§14.4).
  if (start >= end || end > (total ?? Number.MAX_SAFE_INTEGER)) return undefined;
  return { kind: 'range', start, end, total };
}

/** An entity tag by RFC 9110 §8.8.3; unquoted text, as some servers send, is no tag. */
export function parseEntityTag(value: string): EntityTag | undefined {
  if (value.length > MAX_ENTITY_TAG_LENGTH) return undefined;
  const match = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/.exec(trimWhitespace(value));
  if (match === null) return undefined;
  return { weak: match[1] !== undefined, opaque: match[2] ?? '' };
}

/**
 * Milliseconds the server asks to wait (RFC 9110 §10.2.3), saturated at 2^31 seconds.
 *
 * A date counts from the answer's own Date, so a wrong clock here does no harm; without one, from
 * `nowMs`. A past date is 0 and bad text is no request at all (http.md §6).
 */
export function parseRetryAfter(list: HeaderList, nowMs: number): number | undefined {
  const value = fieldValues(list, 'retry-after')[0];
  if (value === undefined || value.length > MAX_VALUE_LENGTH) return undefined;
  if (/^\d+$/.test(value)) {
    return Math.min(parseDigits(value) ?? MAX_DELTA_SECONDS, MAX_DELTA_SECONDS) * 1_000;
  }
  const untilMs = parseHttpDate(value, nowMs);
  if (untilMs === undefined) return undefined;
  const sentMs = parseHttpDate(singleValue(list, 'date') ?? '', nowMs) ?? nowMs;
  return Math.min(Math.max(untilMs - sentMs, 0), MAX_DELTA_SECONDS * 1_000);
}

/** The Range field for the half-open `[start, endExclusive)`; without an end, to the last byte. */
export function formatRange(start: number, endExclusive: number | undefined): string {
  return `bytes=${start}-${endExclusive === undefined ? '' : endExclusive - 1}`;
}

/** A non-negative whole number written in digits only; `undefined` when not, or above 2^53−1. */
export function parseDigits(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Strips what RFC 9110 §5.6.3 calls whitespace; `trim()` would also strip other characters. */
export function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text[start])) start++;
  while (end > start && isWhitespace(text[end - 1])) end--;
  return text.slice(start, end);
}

function isWhitespace(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
