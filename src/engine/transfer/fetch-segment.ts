import { DeliveryOptimizationError, httpStatusError } from '../../core/errors.ts';
import { formatResponseHeaders } from '../../core/http/custom-headers.ts';
import { judgeResponse, type RequestFacts, type Verdict } from '../../core/http/judge-response.ts';
import {
  isStrong,
  resumeCondition,
  type Representation,
  type ResumeCondition,
} from '../../core/http/representation.ts';
import { remoteNameInForce } from '../../core/job/file.ts';
import { MAX_INCONSISTENT_ANSWERS } from '../../core/limits.ts';
import { CACHE_HOST_CONNECT_TIMEOUT_MS } from '../../core/picker/cache-hosts.ts';
import { stretchAt, type FileRanges, type Stretch } from '../../core/piece/file-ranges.ts';
import { setSize } from '../../core/piece/interval-set.ts';
import type { HttpResponse } from '../../ports/http-transport.ts';
import type { PartWriter } from '../../ports/partial-files.ts';
import type { GateShare } from './bandwidth-gate.ts';
import type { Connection, ConnectionEvents } from './connection.ts';
import { exchange, type ExchangeResult } from './exchange.ts';
import {
  nextSource,
  noteBytes,
  noteFailure,
  unfitAnswer,
  type RequestSource,
} from './request-source.ts';
import type { TransferContext } from './transfer-context.ts';

/** How a connection's work ended. */
export type SegmentEnd =
  | { readonly kind: 'finished' }
  /** The server sends whole files only; the others, who are further, go on alone. */
  | { readonly kind: 'ranges-ignored' }
  /** The file is not what it was: all its bytes are void. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What a connection needs of the transfer it belongs to. */
export interface SegmentHost extends ConnectionEvents {
  readonly context: TransferContext;
  readonly part: PartWriter;
  readonly gate: GateShare;
  /** Undefined until the size of the remote file is known. */
  layout(): readonly Stretch[] | undefined;
  adopt(representation: Representation, sizeBytes: number | undefined): Promise<void>;
  /** Stops all other connections and empties the file, which then begins with this body. */
  takeOver(representation: Representation): Promise<void>;
  /** Whether no other connection is at work on the file. */
  alone(): boolean;
  /** A request goes out for what lies between the connection's position and `end`. */
  asking(end: number): void;
}

/**
 * Fetches a connection's segment, in as many requests as the server's answers make necessary. A
 * cache host that fails is no failure of the segment: somebody else is asked for the rest.
 */
export async function fetchSegment(connection: Connection, host: SegmentHost): Promise<SegmentEnd> {
  const short: ShortAnswers = { count: 0 };
  while (connection.position < connection.end) {
    await host.gate.open(connection.signal);
    // While it waits, another connection may take over the rest: a request for nothing would be
    // refused as one beyond the end, which looks like another version of the file.
    if (connection.position >= connection.end) break;
    const source = await nextSource(host.context, connection.signal);
    if (connection.position >= connection.end) break;
    connection.source = source.kind;
    try {
      const end = await fetchFrom(source, connection, host, short);
      if (end !== undefined) return end;
    } catch (error) {
      if (!connection.mayGoOn() || !noteFailure(host.context, source, error)) throw error;
    }
  }
  return { kind: 'finished' };
}

/** Answers in a row that brought next to nothing. */
interface ShortAnswers {
  count: number;
}

/** One request and its answer. Undefined: the connection goes on with what is left. */
async function fetchFrom(
  source: RequestSource,
  connection: Connection,
  host: SegmentHost,
  short: ShortAnswers,
): Promise<SegmentEnd | undefined> {
  const { clock, transport } = host.context;
  const asked = planRequest(source, connection, host);
  const before = connection.position;
  const askedMs = clock.nowMs();
  const result = await exchange(transport, asked.request, clock, connection.signal);
  connection.headMs = clock.nowMs() - askedMs;
  try {
    const verdict = judge(asked.facts, result, source, host);
    if (verdict.kind !== 'body' && verdict.kind !== 'restart') result.response.discard();
    const end = await followVerdict(verdict, result, connection, host);
    if (connection.position > before) noteBytes(host.context, source);
    if (end !== undefined) return end;
    const isShort =
      connection.position - before < Math.min(SHORT_ANSWER_BYTES, asked.mostBytes) &&
      !host.gate.leaves(connection.signal);
    short.count = isShort ? short.count + 1 : 0;
    if (short.count > MAX_SHORT_ANSWERS) throw tooShort(asked.request.url);
    return undefined;
  } catch (error) {
    result.response.discard();
    throw error;
  }
}

/** A server may send less than asked for; one that sends next to nothing each time has to wait. */
const SHORT_ANSWER_BYTES = 65_536;
const MAX_SHORT_ANSWERS = 64;

function tooShort(url: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
    `The server answered ${MAX_SHORT_ANSWERS} times in a row with less than ${SHORT_ANSWER_BYTES} bytes of what was asked.`,
    { url },
  );
}

function planRequest(
  source: RequestSource,
  connection: Connection,
  host: SegmentHost,
): {
  readonly request: Parameters<typeof exchange>[1];
  readonly facts: RequestFacts;
  /** No more was asked for. */
  readonly mostBytes: number;
} {
  const { context } = host;
  const file = context.file();
  const url = remoteNameInForce(file);
  const { attempts } = context;
  const known = file.representation;
  const mostBytes = host.gate.askedAtMost(connection.signal);
  const range = remoteRange(connection, host, file.ranges);
  const own = source.kind === 'origin';
  const condition: ResumeCondition =
    known === undefined || range === undefined
      ? { kind: 'none' }
      : resumeCondition(known, url, attempts.restarts);
  return {
    request: {
      url: source.url,
      range,
      condition,
      noCache: attempts.noCache,
      userAgent: context.settings.userAgent,
      // What a caller gives for its origin may be a secret, and is nothing for a cache.
      customHeaders: own ? context.customHeaders : [],
      credentials: own ? context.credentials : undefined,
      allowSecureToNonSecure: context.allowSecureToNonSecure,
      fresh: own && needsFreshConnection(attempts.previousStatus),
      connectTimeoutMs: own ? undefined : CACHE_HOST_CONNECT_TIMEOUT_MS,
    },
    facts: {
      url,
      remoteUrl: url,
      conditional: range !== undefined && condition.kind === 'if-range',
      callerRanges: file.ranges.length > 0,
      storedBytes: setSize(file.written),
      restarts: attempts.restarts,
      ...(range === undefined ? {} : { range }),
      ...(known === undefined ? {} : { known }),
      ...(file.expectedSizeBytes === undefined
        ? {}
        : { expectedSizeBytes: file.expectedSizeBytes }),
      ...(attempts.previousStatus === undefined ? {} : { previousStatus: attempts.previousStatus }),
    },
    mostBytes,
  };
}

/** After a 408 and a 421 the same connection would only bring the same again (http.md 6). */
function needsFreshConnection(previousStatus: number | undefined): boolean {
  return previousStatus === 408 || previousStatus === 421;
}

/** The part of the remote file a segment asks for; undefined is the whole of it, without Range. */
function remoteRange(
  connection: Connection,
  host: SegmentHost,
  ranges: FileRanges,
): { readonly start: number; readonly end?: number } | undefined {
  const { position, end } = connection;
  const layout = host.layout();
  const firstOffset = ranges[0]?.offset;
  if (layout === undefined) {
    host.asking(end);
    if (firstOffset === undefined) return undefined;
    return end === Infinity
      ? { start: firstOffset }
      : { start: firstOffset, end: firstOffset + end };
  }
  const stretch = stretchAt(layout, position);
  if (stretch === undefined) return undefined;
  const shift = stretch.remoteStart - stretch.local.start;
  const wholeFile =
    firstOffset === undefined &&
    position === 0 &&
    end >= stretch.local.end &&
    host.gate.askedAtMost(connection.signal) === Infinity;
  const left = Math.min(end, stretch.local.end) - position;
  const askedEnd = position + (wholeFile ? left : connection.requestBytes(left, host.gate));
  host.asking(askedEnd);
  if (wholeFile) return undefined;
  const start = position + shift;
  // Ranges and stretches go side by side; one without a length goes to the end of the remote file.
  const openEnded =
    firstOffset === undefined || ranges[layout.indexOf(stretch)]?.length === undefined;
  const toTheEnd = openEnded && askedEnd >= stretch.local.end;
  return toTheEnd ? { start } : { start, end: askedEnd + shift };
}

function judge(
  facts: RequestFacts,
  { response, url }: ExchangeResult,
  source: RequestSource,
  { context }: SegmentHost,
): Verdict {
  const { status, statusText, headers } = response;
  context.answered?.(url);
  context.update(
    { ...context.file(), responseHeaders: formatResponseHeaders(status, statusText, headers) },
    false,
  );
  const verdict = judgeResponse(
    { ...facts, url },
    { status, statusText, headers, url },
    context.clock.wallMs(),
  );
  if (source.kind === 'cacheHost') {
    if (verdict.kind === 'body' || source.sole) return verdict;
    throw verdict.kind === 'failed' && verdict.error.httpStatus === status
      ? verdict.error
      : unfitAnswer(status, url);
  }
  context.attempts.previousStatus = verdict.kind === 'failed' ? status : undefined;
  return verdict;
}

/** Carries out a verdict. Undefined: the connection goes on with what is left of its segment. */
async function followVerdict(
  verdict: Verdict,
  { response, url }: ExchangeResult,
  connection: Connection,
  host: SegmentHost,
): Promise<SegmentEnd | undefined> {
  switch (verdict.kind) {
    case 'body': {
      await adoptIfNew(verdict.representation, connection, host);
      const end = verdict.end === undefined ? undefined : localEnd(verdict.end, connection, host);
      return receive(end, response, connection, host);
    }
    case 'restart': {
      if (verdict.reason === 'ranges-ignored' && !host.alone()) {
        response.discard();
        return { kind: 'ranges-ignored' };
      }
      await host.takeOver(verdict.representation);
      return receive(verdict.end, response, connection, host);
    }
    case 'changed':
      return { kind: 'changed' };
    case 'complete':
      return nothingLeft(verdict.representation, connection, host);
    case 'challenge':
      throw httpStatusError(verdict.status, { url, failureClass: 'fatal' });
    case 'redirect':
      // Redirects are followed before an answer is judged, so this one is none that can be.
      throw httpStatusError(response.status, { url, failureClass: 'fatal' });
    case 'failed':
      throw verdict.inconsistent === true
        ? inconsistentAnswer(verdict.error, host.alone(), host)
        : verdict.error;
  }
}

async function adoptIfNew(
  seen: Representation,
  connection: Connection,
  host: SegmentHost,
): Promise<void> {
  const known = host.context.file().representation;
  // After SetRemoteName the new URL's validators take over, now that they have proved the same
  // content: tags of two URLs cannot be compared (http.md 3).
  if (known !== undefined && known.url === seen.url && host.layout() !== undefined) return;
  await host.adopt(seen, seen.sizeBytes);
  const layout = host.layout();
  if (layout === undefined || connection.end !== Infinity) return;
  connection.end = stretchAt(layout, connection.position)?.local.end ?? 0;
}

function localEnd(remoteEnd: number, connection: Connection, host: SegmentHost): number {
  const stretch = stretchAt(host.layout() ?? [], connection.position);
  return stretch === undefined
    ? connection.end
    : remoteEnd - stretch.remoteStart + stretch.local.start;
}

async function receive(
  announcedEnd: number | undefined,
  response: HttpResponse,
  connection: Connection,
  host: SegmentHost,
): Promise<SegmentEnd | undefined> {
  const { context } = host;
  const events: ConnectionEvents = {
    received: (bytes) => {
      // A body that announces no length would otherwise be written until the disk is full.
      if (connection.end === Infinity) assertWithinExpected(connection.position, context);
      host.received(bytes);
    },
    surplus: (bytes) => host.surplus(bytes),
    written: (start, end) => host.written(start, end),
  };
  const outcome = await connection.stream(
    response,
    host.part,
    host.gate,
    events,
    isResumable(connection, host),
  );
  if (connection.position >= connection.end) return { kind: 'finished' };
  if (outcome === 'left') return undefined;
  if (announcedEnd !== undefined && connection.position < Math.min(announcedEnd, connection.end)) {
    throw new DeliveryOptimizationError(
      'ERROR_WINHTTP_CONNECTION_ERROR',
      `The answer ended at byte ${connection.position} of ${announcedEnd}.`,
      { url: remoteNameInForce(context.file()) },
    );
  }
  if (connection.end !== Infinity) return undefined;
  // A body without a length is complete when it ends; now the size is known.
  return wholeBodyRead(connection, host);
}

/** Whether what is left of a segment could be asked for in another request and still be the same file. */
function isResumable({ end }: Connection, { context }: SegmentHost): boolean {
  const { representation } = context.file();
  return (
    end !== Infinity &&
    representation !== undefined &&
    isStrong(representation) &&
    representation.acceptsRanges !== 'none'
  );
}

async function wholeBodyRead(connection: Connection, host: SegmentHost): Promise<SegmentEnd> {
  const { context } = host;
  const { expectedSizeBytes, representation } = context.file();
  const size = connection.position;
  if (expectedSizeBytes !== undefined && expectedSizeBytes !== size) {
    throw unexpectedLength(`${size} bytes`, context);
  }
  if (representation !== undefined) await host.adopt({ ...representation, sizeBytes: size }, size);
  connection.end = size;
  return { kind: 'finished' };
}

function assertWithinExpected(position: number, context: TransferContext): void {
  const { expectedSizeBytes = Infinity } = context.file();
  if (position > expectedSizeBytes) throw unexpectedLength(`${position} bytes and more`, context);
}

function unexpectedLength(sent: string, context: TransferContext): DeliveryOptimizationError {
  const { expectedSizeBytes } = context.file();
  return new DeliveryOptimizationError(
    'DO_E_HTTP_BLOCKSIZE_MISMATCH',
    `The server sent ${sent} where ${expectedSizeBytes} were expected.`,
    { failureClass: 'fatal', url: remoteNameInForce(context.file()) },
  );
}

/** A 416 that says every byte there is is here already. */
async function nothingLeft(
  representation: Representation | undefined,
  connection: Connection,
  host: SegmentHost,
): Promise<SegmentEnd> {
  const { context } = host;
  const stored = setSize(context.file().written);
  if (host.layout() === undefined && representation !== undefined) {
    await host.adopt(representation, representation.sizeBytes ?? stored);
  }
  // Whatever the server says, the file is here only when every byte of it is.
  if (context.file().sizeBytes !== stored) return { kind: 'changed' };
  connection.end = connection.position;
  return { kind: 'finished' };
}

function inconsistentAnswer(
  error: DeliveryOptimizationError,
  alone: boolean,
  { context }: SegmentHost,
): DeliveryOptimizationError {
  const { attempts } = context;
  // One answer among several at the same time is counted once, by the connection that is left.
  if (alone) attempts.inconsistent += 1;
  attempts.noCache = true;
  if (attempts.inconsistent <= MAX_INCONSISTENT_ANSWERS) return error;
  return new DeliveryOptimizationError('DO_E_HTTP_BLOCKSIZE_MISMATCH', error.message, {
    failureClass: 'fatal',
    cause: error,
    ...(error.url === undefined ? {} : { url: error.url }),
    ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
  });
}
