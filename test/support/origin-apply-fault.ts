import { gzipSync } from 'node:zlib';

import { contentRange, textAnswer, withHeader } from './origin-answer.ts';
import type { Answer, AskedFor } from './origin-answer.ts';
import { bodyOf, bufferBody, etagOf, sliceBody } from './origin-content.ts';
import type { Body, Content } from './origin-content.ts';
import type {
  Fault,
  Framing,
  OtherAnswer,
  Slow,
  WrongMetadata,
  WrongRange,
} from './origin-faults.ts';
import type { BrokenConnection } from './origin-faults.ts';

/** Turns an answer into the one that has this fault. */
export function applyFault(
  answer: Answer,
  fault: Fault,
  request: AskedFor,
  content: Content | undefined,
): Answer {
  switch (fault.kind) {
    case 'none':
    case 'status':
    case 'retry-after':
    case 'other-status':
    case 'redirect':
      return otherAnswer(answer, fault);
    case 'reset-mid-body':
    case 'close-mid-body':
    case 'reset-before-head':
    case 'close-before-head':
    case 'short-body':
    case 'long-body':
    case 'end-on-next-request':
    case 'corrupt':
      return brokenConnection(answer, fault);
    case 'etag':
    case 'weak-etag':
    case 'last-modified':
    case 'no-validators':
    case 'header':
      return wrongMetadata(answer, fault, content);
    case 'drip':
    case 'stall':
    case 'slow-head':
    case 'never-answer':
    case 'rate':
      return slow(answer, fault);
    case 'ignore-range':
    case 'content-range':
    case 'content-range-text':
    case 'moved-range':
    case 'shorter-range':
    case 'multipart':
    case 'range-not-asked':
    case 'unsatisfiable':
      return wrongRange(answer, fault, request, content);
    default:
      return framing(answer, fault, content);
  }
}

function otherAnswer(answer: Answer, fault: OtherAnswer): Answer {
  switch (fault.kind) {
    case 'none':
      return answer;
    case 'status': {
      const { status, headers = {}, body = `Status ${fault.status}.\n` } = fault;
      const bodiless = status === 204 || status === 304 || status < 200;
      const other = textAnswer(status, bodiless ? '' : body);
      const measured = bodiless ? withHeader(other, 'Content-Length', undefined) : other;
      const complete = Object.entries(headers).reduce(
        (so, [k, v]) => withHeader(so, k, v),
        measured,
      );
      return { ...complete, end: answer.end };
    }
    case 'retry-after': {
      const { status, value } = fault;
      const text = value instanceof Date ? value.toUTCString() : String(value);
      return { ...textAnswer(status, 'Later.\n', [['Retry-After', text]]), end: answer.end };
    }
    case 'other-status':
      return { ...answer, status: fault.status };
    case 'redirect': {
      const elsewhere = textAnswer(fault.status, 'Elsewhere.\n');
      return { ...withHeader(elsewhere, 'Location', fault.location), end: answer.end };
    }
  }
}

function brokenConnection(answer: Answer, fault: BrokenConnection): Answer {
  switch (fault.kind) {
    case 'reset-mid-body':
      return { ...answer, cutAfterBytes: fault.afterBytes, end: 'reset' };
    case 'close-mid-body':
      return { ...answer, cutAfterBytes: fault.afterBytes, end: 'close' };
    case 'reset-before-head':
      return { ...answer, head: false, end: 'reset' };
    case 'close-before-head':
      return { ...answer, head: false, end: 'close' };
    case 'short-body': {
      const announced = answer.body.size + fault.missingBytes;
      return { ...withHeader(answer, 'Content-Length', String(announced)), end: 'close' };
    }
    case 'long-body': {
      const surplus = Buffer.alloc(fault.extraBytes, 'surplus ');
      return { ...answer, body: joined(answer.body, surplus), end: 'close' };
    }
    case 'end-on-next-request':
      return { ...answer, onNextRequest: fault.how };
    case 'corrupt':
      return { ...answer, body: corrupted(answer, fault.contentOffset) };
  }
}

function joined(body: Body, tail: Buffer): Body {
  return {
    size: body.size + tail.length,
    read(offset, length) {
      const ours = Math.max(0, Math.min(length, body.size - offset));
      const tailStart = Math.max(0, offset - body.size);
      const theirs = tail.subarray(tailStart, tailStart + length - ours);
      return ours === 0 ? theirs : Buffer.concat([body.read(offset, ours), theirs]);
    },
  };
}

function corrupted({ body, range }: Answer, contentOffset: number): Body {
  const at = contentOffset - (range?.start ?? 0);
  return {
    size: body.size,
    read(offset, length) {
      const bytes = Buffer.from(body.read(offset, length));
      const byte = bytes[at - offset];
      if (byte !== undefined) bytes[at - offset] = byte ^ 0xff;
      return bytes;
    },
  };
}

function wrongMetadata(answer: Answer, fault: WrongMetadata, content: Content | undefined): Answer {
  switch (fault.kind) {
    case 'etag':
      return withHeader(answer, 'ETag', fault.value);
    case 'weak-etag': {
      const own = content && etagOf(content);
      return withHeader(answer, 'ETag', `W/${(own ?? '"weak"').replace(/^W\//, '')}`);
    }
    case 'last-modified':
      return withHeader(answer, 'Last-Modified', fault.value);
    case 'no-validators':
      return withHeader(withHeader(answer, 'ETag', undefined), 'Last-Modified', undefined);
    case 'header':
      return withHeader(answer, fault.name, fault.value);
  }
}

function slow(answer: Answer, fault: Slow): Answer {
  switch (fault.kind) {
    case 'drip':
      return { ...answer, drip: { bytes: fault.bytes, everyMs: fault.everyMs } };
    case 'stall':
      return { ...answer, stall: { afterBytes: fault.afterBytes, forMs: fault.forMs ?? Infinity } };
    case 'slow-head':
      return { ...answer, delayMs: fault.delayMs };
    case 'never-answer':
      return { ...answer, head: false, end: 'hang' };
    case 'rate':
      return { ...answer, rateBytesPerSecond: fault.bytesPerSecond };
  }
}

function wrongRange(
  answer: Answer,
  fault: WrongRange,
  request: AskedFor,
  content: Content | undefined,
): Answer {
  if (!content) return answer;
  const whole = bodyOf(content);
  if (fault.kind === 'ignore-range') return wholeContent(answer, content);
  if (fault.kind === 'unsatisfiable') {
    const { contentRange: value = `bytes */${whole.size}` } = fault;
    const refusal = { ...textAnswer(416, 'No such range.\n'), end: answer.end };
    return withHeader(refusal, 'Content-Range', value ?? undefined);
  }
  const { range } = answer;
  if (!range) return answer;
  if (fault.kind === 'range-not-asked') {
    if (request.headers['range'] !== undefined) return answer;
    return withHeader({ ...answer, status: 206 }, 'Content-Range', contentRange(range));
  }
  if (answer.status !== 206) return answer;
  switch (fault.kind) {
    case 'content-range': {
      const { addToStart = 0, addToEnd = 0, total = range.total, unit = 'bytes' } = fault;
      const ends = `${range.start + addToStart}-${range.end - 1 + addToEnd}`;
      return withHeader(answer, 'Content-Range', `${unit} ${ends}/${total}`);
    }
    case 'content-range-text':
      return withHeader(answer, 'Content-Range', fault.value);
    case 'moved-range': {
      const start = Math.min(Math.max(0, range.start + fault.byBytes), whole.size - 1);
      const end = Math.min(range.end + fault.byBytes, whole.size);
      return serving(answer, whole, start, Math.max(start + 1, end));
    }
    case 'shorter-range':
      return serving(answer, whole, range.start, Math.min(range.end, range.start + fault.bytes));
    case 'multipart':
      return multipart(answer);
  }
}

function wholeContent(answer: Answer, content: Content): Answer {
  const body = bodyOf(content);
  // A 416 of the right server has none of the content's headers, and is left alone.
  if (answer.status !== 206) return answer;
  const range = { start: 0, end: body.size, total: body.size };
  const plain = withHeader({ ...answer, status: 200, body, range }, 'Content-Range', undefined);
  return withHeader(plain, 'Content-Length', String(body.size));
}

function serving(answer: Answer, whole: Body, start: number, end: number): Answer {
  const range = { start, end, total: whole.size };
  const other = { ...answer, body: sliceBody(whole, start, end), range };
  const measured = withHeader(other, 'Content-Length', String(end - start));
  return withHeader(measured, 'Content-Range', contentRange(range));
}

function multipart(answer: Answer): Answer {
  const fields = answer.headers.filter(([name]) => /^content-(type|range)$/i.test(name));
  const partHead = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const body = bufferBody(
    Buffer.concat([
      Buffer.from(`--part\r\n${partHead}\r\n`),
      answer.body.read(0, answer.body.size),
      Buffer.from('\r\n--part--\r\n'),
    ]),
  );
  const typed = withHeader(answer, 'Content-Type', 'multipart/byteranges; boundary=part');
  const bare = withHeader(typed, 'Content-Range', undefined);
  return { ...withHeader(bare, 'Content-Length', String(body.size)), body };
}

function framing(answer: Answer, fault: Framing, content: Content | undefined): Answer {
  const length = String(answer.body.size);
  const lengthless = withHeader(answer, 'Content-Length', undefined);
  const encoded = withHeader(answer, 'Transfer-Encoding', 'chunked');
  switch (fault.kind) {
    case 'gzip':
      return content ? gzipped(wholeContent(answer, content)) : answer;
    case 'chunked': {
      const chunkBytes = fault.chunkBytes ?? answer.chunkBytes;
      const chunked = withHeader(lengthless, 'Transfer-Encoding', 'chunked');
      return { ...chunked, framing: 'chunked', chunkBytes };
    }
    case 'chunked-cut': {
      const chunked = withHeader(lengthless, 'Transfer-Encoding', 'chunked');
      const cutAfterBytes = fault.afterBytes ?? answer.body.size;
      return { ...chunked, framing: 'chunked', finalChunk: false, cutAfterBytes, end: 'close' };
    }
    case 'until-close':
      return { ...withHeader(lengthless, 'Connection', 'close'), end: 'close' };
    case 'two-lengths': {
      const second = String(fault.second ?? answer.body.size + 1);
      const headers = [...answer.headers, ['Content-Length', second] as const];
      return { ...answer, headers, end: 'close' };
    }
    case 'length-and-chunked': {
      const value = String(fault.contentLength ?? length);
      return { ...withHeader(encoded, 'Content-Length', value), framing: 'chunked' };
    }
    case 'length-text':
      return { ...withHeader(answer, 'Content-Length', fault.value), end: 'close' };
    case 'obs-fold':
      return withHeader(answer, 'X-Folded', 'begun here\r\n and continued there');
    case 'bare-lf':
      return { ...answer, lineEnd: '\n' };
    case 'huge-header':
      return withHeader(answer, 'X-Huge', 'h'.repeat(fault.bytes));
    case 'bad-status-line':
      return { ...answer, statusLine: fault.line ?? 'HTTP/1.1 two-hundred Fine', end: 'close' };
    case 'http-1.0': {
      const old = fault.withLength === false ? lengthless : answer;
      return { ...old, statusLine: `HTTP/1.0 ${answer.status} Old`, end: 'close' };
    }
    case 'interim': {
      const statuses = fault.statuses ?? [100, 103];
      const link = [['Link', '</style.css>; rel=preload']] as const;
      const interim = statuses.map((status) => ({ status, headers: status === 103 ? link : [] }));
      return { ...answer, interim };
    }
  }
}

function gzipped({ range: _, ...answer }: Answer): Answer {
  const body = bufferBody(gzipSync(answer.body.read(0, answer.body.size)));
  const encoded = withHeader({ ...answer, body }, 'Content-Encoding', 'gzip');
  return withHeader(encoded, 'Content-Length', String(body.size));
}
