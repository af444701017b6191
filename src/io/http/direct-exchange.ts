import {
  bodyFraming,
  HeadReader,
  keepsAlive,
  type ParsedHead,
} from '../../core/http/head-parser.ts';
import { plainBodyLength } from '../../core/http/plain-answer.ts';
import { errorFromNetwork } from '../../core/node-errors.ts';
import { HEADERS_TIMEOUT_MS } from '../../core/limits.ts';
import type { HttpRequest, HttpResponse } from '../../ports/http-transport.ts';
import { asError } from './as-error.ts';
import type { Block } from './block-pool.ts';
import { closedByPeer, type ConnectionUser, type DirectConnection } from './direct-connection.ts';
import { PooledBody } from './pooled-body.ts';
import { ReplaySocket } from './replay-socket.ts';
import { unusableAnswer } from './unusable-answer.ts';

/** What an exchange needs of the transport it belongs to. */
export interface ExchangeHost {
  /** Calls back in the next turn of the loop; connections may come free there. */
  settling(settled: () => void): void;
  /** The connection may serve another request; the head says for how long it is kept. */
  idle(connection: DirectConnection, head: ParsedHead): void;
  /** Lets the general client read an answer that is none for this one. */
  readGenerally(
    socket: ReplaySocket,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse>;
}

/**
 * One request on a direct connection. An answer in the simplest form is read here; any other goes to
 * the general client together with the connection, from its first byte on, so nothing is asked twice
 * and no byte is lost.
 */
export class DirectExchange implements ConnectionUser {
  readonly #host: ExchangeHost;
  readonly #connection: DirectConnection;
  readonly #request: HttpRequest;
  readonly #signal: AbortSignal;
  /** Bytes came behind the end of the answer. */
  #surplus = false;
  readonly #reader: HeadReader = new HeadReader();
  /** Where the answer begins in the block; undefined until its first byte. */
  #begin: number | undefined;
  #head: ParsedHead | undefined;
  #body: PooledBody | undefined;
  /** Bytes of the body that are still to come. */
  #left = 0;
  #done = false;
  #headTimer: NodeJS.Timeout | undefined;
  readonly #answer: PromiseWithResolvers<HttpResponse> = Promise.withResolvers();
  readonly #onAbort = (): void => {
    this.#end(asError(this.#signal.reason));
    this.#connection.destroy();
  };

  constructor(
    host: ExchangeHost,
    connection: DirectConnection,
    request: HttpRequest,
    signal: AbortSignal,
  ) {
    this.#host = host;
    this.#connection = connection;
    this.#request = request;
    this.#signal = signal;
  }

  run(head: string): Promise<HttpResponse> {
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#headTimer = setTimeout(() => {
      this.#fail(
        Object.assign(new Error('no answer in time'), { code: 'UND_ERR_HEADERS_TIMEOUT' }),
      );
    }, HEADERS_TIMEOUT_MS);
    this.#connection.send(head, this);
    return this.#answer.promise;
  }

  received(block: Block, start: number, end: number): boolean {
    if (this.#done) {
      this.#surplus = true;
      return false;
    }
    if (this.#body !== undefined) return this.#takeIn(this.#body, block, start, end);
    this.#begin ??= start;
    const parsed = this.#reader.push(block.bytes, start, end);
    switch (parsed.kind) {
      case 'incomplete':
        return true;
      case 'malformed':
        this.#refuse(parsed.reason, parsed.overflow);
        return false;
      case 'head':
        return this.#begun(parsed.head, block, start + parsed.length, end);
    }
  }

  ended(error: Error | undefined): void {
    this.#end(errorFromNetwork(error ?? closedByPeer(), this.#request.url));
  }

  /** The head is there, and with it who reads the body. */
  #begun(head: ParsedHead, block: Block, start: number, end: number): boolean {
    const framing = bodyFraming(head);
    if (framing.kind === 'malformed') {
      this.#refuse(framing.reason, false);
      return false;
    }
    const length = plainBodyLength(this.#request.headers, head, framing);
    if (length === undefined) {
      this.#handOver(block.bytes.subarray(this.#begin, end));
      return false;
    }
    clearTimeout(this.#headTimer);
    const body = new PooledBody({
      resume: () => this.#connection.resume(),
      abandon: () => {
        this.#finish();
        this.#connection.destroy();
      },
    });
    this.#head = head;
    this.#body = body;
    this.#left = length;
    this.#answer.resolve({
      status: head.status,
      statusText: head.statusText,
      headers: head.headers,
      body,
      discard: () => body.discard(),
      release: (chunk) => body.release(chunk),
    });
    return this.#takeIn(body, block, start, end);
  }

  #takeIn(body: PooledBody, block: Block, start: number, end: number): boolean {
    const bytes = Math.min(end - start, this.#left);
    this.#left -= bytes;
    const goOn = bytes === 0 || body.push(block, start, start + bytes);
    if (this.#left > 0) return goOn;
    this.#surplus = end - start > bytes;
    this.#finish();
    this.#connection.answered();
    body.complete();
    // What TLS holds of the same packet is handed out within this turn of the loop.
    this.#host.settling(() => {
      body.end();
      // Bytes behind the end belong to no answer; what comes next could not be told from them.
      if (this.#surplus || !keepsAlive(this.#head!)) this.#connection.destroy();
      else this.#host.idle(this.#connection, this.#head!);
    });
    return true;
  }

  #handOver(begun: Uint8Array): void {
    this.#finish();
    const socket = new ReplaySocket(this.#connection, begun);
    this.#host
      .readGenerally(socket, this.#request, this.#signal)
      .then(this.#answer.resolve, this.#answer.reject);
  }

  #refuse(reason: string, overflow: boolean): void {
    this.#fail(unusableAnswer(this.#request.url, reason, { overflow }));
  }

  #fail(error: Error): void {
    this.#end(errorFromNetwork(error, this.#request.url));
    this.#connection.destroy();
  }

  #end(error: Error): void {
    if (this.#done) return;
    this.#finish();
    if (this.#body === undefined) this.#answer.reject(error);
    else this.#body.fail(error);
  }

  /** Nothing that happens to the connection concerns this exchange any more. */
  #finish(): void {
    this.#done = true;
    clearTimeout(this.#headTimer);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}
