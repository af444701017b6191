import { bodyOf, bufferBody, etagOf, lastModifiedOf, sliceBody } from './origin-content.ts';
import type { Body, Content } from './origin-content.ts';

/** One header line: name and value, written as they are, legal or not. */
export type Header = readonly [name: string, value: string];

/** What the answer depends on in a request. */
export interface AskedFor {
  readonly method: string;
  /** HTTP version of the request, '1.1' or '1.0'. */
  readonly version: string;
  /** Names in lower case, repeated fields joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The bytes `[start, end)` of a content of `total` bytes. */
export interface ServedRange {
  readonly start: number;
  readonly end: number;
  readonly total: number;
}

/**
 * All that will be done to the socket for one request, as a value.
 *
 * The right answer is built by `answerFor`; a fault is a function from one answer to another.
 */
export interface Answer {
  readonly delayMs: number;
  /** Answers of the 1xx class sent first. */
  readonly interim: readonly { readonly status: number; readonly headers: readonly Header[] }[];
  /** False: not a byte is written, only `end` happens. */
  readonly head: boolean;
  readonly status: number;
  /** Takes the place of the status line made from `status`. */
  readonly statusLine?: string;
  readonly headers: readonly Header[];
  readonly lineEnd: '\r\n' | '\n';
  readonly body: Body;
  /** What the body is of the content; undefined when it is something else. */
  readonly range?: ServedRange;
  readonly framing: 'plain' | 'chunked';
  readonly chunkBytes: number;
  /** False: a chunked body lacks its last, empty chunk. */
  readonly finalChunk: boolean;
  /** Stop after so many bytes of body, then do `end`. */
  readonly cutAfterBytes?: number;
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
  readonly stall?: { readonly afterBytes: number; readonly forMs: number };
  readonly rateBytesPerSecond?: number;
  /** What happens to the connection after the last byte; `hang` leaves it open and unused. */
  readonly end: 'keep' | 'close' | 'reset' | 'hang';
  /** What the next request on this connection meets in place of an answer. */
  readonly onNextRequest?: 'close' | 'reset';
}

const plainAnswer: Answer = {
  delayMs: 0,
  interim: [],
  head: true,
  status: 200,
  headers: [],
  lineEnd: '\r\n',
  body: bufferBody(Buffer.alloc(0)),
  framing: 'plain',
  chunkBytes: 16_384,
  finalChunk: true,
  end: 'keep',
};

/** The answer a correct HTTP/1.1 server gives (RFC 9110); undefined content is not found. */
export function answerFor(request: AskedFor, content: Content | undefined): Answer {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const refused = textAnswer(405, 'This origin knows GET and HEAD.\n', [['Allow', 'GET, HEAD']]);
    return closedIfAsked(refused, request);
  }
  if (!content) return closedIfAsked(textAnswer(404, 'Nothing here.\n'), request);
  const body = bodyOf(content);
  const asked = rangeApplies(request, content) ? parseRange(request, body.size) : undefined;
  if (asked === 'unsatisfiable') {
    const headers: Header[] = [['Content-Range', `bytes */${body.size}`]];
    return closedIfAsked(textAnswer(416, 'No such range.\n', headers), request);
  }
  const range = { ...(asked ?? { start: 0, end: body.size }), total: body.size };
  const answer: Answer = {
    ...plainAnswer,
    status: asked ? 206 : 200,
    headers: headersOf(content),
    body: sliceBody(body, range.start, range.end),
    range,
  };
  const measured = withHeader(answer, 'Content-Length', String(answer.body.size));
  const ranged = asked ? withHeader(measured, 'Content-Range', contentRange(range)) : measured;
  return closedIfAsked(ranged, request);
}

/** An answer with a short text as its body. */
export function textAnswer(status: number, text: string, headers: readonly Header[] = []): Answer {
  const body = bufferBody(Buffer.from(text));
  return {
    ...plainAnswer,
    status,
    headers: [
      ['Date', new Date().toUTCString()],
      ['Content-Type', 'text/plain'],
      ['Content-Length', String(body.size)],
      ...headers,
    ],
    body,
  };
}

/** The answer with this field once, or without it for an undefined value. */
export function withHeader(answer: Answer, name: string, value: string | undefined): Answer {
  const others = answer.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...answer, headers: value === undefined ? others : [...others, [name, value]] };
}

/** A range as Content-Range writes it, with its last byte included. */
export function contentRange({ start, end, total }: ServedRange): string {
  return `bytes ${start}-${end - 1}/${total}`;
}

function headersOf(content: Content): Header[] {
  const date = content.date === null ? undefined : (content.date ?? new Date()).toUTCString();
  const fields: [string, string | undefined][] = [
    ['Date', date],
    ['Content-Type', content.contentType ?? 'application/octet-stream'],
    ['Accept-Ranges', 'bytes'],
    ['ETag', etagOf(content)],
    ['Last-Modified', lastModifiedOf(content)],
  ];
  return fields.filter((field): field is [string, string] => field[1] !== undefined);
}

function closedIfAsked(answer: Answer, { version, headers }: AskedFor): Answer {
  const connection = (headers['connection'] ?? '').toLowerCase();
  const keep =
    version === '1.0' ? connection.includes('keep-alive') : !connection.includes('close');
  if (!keep) return { ...withHeader(answer, 'Connection', 'close'), end: 'close' };
  return version === '1.0' ? withHeader(answer, 'Connection', 'keep-alive') : answer;
}

/** If-Range lets a range through for the same strong tag or the very same date (§13.1.5). */
function rangeApplies({ method, headers }: AskedFor, content: Content): boolean {
  if (method !== 'GET' || headers['range'] === undefined) return false;
  const condition = headers['if-range'];
  if (condition === undefined) return true;
  if (condition.startsWith('W/')) return false;
  return condition === (condition.startsWith('"') ? etagOf(content) : lastModifiedOf(content));
}

/** Undefined: several ranges, another unit or nonsense, which a server may ignore (§14.2). */
function parseRange(
  { headers }: AskedFor,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(headers['range'] ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}
