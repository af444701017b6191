import { DeliveryOptimizationError } from '../core/errors.ts';
import type { Answer, Body, Params, Query } from './contract.ts';
import { Deadline } from './deadline.ts';
import { errorFromProblem } from './errors-from-problem.ts';
import {
  NoAnswerError,
  type HttpAnswer,
  type HttpRequest,
  type HttpSender,
} from './http-sender.ts';
import { readText } from './read-text.ts';
import { pathOf, ROUTES, type RouteName } from './routes.ts';

/** Milliseconds from the call to the end of its answer. */
export const DEFAULT_CALL_TIMEOUT_MS = 30_000;

/** Bytes of an answer; a longer one is refused. */
export const MAX_ANSWER_BYTES: number = 64 * 1_048_576;

/** How a client reaches the service. */
export interface RestClientOptions {
  readonly send: HttpSender;
  /** Where that is, for messages: `the socket /run/haulyard/haulyard.sock`. */
  readonly where: string;
  /** Time-out of calls that have one. Default 30,000 ms. */
  readonly timeoutMs?: number;
}

type Member<Key extends string, Value> = [Value] extends [undefined]
  ? { readonly [key in Key]?: undefined }
  : { readonly [key in Key]: Value };

/** What a call is made with: the parts that its route has in the contract. */
export type CallOptions<Name extends RouteName> = Member<'params', Params<Name>> &
  Member<'body', Body<Name>> & {
    readonly query?: Query<Name>;
    /** Such as `if-match` or `idempotency-key`; names in lower case. */
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
    /** Milliseconds; Infinity for none. Default: that of the client, none for calls that wait for transfers or disks. */
    readonly timeoutMs?: number;
  };

type Options<Name extends RouteName> = [Params<Name>, Body<Name>] extends [undefined, undefined]
  ? [options?: CallOptions<Name>]
  : [options: CallOptions<Name>];

/** The options of any route, as they are sent. */
interface AnyOptions {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/**
 * Calls the routes of the contract. Loads no schema: what comes back is believed to be what the
 * service of the same contract sends, within the bounds of its size.
 *
 * Every call rejects with `DeliveryOptimizationError`: with the code and sentence of the service,
 * DO_E_NO_SERVICE when none answers, ERROR_TIMEOUT when it answers too late; or with the reason of
 * its signal.
 */
export class RestClient {
  readonly #send: HttpSender;
  readonly #where: string;
  readonly #timeoutMs: number;

  constructor({ send, where, timeoutMs = DEFAULT_CALL_TIMEOUT_MS }: RestClientOptions) {
    this.#send = send;
    this.#where = where;
    this.#timeoutMs = timeoutMs;
  }

  /** Calls a route that answers with JSON, or with nothing. */
  async call<Name extends RouteName>(
    name: Name,
    ...[options]: Options<Name>
  ): Promise<Answer<Name>> {
    const text = await this.#text(name, options as AnyOptions | undefined);
    if (text === '') return undefined as Answer<Name>;
    return this.#parse(text) as Answer<Name>;
  }

  /** Calls a route and returns the text of its answer, such as `/metrics`. */
  async text<Name extends RouteName>(name: Name, ...[options]: Options<Name>): Promise<string> {
    return this.#text(name, options as AnyOptions | undefined);
  }

  /** Calls a route whose answer goes on: the time-out covers its head. */
  async stream<Name extends RouteName>(name: Name, ...[given]: Options<Name>): Promise<HttpAnswer> {
    const options = given as AnyOptions | undefined;
    const deadline = new Deadline(options?.timeoutMs ?? this.#timeoutMs, options?.signal);
    try {
      const answer = await deadline.guard(this.#late(name), () =>
        this.#exchange(name, deadline.signal, options),
      );
      deadline.extend();
      return { ...answer, body: this.#untilDeadline(deadline, answer.body) };
    } catch (error) {
      deadline[Symbol.dispose]();
      throw error;
    }
  }

  async #text(name: RouteName, options: AnyOptions | undefined): Promise<string> {
    const fallback = LASTING.has(name) ? Infinity : this.#timeoutMs;
    using deadline = new Deadline(options?.timeoutMs ?? fallback, options?.signal);
    return await deadline.guard(this.#late(name), async () => {
      const answer = await this.#exchange(name, deadline.signal, options);
      return this.#read(name, answer);
    });
  }

  async *#untilDeadline(
    deadline: Deadline,
    body: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    using _ = deadline;
    yield* body;
  }

  /** Sends a request and turns an answer that is no success into its error. */
  async #exchange(
    name: RouteName,
    signal: AbortSignal,
    options: AnyOptions | undefined,
  ): Promise<HttpAnswer> {
    const answer = await this.#answer(requestOf(name, signal, options), signal);
    if (answer.status >= 200 && answer.status <= 299) return answer;
    const text = await this.#read(name, answer);
    throw errorFromProblem(answer.status, parsed(text));
  }

  async #answer(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return await this.#send(request);
    } catch (error) {
      signal.throwIfAborted();
      // The other side may close a kept connection just as a request goes out on it. Reading twice
      // harms nobody; whether a change was made before the end is not known, so none is repeated.
      const again =
        request.method === 'GET' && error instanceof NoAnswerError && error.keptConnection;
      if (!again) throw this.#translated(error);
    }
    try {
      return await this.#send(request);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#translated(error);
    }
  }

  async #read(name: RouteName, answer: HttpAnswer): Promise<string> {
    try {
      return await readText(answer.body, MAX_ANSWER_BYTES);
    } catch (error) {
      if (error instanceof RangeError) {
        throw new DeliveryOptimizationError(
          'E_UNEXPECTED',
          `The answer to ${name} is longer than ${MAX_ANSWER_BYTES} bytes: ask for smaller pages.`,
          { cause: error },
        );
      }
      throw this.#lost(error);
    }
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new DeliveryOptimizationError(
        'E_UNEXPECTED',
        `What answers at ${this.#where} is not a haulyard service.`,
        { cause },
      );
    }
  }

  #translated(error: unknown): unknown {
    if (!(error instanceof NoAnswerError)) return error;
    if (!error.refused) return this.#lost(error);
    return new DeliveryOptimizationError(
      'DO_E_NO_SERVICE',
      `No haulyard service answers at ${this.#where}: start one with "haulyard daemon run".`,
      { cause: error },
    );
  }

  #lost(cause: unknown): DeliveryOptimizationError {
    return new DeliveryOptimizationError(
      'DO_E_NO_SERVICE',
      `The service at ${this.#where} ended the connection before its answer was complete: ` +
        'whether it did what was asked shows once it runs again (haulyard daemon run).',
      { cause },
    );
  }

  #late(name: RouteName): (timeoutMs: number) => DeliveryOptimizationError {
    return (timeoutMs) =>
      new DeliveryOptimizationError(
        'ERROR_TIMEOUT',
        `The service at ${this.#where} did not answer ${name} within ${timeoutMs} ms.`,
      );
  }
}

/** Calls that last as long as a transfer, a disk or a listener takes. */
const LASTING: ReadonlySet<RouteName> = new Set<RouteName>([
  'createJob',
  'addFiles',
  'suspendJob',
  'completeJob',
  'cancelJob',
  'cancelJobAction',
  'removeJob',
  'startDownload',
  'pauseDownload',
  'abortDownload',
  'finalizeDownload',
  'streamEvents',
  'readDownload',
]);

function requestOf(
  name: RouteName,
  signal: AbortSignal,
  options: AnyOptions | undefined,
): HttpRequest {
  const body = options?.body === undefined ? undefined : JSON.stringify(options.body);
  return {
    method: ROUTES[name].method,
    path: pathOf(name, options?.params) + search(options?.query),
    lasting: LASTING.has(name),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options?.headers,
    },
    body,
    signal,
  };
}

function search(query: Readonly<Record<string, unknown>> | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)])).toString()}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The status says what there is to say.
    return undefined;
  }
}
