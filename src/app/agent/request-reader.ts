import { MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_LINE_BYTES } from './limits.ts';

/** The head of one request. Its body has been read and dropped. */
export interface AgentRequest {
  readonly method: string;
  /** As sent, one character for each byte. */
  readonly target: string;
  /** Names in lower case, in the order of sending. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What the bytes so far amount to. */
export type ReadResult =
  | { readonly kind: 'request'; readonly request: AgentRequest }
  /** Nothing that follows can be understood either. */
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'more' };

const MORE: ReadResult = { kind: 'more' };
const HEAD_END = '\r\n\r\n';
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\0- \x7f]+) HTTP\/1\.1$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;
const CR = 13;
const LF = 10;

/** Empty lines that may stand before a request line (RFC 9112 §2.2 asks for one). */
const MAX_EMPTY_LINES = 2;

/**
 * Takes the bytes of one connection in chunks of any size and gives its requests in order.
 *
 * The clients write their request target without the leading slash, which parsers of HTTP refuse;
 * hence a reader of our own. It holds at most one head and the chunk that completed it, so long as
 * its user asks for all requests before pushing more.
 */
export class RequestReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the search for the end of the head goes on. */
  #searched = 0;
  #emptyLines = 0;
  /** The request whose body is being dropped, and how much of it is still to come. */
  #pending: AgentRequest | undefined;
  #bodyBytesLeft = 0;
  #malformed: ReadResult | undefined;

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
  }

  /** Bytes that are held and belong to no request that was given out. */
  get waitingBytes(): number {
    return this.#bytes.length;
  }

  /** Whether a request has begun and is not complete. */
  get isWithinRequest(): boolean {
    return this.#bytes.length > 0 || this.#pending !== undefined;
  }

  /** The next complete request; once it says `malformed` it never says anything else. */
  next(): ReadResult {
    if (this.#malformed !== undefined) return this.#malformed;
    const result = this.#pending === undefined ? this.#readHead() : this.#dropBody(this.#pending);
    if (result.kind === 'malformed') {
      this.#malformed = result;
      this.#bytes = Buffer.alloc(0);
    }
    return result;
  }

  #readHead(): ReadResult {
    this.#skipEmptyLines();
    const end = this.#bytes.indexOf(HEAD_END, this.#searched, 'latin1');
    if (end === -1) return this.#incomplete();
    if (end > MAX_HEAD_BYTES) return malformed('the head is too long');
    const head = parseHead(this.#bytes.toString('latin1', 0, end));
    if (head.kind !== 'head') return head;
    this.#take(end + HEAD_END.length);
    this.#emptyLines = 0;
    if (head.bodyBytes === 0) return { kind: 'request', request: head.request };
    this.#pending = head.request;
    this.#bodyBytesLeft = head.bodyBytes;
    return this.#dropBody(head.request);
  }

  #dropBody(request: AgentRequest): ReadResult {
    const here = Math.min(this.#bodyBytesLeft, this.#bytes.length);
    this.#take(here);
    this.#bodyBytesLeft -= here;
    if (this.#bodyBytesLeft > 0) return MORE;
    this.#pending = undefined;
    return { kind: 'request', request };
  }

  #skipEmptyLines(): void {
    while (this.#emptyLines < MAX_EMPTY_LINES && this.#bytes[0] === CR && this.#bytes[1] === LF) {
      this.#emptyLines += 1;
      this.#take(2);
    }
  }

  /** Judges a head that has not ended, so that an endless one is not gathered first. */
  #incomplete(): ReadResult {
    if (this.#bytes.length > MAX_HEAD_BYTES) return malformed('the head is too long');
    const lineStart = this.#bytes.lastIndexOf('\r\n', undefined, 'latin1');
    const lineBytes = this.#bytes.length - (lineStart === -1 ? 0 : lineStart + 2);
    if (lineBytes > MAX_LINE_BYTES) return malformed('a line is too long');
    this.#searched = Math.max(0, this.#bytes.length - (HEAD_END.length - 1));
    return MORE;
  }

  #take(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    this.#searched = 0;
  }
}

interface Head {
  readonly kind: 'head';
  readonly request: AgentRequest;
  readonly bodyBytes: number;
}

function parseHead(text: string): Head | ReadResult {
  const [requestLine = '', ...headerLines] = text.split('\r\n');
  if (requestLine.length > MAX_LINE_BYTES) return malformed('a line is too long');
  const [, method, target] = REQUEST_LINE.exec(requestLine) ?? [];
  if (method === undefined || target === undefined) {
    return malformed('the request line is not "<method> <target> HTTP/1.1"');
  }
  const headers: [string, string][] = [];
  for (const line of headerLines) {
    const header = parseHeader(line);
    if (typeof header === 'string') return malformed(header);
    headers.push(header);
  }
  const bodyBytes = bodyLength(headers);
  if (typeof bodyBytes === 'string') return malformed(bodyBytes);
  return { kind: 'head', request: { method, target, headers }, bodyBytes };
}

/** Name and value, or what is wrong with the line. */
function parseHeader(line: string): [name: string, value: string] | string {
  if (line.length > MAX_LINE_BYTES) return 'a line is too long';
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  // A line that begins with a space continued the one above in old HTTP; readers disagree on it.
  if (!HEADER_NAME.test(name)) return 'a header has no proper name';
  if (CONTROL.test(line)) return 'a header holds a control character';
  return [name.toLowerCase(), line.slice(colon + 1).trim()];
}

/** Bytes of the body, or why nobody can tell where it ends. */
function bodyLength(headers: AgentRequest['headers']): number | string {
  let length: number | undefined;
  for (const [name, value] of headers) {
    if (name === 'transfer-encoding') return 'a body with a transfer coding is not taken';
    if (name !== 'content-length') continue;
    if (!/^\d{1,15}$/.test(value)) return 'the Content-Length is not a number';
    if (length !== undefined && length !== Number(value)) return 'two lengths are given';
    length = Number(value);
  }
  if (length !== undefined && length > MAX_BODY_BYTES) return 'the body is too long';
  return length ?? 0;
}

function malformed(reason: string): ReadResult {
  return { kind: 'malformed', reason };
}
