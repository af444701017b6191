/** Answers at random, in order or not, and what a strict reader makes of them. */

import * as fc from 'fast-check';

import {
  bodyFraming,
  HeadReader,
  keepsAlive,
  type ParsedHead,
} from '../../../src/core/http/head-parser.ts';
import { octets } from '../../core/http/head-cases.ts';
import { mutations } from '../../core/http/head-mutations.ts';

/** All that a server says to one request, and how it says it. */
export interface WildAnswer {
  readonly wire: Uint8Array;
  /** Where one write ends and the next begins. */
  readonly cuts: readonly number[];
  /** What the server does with the connection afterwards. */
  readonly ending: 'keep' | 'close' | 'reset';
  /** The request asks for this range. */
  readonly range: string | undefined;
}

/** What a strict reader makes of an answer. */
export type Reading =
  /** No answer, or none that may be believed. */
  | {
      readonly kind: 'bad';
      /** The client may still wait for the rest of it. */
      readonly unfinished: boolean;
    }
  | {
      readonly kind: 'answer';
      readonly head: ParsedHead;
      readonly body: Uint8Array;
      /** The body ends where its framing says so. */
      readonly whole: boolean;
      /** Another request may follow on the connection: all of this was in order and nothing is left. */
      readonly reusable: boolean;
      /** It ends before its connection does. */
      readonly delimited: boolean;
      /** Interim answers stand before it. */
      readonly interim: boolean;
    };

const sizes = fc.oneof(
  fc.nat(40),
  fc.nat(5_000),
  // Around the sizes of the blocks that connections read into.
  fc.integer({ min: 130_000, max: 132_500 }),
  fc.nat(700_000),
);

const heads: readonly ((size: number) => string)[] = [
  (size) => `HTTP/1.1 206 Partial Content\r\n${ranged(size)}Content-Length: ${size}\r\n\r\n`,
  (size) => `HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: ${size}\r\n\r\n`,
  (size) => `HTTP/1.1 206 X\r\nConnection: close\r\n${ranged(size)}Content-Length: ${size}\r\n\r\n`,
  (size) => `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: ${size}\r\n\r\n`,
  () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  (size) => `HTTP/1.1 206 X\r\n${ranged(size)}Transfer-Encoding: chunked\r\n\r\n`,
  () => 'HTTP/1.1 200 OK\r\n\r\n',
  () => 'HTTP/1.1 204 No Content\r\n\r\n',
  (size) => `HTTP/1.1 404 Not Found\r\nContent-Length: ${size}\r\n\r\n`,
  (size) => `HTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`,
];

const surplus = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  fc.constantFrom(
    'X',
    '\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
    'HTTP/1.1 206 X\r\nContent-Range: bytes 0-3/4\r\nContent-Length: 4\r\n\r\nevil',
  ),
);

export const wildAnswer: fc.Arbitrary<WildAnswer> = fc
  .record({
    makeHead: fc.constantFrom(...heads),
    size: sizes,
    mutateHead: fc.option(mutations, { nil: undefined, freq: 2 }),
    mutateBody: fc.option(mutations, { nil: undefined, freq: 4 }),
    surplus,
    cuts: fc.array(fc.nat(1_000), { maxLength: 6 }),
    ending: fc.constantFrom('keep', 'keep', 'close', 'reset'),
  })
  .map(({ makeHead, size, mutateHead, mutateBody, surplus: rest, cuts, ending }) => {
    const sent = makeHead(size);
    const head = mutateHead?.(sent) ?? sent;
    const framed = sent.includes('chunked') ? chunked(contentOf(size)) : contentOf(size);
    const body = sent.startsWith('HTTP/1.1 204') ? '' : framed;
    const wire = octets(head + (mutateBody?.(body) ?? body) + rest);
    return {
      wire,
      // Most of them near the head, where splitting is of consequence.
      cuts: cuts.map((cut) => (cut % 3 === 0 ? cut * 700 : cut)),
      ending,
      range: sent.includes('Content-Range') ? `bytes=0-${Math.max(size - 1, 0)}` : undefined,
    };
  });

/** The content, which at no place looks like that of another. */
function contentOf(size: number): string {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let index = 0; index < words.length; index++)
    words[index] = Math.imul(index, 2_654_435_761) + 7;
  return Buffer.from(words.buffer, 0, size).toString('latin1');
}

function ranged(size: number): string {
  return `Content-Range: bytes 0-${size - 1}/${size}\r\n`;
}

function chunked(content: string): string {
  let text = '';
  for (let at = 0; at < content.length; at += 60_001) {
    const chunk = content.slice(at, at + 60_001);
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return `${text}0\r\n\r\n`;
}

/** Reads an answer strictly. */
export function readStrictly({ wire, ending }: WildAnswer): Reading {
  const reader = new HeadReader();
  let position = 0;
  for (let interim = false; ; interim = true) {
    const parsed = reader.push(wire, position, wire.length);
    if (parsed.kind !== 'head') {
      return { kind: 'bad', unfinished: interim || parsed.kind === 'incomplete' };
    }
    position += parsed.length;
    const { head } = parsed;
    const framing = bodyFraming(head);
    if (framing.kind === 'malformed') return { kind: 'bad', unfinished: interim };
    if (head.status < 200) continue;
    const delimited = framing.kind !== 'close';
    const common = { kind: 'answer', head, interim, delimited } as const;
    const rest = wire.subarray(position);
    switch (framing.kind) {
      case 'none':
      case 'length': {
        const length = framing.kind === 'none' ? 0 : framing.length;
        const whole = rest.length >= length;
        const reusable = rest.length === length && keepsAlive(head) && ending === 'keep';
        return { ...common, body: rest.subarray(0, length), whole, reusable };
      }
      case 'too-large':
        return { ...common, body: rest, whole: false, reusable: false };
      case 'close':
        return { ...common, body: rest, whole: ending !== 'reset', reusable: false };
      case 'chunked': {
        const { body, end } = readChunks(rest);
        const whole = end !== undefined;
        const reusable = end === rest.length && keepsAlive(head) && ending === 'keep';
        return { ...common, body, whole, reusable };
      }
    }
  }
}

/** The content of a chunked body as far as it is in order, and where the body ends, if it does. */
function readChunks(bytes: Uint8Array): {
  readonly body: Buffer;
  readonly end: number | undefined;
} {
  const wire = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const content: Buffer[] = [];
  for (let position = 0; ;) {
    const lineEnd = wire.indexOf('\r\n', position);
    const line = wire.toString('latin1', position, lineEnd < 0 ? position : lineEnd);
    const [, digits] = /^([0-9a-f]+)(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/i.exec(line) ?? [];
    // A size is any number that a counter of 64 bits takes; whether so much comes is another matter.
    if (digits === undefined || BigInt(`0x${digits}`) >= 2n ** 64n) break;
    const size = Number(`0x${digits}`);
    position = lineEnd + 2;
    if (size === 0) {
      const trailer = new HeadReader();
      // Trailers have the form of the fields of a head.
      const parsed = trailer.push(octets('HTTP/1.1 200\r\n'), 0, 14);
      const end = parsed.kind === 'incomplete' ? trailer.push(wire, position, wire.length) : parsed;
      if (end.kind !== 'head') break;
      return { body: Buffer.concat(content), end: position + end.length };
    }
    content.push(wire.subarray(position, position + size));
    position += size;
    if (wire.toString('latin1', position, position + 2) !== '\r\n') break;
    position += 2;
  }
  return { body: Buffer.concat(content), end: undefined };
}
