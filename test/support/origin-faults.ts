/**
 * What can be wrong with one answer. All offsets and counts are bytes of the answer's body
 * unless a comment says otherwise. Some are legal and merely rare.
 */
export type Fault = BrokenConnection | WrongRange | WrongMetadata | OtherAnswer | Slow | Framing;

/** The connection ends, or carries more or less than was announced. */
export type BrokenConnection =
  /** RST after so many bytes of body. */
  | { readonly kind: 'reset-mid-body'; readonly afterBytes: number }
  /** FIN after so many bytes of body. */
  | { readonly kind: 'close-mid-body'; readonly afterBytes: number }
  | { readonly kind: 'reset-before-head' }
  | { readonly kind: 'close-before-head' }
  /** The whole body, under a Content-Length that promises so many more, then FIN. */
  | { readonly kind: 'short-body'; readonly missingBytes: number }
  /** The whole body under a right Content-Length, then more octets, then FIN. */
  | { readonly kind: 'long-body'; readonly extraBytes: number }
  /** A right answer; the connection ends when the next request arrives on it. */
  | { readonly kind: 'end-on-next-request'; readonly how: 'close' | 'reset' }
  /** The byte at this offset of the content is another one. */
  | { readonly kind: 'corrupt'; readonly contentOffset: number };

/** Answers that misunderstand or misreport a range. Each leaves other answers alone. */
export type WrongRange =
  /** 200 with the whole content. */
  | { readonly kind: 'ignore-range' }
  /** The right bytes under a Content-Range that lies; the numbers given are added or put in. */
  | {
      readonly kind: 'content-range';
      readonly addToStart?: number;
      readonly addToEnd?: number;
      readonly total?: number | '*';
      readonly unit?: string;
    }
  /** The right bytes under this Content-Range, or none. */
  | { readonly kind: 'content-range-text'; readonly value: string | undefined }
  /** Honestly another range, moved by so many bytes. */
  | { readonly kind: 'moved-range'; readonly byBytes: number }
  /** Honestly only the first so many bytes of the range, as a server may (RFC 9110 §15.3.7). */
  | { readonly kind: 'shorter-range'; readonly bytes: number }
  /** 206 as multipart/byteranges with one part. */
  | { readonly kind: 'multipart' }
  /** 206 for the whole content to a request without Range. */
  | { readonly kind: 'range-not-asked' }
  /** 416; without a value, the right `bytes *` and size; `null`: no Content-Range. */
  | { readonly kind: 'unsatisfiable'; readonly contentRange?: string | null };

/** Validators that differ on this answer only. They do not change how If-Range is judged. */
export type WrongMetadata =
  | { readonly kind: 'etag'; readonly value: string | undefined }
  /** The content's own tag, marked weak. */
  | { readonly kind: 'weak-etag' }
  | { readonly kind: 'last-modified'; readonly value: string | undefined }
  | { readonly kind: 'no-validators' }
  /** Sets any field, or takes it away. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string | undefined };

/** Another answer in place of the right one. */
export type OtherAnswer =
  /** Nothing wrong: lets one request of a script pass. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** A date is written as HTTP-date, a number as seconds, a text as it is. */
  | {
      readonly kind: 'retry-after';
      readonly status: number;
      readonly value: number | Date | string;
    }
  /** The right headers and body under another status, such as 203. */
  | { readonly kind: 'other-status'; readonly status: number }
  /** Location is written as given: relative, absolute, to itself; undefined leaves it out. */
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string | undefined };

/** Late, slow or silent. */
export type Slow =
  /** So many bytes, then a pause, and so on. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** Silence after so many bytes, for ever unless `forMs` is given. */
  | { readonly kind: 'stall'; readonly afterBytes: number; readonly forMs?: number }
  | { readonly kind: 'slow-head'; readonly delayMs: number }
  | { readonly kind: 'never-answer' }
  | { readonly kind: 'rate'; readonly bytesPerSecond: number };

/** Heads and bodies written in rare or illegal ways. */
export type Framing =
  /** The whole content as real gzip, in spite of what was asked; made in memory. */
  | { readonly kind: 'gzip' }
  | { readonly kind: 'chunked'; readonly chunkBytes?: number }
  /** FIN after so many bytes (all of them unless told), without the last chunk. */
  | { readonly kind: 'chunked-cut'; readonly afterBytes?: number }
  /** No length; the body ends with the connection. */
  | { readonly kind: 'until-close' }
  /** Two Content-Length fields; the second is one more than the first unless told. */
  | { readonly kind: 'two-lengths'; readonly second?: number }
  /** Chunked, with a Content-Length beside it (the right one unless told). */
  | { readonly kind: 'length-and-chunked'; readonly contentLength?: number }
  /** Content-Length with this text. */
  | { readonly kind: 'length-text'; readonly value: string }
  /** A field continued on the next line (RFC 9112 §5.2). */
  | { readonly kind: 'obs-fold' }
  /** LF without CR between the lines of the head. */
  | { readonly kind: 'bare-lf' }
  /** One field with a value of so many bytes. */
  | { readonly kind: 'huge-header'; readonly bytes: number }
  | { readonly kind: 'bad-status-line'; readonly line?: string }
  /** HTTP/1.0 that closes after the body, with or without a Content-Length. */
  | { readonly kind: 'http-1.0'; readonly withLength?: boolean }
  /** These 1xx answers first; 100 and 103 unless told. */
  | { readonly kind: 'interim'; readonly statuses?: readonly number[] };
