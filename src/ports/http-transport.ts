import type { HeaderList } from '../core/http/fields.ts';

/** One GET or HEAD, exactly as it goes out but for Host and Connection. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD';
  /** Absolute http or https URL; a fragment is not sent. */
  readonly url: string;
  readonly headers: HeaderList;
  /** On a connection of its own, that no request has used and none uses afterwards. Default false. */
  readonly fresh?: boolean;
  /** Milliseconds for a new connection, TLS included. Default: 15,000 (http.md 7). */
  readonly connectTimeoutMs?: number;
}

/** The final answer to one request; interim answers are skipped. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  /** Fields as received: order and repetitions kept. */
  readonly headers: HeaderList;
  /**
   * The content with its framing removed and its coding untouched.
   *
   * May be read once. Ends only when the message is complete; a message cut short throws
   * ERROR_WINHTTP_CONNECTION_ERROR. A chunk belongs to the reader until it is released. Leaving the
   * loop early closes the connection.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * Gives a chunk of the body back, whose memory may hold other bytes afterwards. A reader that
   * keeps more than a megabyte may wait in vain for the next one.
   */
  release(chunk: Uint8Array): void;
  /** Gives up what is left of the body, and its connection if anything is. */
  discard(): void;
}

/**
 * The origin's side of HTTP. Follows no redirect and repeats no request: those are decisions.
 */
export interface HttpTransport extends AsyncDisposable {
  /**
   * Sends the request and waits for the head of its answer.
   *
   * Throws a `DeliveryOptimizationError` that says whether it is permanent, and the signal's reason
   * when `signal` aborts, which closes the connection at any point of the exchange.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}
