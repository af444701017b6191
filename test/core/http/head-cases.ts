/** What the tests of the head parser share: the corpus, and ways to hand a head over. */

import { readFileSync } from 'node:fs';

import * as fc from 'fast-check';

import {
  bodyFraming,
  HeadReader,
  type HeadParse,
  keepsAlive,
} from '../../../src/core/http/head-parser.ts';

/** A head with a name and what is to come of it. */
export interface HeadCase {
  readonly name: string;
  /** Parts, one after the other; a pair stands for so many times its text. */
  readonly head: readonly (string | readonly [text: string, times: number])[];
  readonly expect: string;
}

export const CORPUS: readonly HeadCase[] = JSON.parse(
  readFileSync(new URL('corpus/heads.json', import.meta.url), 'utf8'),
);

/** The case as it goes over the wire: every character is one octet. */
export function bytesOf({ head }: HeadCase): Uint8Array {
  const text = head.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1])));
  return octets(text.join(''));
}

export function octets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** The outcome in the words of the corpus. */
export function outcome(parsed: HeadParse): string {
  if (parsed.kind === 'incomplete') return 'incomplete';
  if (parsed.kind === 'malformed') return parsed.overflow ? 'overflow' : 'malformed';
  const framing = bodyFraming(parsed.head);
  if (framing.kind === 'malformed') return 'framing malformed';
  if (framing.kind === 'close' || framing.kind === 'too-large') return framing.kind;
  const length = framing.kind === 'length' ? ` ${framing.length}` : '';
  return `${framing.kind}${length} ${keepsAlive(parsed.head) ? 'keep' : 'close'}`;
}

/**
 * Hands the bytes over in parts, each from one buffer that is overwritten for the next, as a socket
 * with a buffer of its own does. The length is that of the whole head.
 *
 * @param cuts - where one part ends and the next begins, in any order; empty parts are handed over too
 */
export function readInParts(bytes: Uint8Array, cuts: readonly number[]): HeadParse {
  const reader = new HeadReader();
  const buffer = new Uint8Array(bytes.length + 3);
  const ends = [...cuts.filter((cut) => cut <= bytes.length), bytes.length].sort((a, b) => a - b);
  let last: HeadParse = { kind: 'incomplete' };
  let start = 0;
  for (const end of ends) {
    // A line feed beyond the range would be taken for the end of a line by a reader that looks there.
    buffer.fill(0x0a);
    buffer.set(bytes.subarray(start, end), 1);
    last = reader.push(buffer, 1, 1 + end - start);
    if (last.kind === 'head') return { ...last, length: start + last.length };
    if (last.kind === 'malformed') return last;
    start = end;
  }
  return last;
}

const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const VALUE = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
  (character) => /[\t\x20-\x7e\x80-\xff]/.test(character),
);

const fieldName = fc.string({
  unit: fc.constantFrom(...TOKEN.split('')),
  minLength: 1,
  maxLength: 12,
});
const fieldValue = fc.string({ unit: fc.constantFrom(...VALUE), maxLength: 24 });
const padding = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 2 });

/** A field as it is written, and as it is to be read. */
const plainField = fc
  .tuple(fieldName, padding, fieldValue, padding)
  .filter(([name]) => !/^(content-length|transfer-encoding|connection)$/i.test(name))
  .map(([name, before, value, after]) => ({
    line: `${name}:${before}${value}${after}`,
    pair: [name, value.replace(/^[ \t]+|[ \t]+$/g, '')] as [name: string, value: string],
  }));

/** A head that is in order, with what is in it. */
export interface WrittenHead {
  readonly text: string;
  readonly version: '1.0' | '1.1';
  readonly status: number;
  readonly statusText: string;
  readonly headers: [name: string, value: string][];
}

/** Heads in order whose fields say nothing of the framing. */
export const plainHead: fc.Arbitrary<WrittenHead> = fc
  .record({
    version: fc.constantFrom('1.0', '1.1'),
    status: fc.oneof(fc.constantFrom(200, 206, 404, 503), fc.integer({ min: 100, max: 999 })),
    statusText: fieldValue,
    fields: fc.array(plainField, { maxLength: 8 }),
  })
  .map(({ version, status, statusText, fields }) => ({
    text: [
      `HTTP/${version} ${status} ${statusText}`,
      ...fields.map(({ line }) => line),
      '',
      '',
    ].join('\r\n'),
    version,
    status,
    statusText,
    headers: fields.map(({ pair }) => pair),
  }));
