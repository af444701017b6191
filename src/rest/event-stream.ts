import { createParser } from 'eventsource-parser';

import type { RestClient } from './client.ts';
import type { EventResource, ProgressResource, ResetResource } from './contract.ts';

/** What the stream tells. */
export type StreamedEvent = EventResource | ProgressResource;

export interface EventStreamOptions {
  readonly client: RestClient;
  /** Only events of this job. */
  readonly job?: string;
  /** Administrators: `*` for everyone's jobs. */
  readonly owner?: string;
  /** Frames about moving bytes in between. Default true. */
  readonly progress?: boolean;
  /** Events after this one come first. Default: only what happens from now on. */
  readonly after?: number;
  /** Each event once and in order. Must not throw. */
  onEvent(event: StreamedEvent): void;
  /** Events may have been missed: read again whatever matters. Must not throw. */
  onGap(): void;
  /** The connection was lost, and is tried again by itself. Must not throw. */
  onLost?(error: unknown): void;
  /** Waits; rejects when the signal aborts. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
  /** A sample in [0, 1). */
  random(): number;
}

/** First and longest wait before the next connection; each is drawn from half of it up to all. */
const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 5_000;

/** Characters of one event; a stream that exceeds it is given up and begun again. */
const MAX_EVENT_CHARACTERS = 1_048_576;

/** Silence after which the connection is taken for dead: several heartbeats of the service. */
const MAX_SILENCE_MS = 90_000;

/**
 * The event stream of the service, kept up: after a lost connection it goes on behind the last event
 * it has seen, and where that is not possible it says that there is a gap.
 */
export class EventStream implements AsyncDisposable {
  readonly #options: EventStreamOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Sequence of the newest event seen. */
  #last: number | undefined;
  #connected = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#last = options.after;
  }

  /** Opens the first connection; rejects, and stays closed, when that fails. Call it once. */
  async open(): Promise<void> {
    const first = await this.#connect();
    this.#running = this.#run(first);
  }

  /** Whether a connection stands at present. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Sequence of the newest event seen; undefined before the first. */
  get last(): number | undefined {
    return this.#last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #connect(): Promise<Connection> {
    const own = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, own.signal]);
    const { client, job, owner, progress = true } = this.#options;
    const { body } = await client.stream('streamEvents', {
      query: {
        ...(job === undefined ? {} : { job }),
        ...(owner === undefined ? {} : { owner }),
        progress: String(progress),
      },
      headers: {
        accept: 'text/event-stream',
        ...(this.#last === undefined ? {} : { 'last-event-id': String(this.#last) }),
      },
      signal,
    });
    this.#connected = true;
    return { body, abort: () => own.abort() };
  }

  async #run(first: Connection): Promise<void> {
    let connection: Connection | undefined = first;
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      try {
        connection ??= await this.#reconnect();
        if (await this.#read(connection)) failures = 0;
        this.#lost(undefined);
      } catch (error) {
        this.#lost(error);
      }
      if (this.#closing.signal.aborted) return;
      connection = undefined;
      failures += 1;
      await this.#pause(failures);
    }
  }

  async #reconnect(): Promise<Connection> {
    const connection = await this.#connect();
    // Without a place to go on from, what happened in between cannot be replayed.
    if (this.#last === undefined) this.#options.onGap();
    return connection;
  }

  #lost(error: unknown): void {
    this.#connected = false;
    if (!this.#closing.signal.aborted) this.#options.onLost?.(error);
  }

  async #pause(failures: number): Promise<void> {
    const ceilingMs = Math.min(MAX_RECONNECT_MS, MIN_RECONNECT_MS * 2 ** (failures - 1));
    const delayMs = ceilingMs * (0.5 + 0.5 * this.#options.random());
    try {
      await this.#options.sleep(delayMs, this.#closing.signal);
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    }
  }

  /** Reads to the end of the connection; whether anything came. */
  async #read(connection: Connection): Promise<boolean> {
    const decoder = new TextDecoder();
    const parser = createParser({
      maxBufferSize: MAX_EVENT_CHARACTERS,
      onEvent: ({ data, id }) => this.#take(JSON.parse(data), id),
      onError: (error) => {
        throw error;
      },
    });
    let heard = false;
    const silence = new Silence(() => connection.abort());
    try {
      for await (const chunk of connection.body) {
        heard = true;
        silence.broken();
        parser.feed(decoder.decode(chunk, { stream: true }));
      }
    } finally {
      silence.over();
      connection.abort();
    }
    return heard;
  }

  #take(event: StreamedEvent | ResetResource, id: string | undefined): void {
    switch (event.kind) {
      case 'reset':
        // From where the service goes on, which may be below what was seen of an earlier store.
        this.#last = id === undefined ? event.trimmed : Number(id);
        this.#options.onGap();
        return;
      case 'progress':
        this.#options.onEvent(event);
        return;
      default:
        // A replay may begin before the place that was asked for.
        if (!Number.isSafeInteger(event.sequence) || event.sequence <= (this.#last ?? -1)) return;
        this.#last = event.sequence;
        this.#options.onEvent(event);
    }
  }
}

interface Connection {
  readonly body: AsyncIterable<Uint8Array>;
  abort(): void;
}

/** Counts how long nothing was heard, and calls out when that is too long. */
class Silence {
  readonly #tooLong: () => void;
  #timer: ReturnType<typeof setTimeout>;

  constructor(tooLong: () => void) {
    this.#tooLong = tooLong;
    this.#timer = setTimeout(tooLong, MAX_SILENCE_MS);
  }

  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#tooLong, MAX_SILENCE_MS);
  }

  over(): void {
    clearTimeout(this.#timer);
  }
}
