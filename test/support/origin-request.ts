import type { AskedFor } from './origin-answer.ts';

/** One request as the origin saw it, and what became of it. Filled in while it is served. */
export interface OriginRequest extends AskedFor {
  /** From 0, over the whole life of the origin. */
  readonly index: number;
  /** Number of the connection it came on, from 0. */
  readonly connection: number;
  /** The request target as written. */
  readonly target: string;
  /** The target without its query, and without the authority of an absolute form. */
  readonly path: string;
  readonly query: string;
  /** The fields as written, in order. */
  readonly rawHeaders: readonly (readonly [string, string])[];
  /** When its head was complete. */
  readonly time: Date;
  /** The same moment on the monotonic clock, in milliseconds. */
  readonly timeMs: number;
  /** Kinds of the faults applied to its answer. */
  faults: readonly string[];
  /** Status of the final answer; undefined when no head was written. */
  status: number | undefined;
  /** Content offset of the first byte of the answer's body, when the body is of the content. */
  firstByte: number | undefined;
  /** Bytes of body written to the socket, chunk framing not counted. */
  bodyBytes: number;
  /**
   * The client closed before the answer had been written to the end. An answer that fits in
   * the kernel's buffers is written at once, and then cannot be closed too early.
   */
  closedEarly: boolean;
  /** Nothing more will happen for this request. */
  done: boolean;
}

const HEAD_LIMIT_BYTES = 256 * 1024;

/** A parsed head and how many bytes of the input it took, its request body included. */
export interface ParsedHead {
  readonly bytes: number;
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly rawHeaders: readonly (readonly [string, string])[];
}

/** Parses the head at the beginning of `input`; undefined when more input is needed. */
export function parseHead(input: Buffer): ParsedHead | undefined {
  const end = input.indexOf('\r\n\r\n');
  if (end < 0) {
    if (input.length > HEAD_LIMIT_BYTES) throw new Error('The head of a request has no end.');
    return undefined;
  }
  const [line = '', ...fields] = input.subarray(0, end).toString('latin1').split('\r\n');
  const match = /^([A-Z]+) (\S+) HTTP\/(1\.[01])$/.exec(line);
  if (!match) throw new Error(`Not a request line: ${line}`);
  const [, method = '', target = '', version = ''] = match;
  const rawHeaders = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  const length = rawHeaders.find(([name]) => name.toLowerCase() === 'content-length');
  const bytes = end + 4 + Number(length?.[1] ?? 0);
  return input.length < bytes ? undefined : { bytes, method, target, version, rawHeaders };
}

/** Starts the record of a request. */
export function recordOf(head: ParsedHead, index: number, connection: number): OriginRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of head.rawHeaders) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  const originForm = head.target.replace(/^https?:\/\/[^/]*/, '');
  const [path = '', ...query] = originForm.split('?');
  return {
    index,
    connection,
    method: head.method,
    target: head.target,
    path,
    query: query.join('?'),
    version: head.version,
    headers,
    rawHeaders: head.rawHeaders,
    time: new Date(),
    timeMs: performance.now(),
    faults: [],
    status: undefined,
    firstByte: undefined,
    bodyBytes: 0,
    closedEarly: false,
    done: false,
  };
}
