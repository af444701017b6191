import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import type { HttpRequest, HttpResponse, HttpTransport } from '../../src/ports/http-transport.ts';
import type { ManualClock } from './manual-clock.ts';

/** A path to one server, as water in pipes: rates and no packets. */
export interface FluidOptions {
  readonly sizeBytes: number;
  /** What the link carries, shared evenly among the answers under way. Unbounded unless told. */
  readonly linkBytesPerSecond?: number;
  /** What the server gives the connection with this number, counted from 0. Unbounded unless told. */
  readonly connectionBytesPerSecond?: (connection: number) => number;
  /** A round trip, 0 unless told. Connecting takes one, and each answer; windows grow by it. */
  readonly roundTripMs?: number;
  /** Answers at once; a request beyond them gets a 503. */
  readonly maxConnections?: number;
  /** Streams of others on the link at a moment. */
  readonly crossStreams?: (nowMs: number) => number;
  /** A factor on what a connection gets in one step, from a sample in [0, 1). */
  readonly noise?: (sample: number) => number;
  readonly random?: () => number;
  /** The server sends in bursts, so far apart. */
  readonly burstMs?: number;
  /** Request number (from 0) to the byte of its body after which nothing comes any more. */
  readonly stalls?: ReadonlyMap<number, number>;
}

export interface FluidRequest {
  readonly start: number;
  /** Undefined: to the end of the file. */
  readonly end: number | undefined;
  readonly connection: number;
  sentBytes: number;
}

const STEP_MS = 5;
/** Ten segments (RFC 6928), and as large as a receiver lets the window grow. */
const FIRST_WINDOW_BYTES = 14_600;
const LARGEST_WINDOW_BYTES = 6_291_456;
const CHUNK_BYTES = 65_536;
const ZEROES = new Uint8Array(CHUNK_BYTES);

interface Connection {
  readonly number: number;
  windowBytes: number;
}

interface Answer {
  readonly connection: Connection;
  readonly request: FluidRequest;
  readonly stallsAfter: number;
  readonly lengthBytes: number;
  /** What a server that bursts has saved up. */
  creditBytes: number;
  /** Bytes that have arrived and were not read yet. */
  arrived: number;
  arrive: () => void;
}

/** A server and the way to it. Its content is zeroes; bytes are the business of other tests. */
export class FluidNetwork implements HttpTransport {
  readonly requests: FluidRequest[] = [];
  peakConnections = 0;
  /** Answers under way just now. */
  readonly #answers = new Set<Answer>();
  readonly #clock: ManualClock;
  readonly #options: FluidOptions;
  readonly #idle: Connection[] = [];
  #connections = 0;
  #busy = 0;
  #ticking = false;

  constructor(clock: ManualClock, options: FluidOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Connections at work just now. */
  get busy(): number {
    return this.#busy;
  }

  async send({ headers }: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { sizeBytes, roundTripMs = 0, maxConnections = Infinity, stalls } = this.#options;
    const range = headers.find(([name]) => name.toLowerCase() === 'range')?.[1];
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    const start = Number(first);
    const end = last === '' ? sizeBytes : Number(last) + 1;
    const number = this.requests.length;
    this.#busy += 1;
    this.peakConnections = Math.max(this.peakConnections, this.#busy);
    const leave = once(() => (this.#busy -= 1));
    const kept = this.#idle.pop();
    const connection = kept ?? { number: this.#connections++, windowBytes: FIRST_WINDOW_BYTES };
    const request = { start, end: last === '' ? undefined : end, connection: connection.number };
    const seen = { ...request, sentBytes: 0 };
    this.requests.push(seen);
    try {
      await this.#wait(roundTripMs * (kept === undefined ? 2 : 1), signal);
    } catch (error) {
      leave();
      throw error;
    }
    const refused = this.#busy > maxConnections;
    const answer: Answer = {
      connection,
      request: seen,
      stallsAfter: stalls?.get(number) ?? Infinity,
      lengthBytes: refused ? 0 : end - start,
      creditBytes: 0,
      arrived: 0,
      arrive: () => undefined,
    };
    if (refused) leave();
    else this.#answers.add(answer);
    this.#run();
    const close = (): void => {
      this.#answers.delete(answer);
      leave();
    };
    return {
      status: refused ? 503 : range === undefined ? 200 : 206,
      statusText: '',
      headers: [
        ['ETag', '"fluid"'],
        ['Content-Length', String(answer.lengthBytes)],
        ...(range === undefined || refused
          ? []
          : [['Content-Range', `bytes ${start}-${end - 1}/${sizeBytes}`] as const]),
      ],
      body: this.#body(answer, signal, close),
      release: () => undefined,
      discard: close,
    };
  }

  async *#body(answer: Answer, signal: AbortSignal, close: () => void): AsyncGenerator<Uint8Array> {
    let whole = false;
    try {
      for (let read = 0; read < answer.lengthBytes;) {
        signal.throwIfAborted();
        if (answer.arrived === 0) await this.#arrival(answer, signal);
        const bytes = Math.min(answer.arrived, CHUNK_BYTES);
        answer.arrived -= bytes;
        read += bytes;
        whole = read === answer.lengthBytes;
        if (bytes > 0) yield ZEROES.subarray(0, bytes);
      }
    } finally {
      close();
      if (whole) this.#idle.push(answer.connection);
    }
  }

  #arrival(answer: Answer, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      answer.arrive = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
  }

  #run(): void {
    if (this.#ticking || this.#answers.size === 0) return;
    this.#ticking = true;
    this.#clock.after(STEP_MS, () => {
      this.#ticking = false;
      this.#step();
      this.#run();
    });
  }

  /** Lets the water run for one step. */
  #step(): void {
    const { linkBytesPerSecond = Infinity, crossStreams, roundTripMs = 0 } = this.#options;
    const nowMs = this.#clock.nowMs();
    const wants = [...this.#answers]
      .map((answer) => ({ answer, bytes: this.#wanted(answer) }))
      .sort((a, b) => a.bytes - b.bytes);
    let left = (linkBytesPerSecond * STEP_MS) / 1_000;
    let streams = wants.length + (crossStreams?.(nowMs) ?? 0);
    for (const { answer, bytes } of wants) {
      const got = Math.floor(Math.min(bytes, left / streams));
      left -= got;
      streams -= 1;
      if (roundTripMs > 0 && got >= bytes * 0.5) {
        const { connection } = answer;
        const grown = connection.windowBytes * 2 ** (STEP_MS / roundTripMs);
        connection.windowBytes = Math.min(LARGEST_WINDOW_BYTES, grown);
      }
      this.#deliver(answer, got);
    }
  }

  #wanted(answer: Answer): number {
    const { connectionBytesPerSecond, roundTripMs = 0, noise, random, burstMs } = this.#options;
    const { connection, request, lengthBytes, stallsAfter } = answer;
    const perSecond = connectionBytesPerSecond?.(connection.number) ?? Infinity;
    let bytes = (perSecond * STEP_MS) / 1_000;
    if (burstMs !== undefined) {
      answer.creditBytes += bytes;
      const due = this.#clock.nowMs() % burstMs < STEP_MS;
      bytes = due ? answer.creditBytes : 0;
      answer.creditBytes -= bytes;
    }
    if (roundTripMs > 0) bytes = Math.min(bytes, (connection.windowBytes * STEP_MS) / roundTripMs);
    if (noise !== undefined) bytes *= noise(random?.() ?? 0.5);
    return Math.max(
      0,
      Math.min(bytes, lengthBytes - request.sentBytes, stallsAfter - request.sentBytes),
    );
  }

  #deliver(answer: Answer, bytes: number): void {
    if (bytes === 0) return;
    answer.request.sentBytes += bytes;
    answer.arrived += bytes;
    if (answer.request.sentBytes === answer.lengthBytes) this.#answers.delete(answer);
    answer.arrive();
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const cancel = this.#clock.after(ms, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#busy > 0) throw new DeliveryOptimizationError('E_FAIL', 'Answers are under way.');
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
