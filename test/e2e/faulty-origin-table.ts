import type { Faults } from '../support/origin.ts';

/** What one faulty answer leads to. */
export interface Outcome {
  /** Codes of the failed attempts; the job is TRANSFERRED after them unless `fatal`. */
  readonly failures?: readonly string[];
  readonly fatal?: boolean;
  /**
   * Range of every request from the faulty one on; `-` is none, `resume` goes on where the bytes
   * end. Absent: not fixed by the specification.
   */
  readonly ranges?: readonly string[];
  /** What the file holds at the end; the content itself unless told. */
  readonly holds?: 'gzip' | 'nothing';
}

/** A fault of the origin, and what http.md demands for it. */
export interface FaultRow {
  readonly name: string;
  readonly faults: Faults;
  /** The answer to the first request of a file; absent: the fault cannot happen there. */
  readonly fresh?: Outcome;
  /** The answer to a request that continues; absent: the fault cannot happen there. */
  readonly continued?: Outcome;
}

const CUT = 'ERROR_WINHTTP_CONNECTION_ERROR';
const INVALID = 'ERROR_WINHTTP_INVALID_SERVER_RESPONSE';
const INCONSISTENT = 'DO_E_HTTP_BLOCKSIZE_MISMATCH';
const USELESS = 'DO_E_UNEXPECTED_HTTP_STATUS_2XX';

const fine: Outcome = { ranges: ['-'] };
const goesOn: Outcome = { ranges: ['resume'] };
const cutThenResumed: Outcome = { failures: [CUT], ranges: ['-', 'resume'] };
const cutAgain: Outcome = { failures: [CUT], ranges: ['resume', 'resume'] };
/** The body at hand is taken from its first byte. */
const startsOverWithBody: Outcome = { ranges: ['resume'] };
/** The body at hand is of no use. */
const startsOver: Outcome = { ranges: ['resume', '-'] };
const contradiction: Outcome = { failures: [INCONSISTENT], ranges: ['resume', 'resume'] };

function waits(code: string): Pick<FaultRow, 'fresh' | 'continued'> {
  return {
    fresh: { failures: [code], ranges: ['-', '-'] },
    continued: { failures: [code], ranges: ['resume', 'resume'] },
  };
}

function stops(code: string): Pick<FaultRow, 'fresh' | 'continued'> {
  return {
    fresh: { failures: [code], fatal: true, ranges: ['-'] },
    continued: { failures: [code], fatal: true, ranges: ['resume'] },
  };
}

function status(value: number): Faults {
  return { kind: 'status', status: value };
}

const statusCode = (value: number): string => `HTTP ${value}`;

export const FAULT_ROWS: readonly FaultRow[] = [
  { name: 'a right answer', faults: { kind: 'none' }, fresh: fine, continued: goesOn },

  // Connections (http.md 4 and 7).
  {
    name: 'a reset in the middle of the body',
    faults: { kind: 'reset-mid-body', afterBytes: 200_000 },
    fresh: cutThenResumed,
    continued: cutAgain,
  },
  {
    name: 'an end in the middle of the body',
    faults: { kind: 'close-mid-body', afterBytes: 200_000 },
    fresh: cutThenResumed,
    continued: cutAgain,
  },
  {
    name: 'an end before the first byte of the body',
    faults: { kind: 'close-mid-body', afterBytes: 0 },
    fresh: { failures: [CUT], ranges: ['-', '-'] },
    continued: cutAgain,
  },
  {
    name: 'a reset before the head, repeated at once',
    faults: { kind: 'reset-before-head' },
    fresh: { ranges: ['-', '-'] },
    continued: { ranges: ['resume', 'resume'] },
  },
  {
    name: 'an end before the head, repeated at once',
    faults: { kind: 'close-before-head' },
    fresh: { ranges: ['-', '-'] },
    continued: { ranges: ['resume', 'resume'] },
  },
  {
    name: 'a body shorter than its Content-Length',
    faults: { kind: 'short-body', missingBytes: 1_000 },
    // The size announced was a lie, so the whole file is fetched again.
    fresh: { failures: [CUT] },
    continued: contradiction,
  },
  {
    name: 'a body longer than its Content-Length',
    faults: { kind: 'long-body', extraBytes: 5_000 },
    fresh: fine,
    continued: goesOn,
  },

  // Ranges (http.md 4, rows of 206 and of 200 to a range).
  {
    name: 'a 200 to a range',
    faults: { kind: 'ignore-range' },
    fresh: fine,
    continued: startsOverWithBody,
  },
  {
    name: 'a Content-Range that begins later',
    faults: { kind: 'content-range', addToStart: 1 },
    continued: contradiction,
  },
  {
    name: 'a Content-Range that begins earlier',
    faults: { kind: 'content-range', addToStart: -1 },
    continued: contradiction,
  },
  {
    name: 'a Content-Range that ends too early for its length',
    faults: { kind: 'content-range', addToEnd: -10 },
    continued: contradiction,
  },
  {
    name: 'a Content-Range that ends beyond the file',
    faults: { kind: 'content-range', addToEnd: 10 },
    continued: contradiction,
  },
  {
    name: 'a Content-Range with another total',
    faults: { kind: 'content-range', total: 999_999_999 },
    continued: contradiction,
  },
  {
    name: 'a Content-Range with an unknown total, where the size is known',
    faults: { kind: 'content-range', total: '*' },
    continued: goesOn,
  },
  {
    name: 'a Content-Range in another unit',
    faults: { kind: 'content-range', unit: 'pieces' },
    continued: contradiction,
  },
  {
    name: 'a Content-Range that cannot be read',
    faults: { kind: 'content-range-text', value: 'bytes all of it' },
    continued: contradiction,
  },
  {
    name: 'a 206 without Content-Range',
    faults: { kind: 'content-range-text', value: undefined },
    continued: contradiction,
  },
  {
    name: 'an honest answer with a range that begins earlier',
    faults: { kind: 'moved-range', byBytes: -1_000 },
    continued: contradiction,
  },
  {
    name: 'an honest answer with a range that begins later',
    faults: { kind: 'moved-range', byBytes: 1_000 },
    continued: contradiction,
  },
  {
    name: 'a range shorter than asked',
    faults: { kind: 'shorter-range', bytes: 100_000 },
    continued: { ranges: ['resume', 'resume'] },
  },
  {
    name: 'a multipart answer',
    faults: { kind: 'multipart' },
    continued: contradiction,
  },
  {
    name: 'a 206 that nobody asked for',
    faults: { kind: 'range-not-asked' },
    fresh: { failures: [INCONSISTENT], ranges: ['-', '-'] },
  },

  // 416 (second table of http.md 6).
  {
    name: 'a 416 although the range exists',
    faults: { kind: 'unsatisfiable' },
    fresh: { failures: [statusCode(416)], fatal: true },
    continued: startsOver,
  },
  {
    name: 'a 416 without Content-Range',
    faults: { kind: 'unsatisfiable', contentRange: null },
    fresh: { failures: [statusCode(416)], fatal: true },
    continued: startsOver,
  },
  {
    name: 'a 416 whose Content-Range cannot be read',
    faults: { kind: 'unsatisfiable', contentRange: 'bytes */many' },
    continued: startsOver,
  },
  {
    name: 'a 416 with a smaller size',
    faults: { kind: 'unsatisfiable', contentRange: 'bytes */100' },
    continued: startsOver,
  },
  {
    name: 'a 416 with a size of 0 and nothing stored',
    faults: { kind: 'unsatisfiable', contentRange: 'bytes */0' },
    fresh: { ranges: ['-'], holds: 'nothing' },
    continued: startsOver,
  },

  // Validators (http.md 3).
  {
    name: 'another strong ETag',
    faults: { kind: 'etag', value: '"another"' },
    fresh: fine,
    continued: startsOver,
  },
  {
    name: 'the ETag made weak',
    faults: { kind: 'weak-etag' },
    fresh: fine,
    continued: startsOver,
  },
  {
    name: 'no validators',
    faults: { kind: 'no-validators' },
    fresh: fine,
    continued: startsOver,
  },
  {
    name: 'another Last-Modified beside the same strong ETag',
    faults: { kind: 'last-modified', value: 'Tue, 02 Jan 2024 00:00:00 GMT' },
    fresh: fine,
    continued: goesOn,
  },
  {
    name: 'an ETag that is no entity tag',
    faults: { kind: 'etag', value: 'without quotes' },
    fresh: fine,
  },

  // Statuses (http.md 4 and 6).
  ...[201, 202, 207, 226, 299].map((value) => ({
    name: `status ${value}`,
    faults: { kind: 'other-status', status: value } as const,
    ...waits(USELESS),
  })),
  { name: 'status 204', faults: status(204), ...waits(USELESS) },
  { name: 'status 205', faults: status(205), ...waits(USELESS) },
  {
    name: 'status 203 with the whole file',
    faults: [{ kind: 'ignore-range' }, { kind: 'other-status', status: 203 }],
    fresh: fine,
    continued: startsOverWithBody,
  },
  ...[300, 304, 305, 306].map((value) => ({
    name: `status ${value}`,
    faults: status(value),
    ...stops(statusCode(value)),
  })),
  ...[
    400, 401, 402, 403, 404, 405, 406, 407, 410, 411, 413, 414, 415, 417, 418, 422, 426, 428, 431,
    451, 501, 505,
  ].map((value) => ({
    name: `status ${value}`,
    faults: status(value),
    ...stops(statusCode(value)),
  })),
  ...[408, 409, 421, 425, 429, 500, 502, 503, 504, 507, 508, 511, 599].map((value) => ({
    name: `status ${value}`,
    faults: status(value),
    ...waits(statusCode(value)),
  })),
  {
    name: 'status 412, which can only answer If-Range',
    faults: status(412),
    fresh: { failures: [statusCode(412)], fatal: true, ranges: ['-'] },
    continued: startsOver,
  },
  { name: 'status 799', faults: status(799), ...waits('HTTP_E_STATUS_UNEXPECTED') },

  // Redirects (http.md 5).
  ...[301, 302, 303, 307, 308].map((value) => ({
    name: `status ${value} without Location`,
    faults: { kind: 'redirect', status: value, location: undefined } as const,
    ...stops(statusCode(value)),
  })),
  {
    name: 'a redirect to another scheme',
    faults: { kind: 'redirect', status: 302, location: 'ftp://127.0.0.1/file.bin' },
    ...stops('ERROR_WINHTTP_UNRECOGNIZED_SCHEME'),
  },
  {
    name: 'a redirect to itself',
    faults: { kind: 'redirect', status: 302, location: '/file.bin' },
    ...stops('ERROR_WINHTTP_REDIRECT_FAILED'),
  },
  {
    name: 'a redirect to what is no URL',
    faults: { kind: 'redirect', status: 302, location: 'http://[' },
    ...stops('ERROR_WINHTTP_INVALID_URL'),
  },

  // Slow answers.
  {
    name: 'a body that drips',
    faults: { kind: 'drip', bytes: 100_000, everyMs: 5 },
    fresh: fine,
    continued: goesOn,
  },
  {
    name: 'a silence that ends',
    faults: { kind: 'stall', afterBytes: 50_000, forMs: 300 },
    fresh: fine,
    continued: goesOn,
  },
  {
    name: 'a late head',
    faults: { kind: 'slow-head', delayMs: 200 },
    fresh: fine,
    continued: goesOn,
  },

  // Framing (http.md 4, body rules).
  {
    name: 'gzip in spite of identity',
    faults: { kind: 'gzip' },
    fresh: { ranges: ['-'], holds: 'gzip' },
    continued: { ranges: ['resume'], holds: 'gzip' },
  },
  { name: 'a chunked body', faults: { kind: 'chunked' }, fresh: fine, continued: goesOn },
  {
    name: 'a chunked body that is cut',
    faults: { kind: 'chunked-cut', afterBytes: 200_000 },
    // Its size never became known, so there is nothing to continue (N-9).
    fresh: { failures: [CUT], ranges: ['-', '-'] },
    continued: cutAgain,
  },
  {
    name: 'a chunked body that lacks only its last chunk',
    faults: { kind: 'chunked-cut' },
    fresh: { failures: [CUT], ranges: ['-', '-'] },
  },
  {
    name: 'a body that ends with the connection',
    faults: { kind: 'until-close' },
    fresh: fine,
    continued: goesOn,
  },
  { name: 'two lengths', faults: { kind: 'two-lengths' }, ...waits(INVALID) },
  ...['1e6', '-5', '0x10', '+5', '5 5', ' '].map((value) => ({
    name: `a Content-Length of "${value}"`,
    faults: { kind: 'length-text', value } as const,
    ...waits(INVALID),
  })),
  {
    name: 'a Content-Length beyond 2^53',
    faults: { kind: 'length-text', value: '9007199254740993' },
    fresh: { failures: ['ERROR_FILE_TOO_LARGE'], fatal: true, ranges: ['-'] },
  },
  // The parser is strict: it refuses these three, which a server that means well does not send.
  {
    name: 'Content-Length beside Transfer-Encoding',
    faults: { kind: 'length-and-chunked', contentLength: 5 },
    ...waits(INVALID),
  },
  { name: 'a folded field', faults: { kind: 'obs-fold' }, ...waits(INVALID) },
  { name: 'lines that end with LF alone', faults: { kind: 'bare-lf' }, ...waits(INVALID) },
  {
    name: 'a head of 30,000 bytes',
    faults: { kind: 'huge-header', bytes: 30_000 },
    fresh: fine,
    continued: goesOn,
  },
  {
    name: 'a head of 100,000 bytes',
    faults: { kind: 'huge-header', bytes: 100_000 },
    ...stops('ERROR_WINHTTP_HEADER_SIZE_OVERFLOW'),
  },
  { name: 'a status line that is none', faults: { kind: 'bad-status-line' }, ...waits(INVALID) },
  { name: 'HTTP/1.0', faults: { kind: 'http-1.0' }, fresh: fine, continued: goesOn },
  {
    name: 'HTTP/1.0 without a length',
    faults: { kind: 'http-1.0', withLength: false },
    fresh: fine,
    continued: goesOn,
  },
  {
    name: 'Early Hints and other answers of the 1xx class first',
    faults: { kind: 'interim', statuses: [102, 103, 103] },
    fresh: fine,
    continued: goesOn,
  },
];
