/** A request as it goes out; the address of the service is the sender's own. */
export interface HttpRequest {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** It may take as long as a transfer: not to be counted among the calls that answer soon. */
  readonly lasting: boolean;
  /** Ends the exchange at whatever point it is, the body included. */
  readonly signal: AbortSignal;
}

/** An answer whose head has arrived. Whoever gets it reads the body to its end, or leaves the loop. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Carries a request to the service and returns its answer, whatever its status.
 *
 * Rejects with `NoAnswerError` when no answer began, with the reason of `signal` once that aborts.
 */
export type HttpSender = (request: HttpRequest) => Promise<HttpAnswer>;

/** What is known of a request that no answer came to. */
export interface NoAnswerOptions {
  /** Nobody listens there, so nothing was done. */
  readonly refused: boolean;
  /** It went over a connection kept from an earlier call, which may have ended before it was sent. */
  readonly keptConnection: boolean;
  readonly cause: unknown;
}

/** No answer began: the service does not run, or the connection ended before it spoke. */
export class NoAnswerError extends Error {
  override readonly name: string = 'NoAnswerError';
  readonly refused: boolean;
  readonly keptConnection: boolean;

  constructor({ refused, keptConnection, cause }: NoAnswerOptions) {
    super(cause instanceof Error ? cause.message : 'No answer.', { cause });
    this.refused = refused;
    this.keptConnection = keptConnection;
  }
}
