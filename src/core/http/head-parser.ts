/**
 * Heads of answers, read strictly (RFC 9112, RFC 9110).
 *
 * Where the RFCs let a recipient be kind — folded lines, line ends without a carriage return, a
 * length beside a transfer coding — two recipients may come to two understandings of where an answer
 * ends, which is what an attacker's server wants. So nothing is repaired here: what is not exactly an
 * answer is malformed, and its connection of no further use (docs/decisions/0008).
 */

import { MAX_RESPONSE_HEAD_BYTES } from '../limits.ts';
import {
  FIELD_NAME,
  FIELD_VALUE,
  fieldValues,
  type HeaderList,
  parseDigits,
  trimWhitespace,
} from './fields.ts';

/** What the bytes received so far say. */
export type HeadParse =
  /** No end of the head yet, and no fault: more bytes are wanted. Never of MAX_RESPONSE_HEAD_BYTES. */
  | { readonly kind: 'incomplete' }
  | {
      readonly kind: 'head';
      readonly head: ParsedHead;
      /** Bytes of the head in the range that was given, its empty line included. */
      readonly length: number;
    }
  | {
      readonly kind: 'malformed';
      /** A clause for people, which repeats nothing of what the server sent. */
      readonly reason: string;
      /** The head is too long, or has too many fields; it may be in order otherwise. */
      readonly overflow: boolean;
    };

/** One head: an interim answer's (1xx) or a final one's. */
export interface ParsedHead {
  readonly version: '1.0' | '1.1';
  /** 100 to 999; what lies outside 100 to 599 is for `statusDisposition` to judge. */
  readonly status: number;
  /** Empty when the server sent none. */
  readonly statusText: string;
  /** As received, without the white space around values; octets as latin1. */
  readonly headers: HeaderList;
}

/** How the body of an answer to a GET is delimited (RFC 9112 §6.3). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** The body ends with the connection: whether it is whole cannot be seen. */
  | { readonly kind: 'close' }
  /** A length in order, of more bytes than can be counted here (2^53−1). */
  | { readonly kind: 'too-large' }
  | { readonly kind: 'malformed'; readonly reason: string };

/** Fields in one head. Servers in use send 30 at the most; this one bounds what a head costs. */
const MAX_RESPONSE_FIELDS = 256;

const CR = 0x0d;
const LF = 0x0a;

/** What every answer begins with; checked before its first line is whole, to refuse another protocol. */
const BEGINNING = 'HTTP/1.';

/** A reason may be missing, and with it the space before it (RFC 9112 §4 asks for the space). */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

const INCOMPLETE: HeadParse = { kind: 'incomplete' };

/**
 * Reads one head after the other from chunks as they arrive.
 *
 * Each line is read once, when its end is there, and only the last, unfinished one is kept, so the
 * cost grows with the bytes however they are split, and the memory is bounded by
 * MAX_RESPONSE_HEAD_BYTES. The outcome does not depend on the splitting. After a head the reader is
 * ready for the next one on the connection; after a fault it repeats the fault.
 */
export class HeadReader {
  /** Bytes of this head so far. */
  #length = 0;
  /** The unfinished line. */
  #held = new Uint8Array(0);
  #heldBytes = 0;
  #statusLine: Omit<ParsedHead, 'headers'> | undefined;
  #headers: [name: string, value: string][] = [];
  #fault: HeadParse | undefined;

  /**
   * Takes the bytes in `[start, end)`, which may be overwritten afterwards. All of them are used
   * unless the answer is a head, whose `length` says how many of this range were: body follows.
   */
  push(bytes: Uint8Array, start: number, end: number): HeadParse {
    let position = start;
    while (this.#fault === undefined) {
      const limit = Math.min(end, position + MAX_RESPONSE_HEAD_BYTES - this.#length);
      let lineEnd = position;
      while (lineEnd < limit && bytes[lineEnd] !== LF) lineEnd++;
      if (lineEnd === limit) return this.#hold(bytes, position, limit);

      lineEnd++;
      this.#length += lineEnd - position;
      const line = this.#line(bytes, position, lineEnd);
      position = lineEnd;
      if (line === '\r\n' && this.#statusLine !== undefined) {
        const head: ParsedHead = { ...this.#statusLine, headers: this.#headers };
        this.#reset();
        return { kind: 'head', head, length: position - start };
      }
      this.#takeLine(line);
    }
    return this.#fault;
  }

  #reset(): void {
    this.#length = 0;
    this.#held = new Uint8Array(0);
    this.#heldBytes = 0;
    this.#statusLine = undefined;
    this.#headers = [];
  }

  /** The line that ends at `end`, with what was held of it. */
  #line(bytes: Uint8Array, start: number, end: number): string {
    if (this.#heldBytes === 0) return decode(bytes, start, end);
    const line = decode(this.#held, 0, this.#heldBytes) + decode(bytes, start, end);
    this.#heldBytes = 0;
    return line;
  }

  /** Keeps the beginning of a line whose end is still to come. */
  #hold(bytes: Uint8Array, start: number, end: number): HeadParse {
    const needed = this.#heldBytes + end - start;
    if (needed > this.#held.length) {
      const larger = new Uint8Array(Math.min(MAX_RESPONSE_HEAD_BYTES, Math.max(512, 2 * needed)));
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(bytes.subarray(start, end), this.#heldBytes);
    this.#heldBytes = needed;
    this.#length += end - start;
    if (this.#statusLine === undefined && needed > 0) {
      const beginning = decode(this.#held, 0, Math.min(needed, BEGINNING.length));
      if (!BEGINNING.startsWith(beginning)) return this.#fail(NO_STATUS_LINE);
    }
    if (this.#length >= MAX_RESPONSE_HEAD_BYTES) {
      return this.#fail(`its head is longer than ${MAX_RESPONSE_HEAD_BYTES} bytes`, true);
    }
    return INCOMPLETE;
  }

  #takeLine(line: string): void {
    const first = this.#statusLine === undefined;
    // Before the line's end is looked at, so that another protocol is told apart from a bad line.
    if (first && !line.startsWith(BEGINNING)) {
      this.#fail(NO_STATUS_LINE);
    } else if (line.charCodeAt(line.length - 2) !== CR) {
      this.#fail('a line of its head ends without a carriage return');
    } else if (first) {
      this.#takeStatusLine(line.slice(0, -2));
    } else {
      this.#takeField(line.slice(0, -2));
    }
  }

  #takeStatusLine(line: string): void {
    const match = STATUS_LINE.exec(line);
    if (match === null) {
      this.#fail(NO_STATUS_LINE);
      return;
    }
    const [, minor, status, statusText = ''] = match;
    this.#statusLine = {
      version: minor === '0' ? '1.0' : '1.1',
      status: Number(status),
      statusText,
    };
  }

  #takeField(line: string): void {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1);
    if (line.startsWith(' ') || line.startsWith('\t')) {
      this.#fail('a field of its head is folded over several lines');
    } else if (!FIELD_NAME.test(name)) {
      this.#fail('a line of its head has no valid field name');
    } else if (!FIELD_VALUE.test(value)) {
      this.#fail('a field value of its head has a control character in it');
    } else if (value.includes('\t') && name.toLowerCase() === 'transfer-encoding') {
      // White space like any other (RFC 9110 §5.6.3); llhttp, for one, reads another coding there.
      this.#fail('a tab stands beside its Transfer-Encoding');
    } else if (this.#headers.length === MAX_RESPONSE_FIELDS) {
      this.#fail(`its head has more than ${MAX_RESPONSE_FIELDS} fields`, true);
    } else {
      this.#headers.push([name, trimWhitespace(value)]);
    }
  }

  #fail(reason: string, overflow = false): HeadParse {
    // Nothing of a malformed head is of use, nor are the bytes that follow it.
    this.#reset();
    this.#fault = { kind: 'malformed', reason, overflow };
    return this.#fault;
  }
}

const NO_STATUS_LINE = 'it does not begin with a status line of HTTP/1.0 or HTTP/1.1';

/** Reads a head from bytes that are all there; `HeadReader` for those that arrive in parts. */
export function parseHead(bytes: Uint8Array, start: number, end: number): HeadParse {
  return new HeadReader().push(bytes, start, end);
}

/**
 * Says where the body of an answer to a GET ends. `malformed` where recipients may disagree on it,
 * and where the fields contradict the answer they are in.
 */
export function bodyFraming(head: ParsedHead): BodyFraming {
  const { status, version } = head;
  const lengths = fieldValues(head.headers, 'content-length');
  const codings = fieldValues(head.headers, 'transfer-encoding');
  if (status === 101) return malformed('it changes to a protocol that was not asked for');
  if (lengths.length > 1) return malformed('it has more than one Content-Length');
  if (codings.length > 1) return malformed('it has more than one Transfer-Encoding');

  const [lengthText] = lengths;
  const [coding] = codings;
  if (lengthText !== undefined && !/^\d+$/.test(lengthText)) {
    return malformed('its Content-Length is not one number of bytes');
  }
  if (coding !== undefined) {
    if (lengthText !== undefined)
      return malformed('it has a Content-Length and a Transfer-Encoding');
    if (coding.toLowerCase() !== 'chunked') {
      return malformed('its Transfer-Encoding is not exactly chunked');
    }
    // HTTP/1.0 has no transfer codings: some recipient on the way has not understood it (§6.1).
    if (version === '1.0') return malformed('it has a Transfer-Encoding in HTTP/1.0');
  }
  const length = parseDigits(lengthText ?? '0');
  if (status < 200 || status === 204) {
    // Whoever believes the field would wait for a body, or take it for the next answer.
    const announced = coding !== undefined || length !== 0;
    return announced ? malformed(`it announces a body with status ${status}`) : { kind: 'none' };
  }
  // Here the fields describe the body that another answer would have had (RFC 9110 §15.4.5).
  if (status === 304) return { kind: 'none' };
  if (coding !== undefined) return { kind: 'chunked' };
  if (lengthText === undefined) return { kind: 'close' };
  return length === undefined ? { kind: 'too-large' } : { kind: 'length', length };
}

/** Whether the connection may serve another request once the answer is whole (RFC 9112 §9.3). */
export function keepsAlive(head: ParsedHead): boolean {
  if (!REUSABLE.has(bodyFraming(head).kind)) return false;
  const options = optionsIn(head.headers, 'connection');
  // No field of HTTP, but who sends it means it, and other clients heed it.
  const inherited = optionsIn(head.headers, 'proxy-connection');
  if (options.includes('close') || inherited.includes('close')) return false;
  return head.version === '1.1' || options.includes('keep-alive');
}

function optionsIn(headers: HeaderList, name: string): string[] {
  return fieldValues(headers, name)
    .flatMap((value) => value.split(','))
    .map((option) => trimWhitespace(option).toLowerCase());
}

/** The framings whose end can be seen. */
const REUSABLE: ReadonlySet<BodyFraming['kind']> = new Set(['none', 'length', 'chunked']);

function malformed(reason: string): BodyFraming {
  return { kind: 'malformed', reason };
}

/** Each octet as the character of its number; `TextDecoder`'s latin1 is another code page. */
function decode(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += 1) text += String.fromCharCode(bytes[at]!);
  return text;
}
