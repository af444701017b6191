import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import type { HeaderList } from '../../src/core/http/fields.ts';
import { HEADERS_TIMEOUT_MS, MAX_RESPONSE_HEAD_BYTES } from '../../src/core/limits.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { HttpRequest, HttpResponse, HttpTransport } from '../../src/ports/http-transport.ts';
import { answerFor } from './origin-answer.ts';
import type { Answer, AskedFor } from './origin-answer.ts';
import { applyFault } from './origin-apply-fault.ts';
import type { Content } from './origin-content.ts';
import type { Fault } from './origin-faults.ts';

/** One request as the servers in memory saw it. */
export interface MemoryRequest extends AskedFor {
  readonly url: string;
  /** Number of the connection it came on, from 0. */
  readonly connection: number;
  readonly rawHeaders: HeaderList;
  /** Bytes of body that have left the server. */
  bodyBytes: number;
  /** The client closed the connection before the answer was complete. */
  closedEarly: boolean;
}

/** How fast the servers in memory are. */
export interface MemoryWebOptions {
  /** Milliseconds from a request to the head of its answer, 0 unless told. */
  readonly latencyMs?: number;
  /** For each connection; unbounded unless told. */
  readonly bytesPerSecond?: number;
  /** Largest chunk of a body, 65,536 bytes unless told. */
  readonly chunkBytes?: number;
}

/** The other end of a connection that is kept open. */
interface Kept {
  readonly connection: number;
  readonly onNextRequest: Answer['onNextRequest'];
}

/**
 * Every server there is, in memory: a right answer is made by the same functions as that of the
 * scripted origin, and goes wrong in the same ways. Outlives the transports that talk to it.
 */
export class MemoryWeb {
  options: MemoryWebOptions;
  /** Called for each request, after its latency; the faults it returns befall the answer. */
  onRequest: (request: MemoryRequest) => readonly Fault[] = () => [];
  /** Hosts that cannot be reached, and why. */
  readonly unreachable: Map<string, 'refused' | 'unknown'> = new Map();
  readonly requests: MemoryRequest[] = [];
  readonly #contents = new Map<string, Content>();
  #connections = 0;

  constructor(options: MemoryWebOptions = {}) {
    this.options = options;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#connections;
  }

  connect(): number {
    return this.#connections++;
  }

  put(url: string, content: Content): void {
    this.#contents.set(url, content);
  }

  remove(url: string): void {
    this.#contents.delete(url);
  }

  answer(request: MemoryRequest): Answer {
    const content = this.#contents.get(request.url);
    return this.onRequest(request).reduce(
      (answer, fault) => applyFault(answer, fault, request, content),
      answerFor(request, content),
    );
  }
}

/** One client of the servers in memory. */
export function openMemoryTransport(web: MemoryWeb, clock: Clock): HttpTransport {
  const kept = new Map<string, Kept[]>();
  const closing = new AbortController();
  return {
    send(request, signal) {
      return new Exchange(
        web,
        clock,
        kept,
        request,
        AbortSignal.any([signal, closing.signal]),
      ).run();
    },
    async [Symbol.asyncDispose]() {
      closing.abort(cutOff('The transport was closed.'));
    },
  };
}

/** Why a body ends early without being an error of anything. */
const DISCARDED = new Error('The rest of the answer is not wanted.');

/** One request and what comes of it. */
class Exchange {
  readonly #web: MemoryWeb;
  readonly #clock: Clock;
  readonly #kept: Map<string, Kept[]>;
  readonly #request: HttpRequest;
  readonly #signal: AbortSignal;
  readonly #discarded = new AbortController();
  readonly #origin: string;
  #whole = false;

  constructor(
    web: MemoryWeb,
    clock: Clock,
    kept: Map<string, Kept[]>,
    request: HttpRequest,
    signal: AbortSignal,
  ) {
    this.#web = web;
    this.#clock = clock;
    this.#kept = kept;
    this.#request = request;
    this.#signal = AbortSignal.any([signal, this.#discarded.signal]);
    this.#origin = new URL(request.url).origin;
  }

  async run(): Promise<HttpResponse> {
    this.#signal.throwIfAborted();
    const fresh = this.#request.fresh === true;
    const reused = fresh ? undefined : this.#kept.get(this.#origin)?.pop();
    if (reused === undefined) this.#assertReachable();
    const seen = recordOf(this.#request, reused?.connection ?? this.#web.connect());
    await this.#wait(this.#web.options.latencyMs ?? 0);
    this.#web.requests.push(seen);
    if (reused?.onNextRequest !== undefined) throw cutOff('The kept connection was closed.');
    const answer = this.#web.answer(seen);
    await this.#wait(answer.delayMs);
    if (!answer.head) await this.#noHead(answer);
    assertParsable(answer);
    const headers = answer.headers.map(([name, value]) => [name, value] as const);
    return {
      status: answer.status,
      statusText: '',
      headers,
      body: this.#body(answer, seen),
      discard: () => {
        seen.closedEarly = !this.#whole;
        this.#discarded.abort(DISCARDED);
      },
      // Whoever still looks at the chunk afterwards is found out.
      release: (chunk) => void chunk.fill(0xdd),
    };
  }

  #assertReachable(): void {
    const why = this.#web.unreachable.get(new URL(this.#request.url).hostname);
    if (why === undefined) return;
    const code =
      why === 'refused' ? 'ERROR_WINHTTP_CANNOT_CONNECT' : 'ERROR_WINHTTP_NAME_NOT_RESOLVED';
    throw new DeliveryOptimizationError(code, `${this.#origin}: ${why}.`);
  }

  async #noHead({ end }: Answer): Promise<never> {
    if (end !== 'hang') throw cutOff('The connection ended before an answer.');
    await this.#wait(HEADERS_TIMEOUT_MS);
    throw new DeliveryOptimizationError(
      'ERROR_WINHTTP_TIMEOUT',
      `${this.#origin} does not answer.`,
    );
  }

  async *#body(answer: Answer, seen: MemoryRequest): AsyncGenerator<Uint8Array> {
    const declared = declaredLength(answer);
    const sent = Math.min(answer.body.size, answer.cutAfterBytes ?? Infinity);
    const end = seen.method === 'HEAD' ? 0 : Math.min(sent, declared ?? Infinity);
    try {
      for (let position = 0; position < end;) {
        const length = await this.#next(answer, position, end);
        position += length;
        seen.bodyBytes += length;
        yield new Uint8Array(answer.body.read(position - length, length));
        this.#signal.throwIfAborted();
      }
      if (seen.method !== 'HEAD') await this.#assertComplete(answer, end, declared);
      this.#whole = true;
      if (answer.end === 'keep' && this.#request.fresh !== true)
        this.#keep(seen.connection, answer.onNextRequest);
    } catch (error) {
      if (error !== DISCARDED) throw error;
    } finally {
      seen.closedEarly = !this.#whole;
    }
  }

  /** Waits until the next bytes are here, and returns how many. */
  async #next(answer: Answer, position: number, end: number): Promise<number> {
    const { stall, drip } = answer;
    if (position === stall?.afterBytes) await this.#wait(stall.forMs);
    if (position > 0 && drip !== undefined) await this.#wait(drip.everyMs);
    const untilStall = (stall?.afterBytes ?? Infinity) - position;
    const length = Math.min(
      end - position,
      this.#web.options.chunkBytes ?? 65_536,
      drip?.bytes ?? Infinity,
      untilStall > 0 ? untilStall : Infinity,
    );
    const rate = Math.min(
      answer.rateBytesPerSecond ?? Infinity,
      this.#web.options.bytesPerSecond ?? Infinity,
    );
    await this.#wait((length / rate) * 1_000);
    return length;
  }

  async #assertComplete(
    answer: Answer,
    position: number,
    declared: number | undefined,
  ): Promise<void> {
    const { stall, framing, finalChunk, end } = answer;
    if (position === stall?.afterBytes && position > 0) await this.#wait(stall.forMs);
    const whole =
      declared !== undefined
        ? position === declared
        : framing === 'chunked'
          ? finalChunk
          : end === 'close';
    if (whole) return;
    // A server that keeps a short answer's connection open says nothing more, for ever.
    if (end === 'keep' || end === 'hang') await this.#wait(Infinity);
    throw cutOff(`The answer was cut after ${position} bytes.`);
  }

  #keep(connection: number, onNextRequest: Answer['onNextRequest']): void {
    const others = this.#kept.get(this.#origin) ?? [];
    this.#kept.set(this.#origin, [...others, { connection, onNextRequest }]);
  }

  /** Resolves after so many milliseconds, never for Infinity; rejects when the signal aborts. */
  #wait(ms: number): Promise<void> {
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (ms === 0) return resolve();
      let cancel: () => void = () => {};
      const onAbort = (): void => {
        cancel();
        reject(signal.reason);
      };
      if (ms !== Infinity) {
        cancel = this.#clock.after(ms, () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        });
      }
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

function recordOf({ method, url, headers }: HttpRequest, connection: number): MemoryRequest {
  const fields: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    fields[key] = fields[key] === undefined ? value : `${fields[key]}, ${value}`;
  }
  return {
    method,
    version: '1.1',
    headers: fields,
    url,
    connection,
    rawHeaders: headers,
    bodyBytes: 0,
    closedEarly: false,
  };
}

/** Refuses what no HTTP parser takes. */
function assertParsable({ statusLine, headers }: Answer): void {
  const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  if (bytes > MAX_RESPONSE_HEAD_BYTES) {
    throw new DeliveryOptimizationError(
      'ERROR_WINHTTP_HEADER_SIZE_OVERFLOW',
      `The head of the answer has ${bytes} bytes.`,
    );
  }
  if (statusLine === undefined || /^HTTP\/1\.[01] \d{3} /.test(statusLine)) return;
  throw new DeliveryOptimizationError(
    'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
    `${statusLine} is no status line.`,
  );
}

function declaredLength({ framing, headers, body }: Answer): number | undefined {
  if (framing === 'chunked') return undefined;
  const field = headers.find(([name]) => name.toLowerCase() === 'content-length');
  if (field !== undefined) return Number(field[1]);
  return body.size === 0 ? 0 : undefined;
}

function cutOff(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('ERROR_WINHTTP_CONNECTION_ERROR', message);
}
