import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { Agent, Client, EnvHttpProxyAgent, errors, type Dispatcher } from 'undici';
import { DeliveryOptimizationError, httpStatusError } from '../../core/errors.ts';
import type { HeaderList } from '../../core/http/fields.ts';
import { bodyFraming } from '../../core/http/head-parser.ts';
import { statusDisposition } from '../../core/http/status.ts';
import { originOf } from '../../core/http/url.ts';
import {
  CONNECT_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  MAX_RESPONSE_HEAD_BYTES,
} from '../../core/limits.ts';
import { errorFromNetwork } from '../../core/node-errors.ts';
import type { HttpRequest, HttpResponse, HttpTransport } from '../../ports/http-transport.ts';
import { asError } from './as-error.ts';
import { BodyQueue } from './body-queue.ts';
import { proxiesOf, type Environment } from './proxy-environment.ts';
import { requestTarget } from './request-head.ts';
import { unusableAnswer } from './unusable-answer.ts';

export interface UndiciTransportOptions {
  /** PEM certificates trusted in place of the built-in ones; for tests and private authorities. */
  readonly ca?: string | readonly string[];
  /** Where proxies are looked up; that of the process unless told (http.md 8). */
  readonly environment?: Environment;
}

/** The general HTTP client. */
export interface UndiciTransport extends HttpTransport {
  /**
   * Reads the answer to a request that was sent already, on a socket that takes the request once
   * more without sending it. The socket is of no use afterwards.
   */
  readOver(socket: Duplex, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

/**
 * The general HTTP client: undici's dispatcher, with every decision left to the engine. How many
 * connections an origin gets is the engine's to say, so the pools here are unbounded.
 */
export function openUndiciTransport(options: UndiciTransportOptions = {}): UndiciTransport {
  // The time for a connection belongs to a pool, so each of the few that are asked for has its own.
  const pools = new Map<number, Dispatcher>();
  const alone = new Set<Dispatcher>();
  const pool = (connectTimeoutMs: number): Dispatcher => {
    const known = pools.get(connectTimeoutMs);
    if (known !== undefined) return known;
    const made = makeDispatcher(options, connectTimeoutMs);
    pools.set(connectTimeoutMs, made);
    return made;
  };
  pool(CONNECT_TIMEOUT_MS);
  const sendAlone = async (
    dispatcher: Dispatcher,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse> => {
    alone.add(dispatcher);
    const end = (): void => {
      if (!alone.delete(dispatcher)) return;
      // Nothing of it is under way any more: what it could fail with concerns nobody.
      dispatcher.destroy().catch(() => undefined);
    };
    return send(dispatcher, request, signal, end);
  };
  return {
    send: (request, signal) => {
      const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = request;
      return request.fresh === true
        ? sendAlone(makeDispatcher(options, connectTimeoutMs), request, signal)
        : send(pool(connectTimeoutMs), request, signal, () => {});
    },
    readOver(socket, request, signal) {
      const over = new Client(originOf(request.url), {
        ...READING,
        // Not at once: a client that is told while it asks does not go on.
        connect: (_target, callback) => queueMicrotask(() => callback(null, socket as Socket)),
      });
      return sendAlone(over, request, signal);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...pools.values(), ...alone].map((each) => each.destroy()));
    },
  };
}

/** How answers are read, on whatever connection. */
const READING = {
  // HTTP/2 would put all ranges of a file on one connection and gain nothing here.
  allowH2: false,
  pipelining: 1,
  headersTimeout: HEADERS_TIMEOUT_MS,
  // Silence in a body is judged by the engine, which knows whether it reads at all.
  bodyTimeout: 0,
  maxHeaderSize: MAX_RESPONSE_HEAD_BYTES,
} as const;

function makeDispatcher(
  { ca, environment = process.env }: UndiciTransportOptions,
  connectTimeoutMs: number,
): Dispatcher {
  const tls = ca === undefined ? {} : { ca: [...(typeof ca === 'string' ? [ca] : ca)] };
  const agentOptions = { ...READING, connect: { timeout: connectTimeoutMs, ...tls } };
  const { http, https, except } = proxiesOf(environment);
  if (http === undefined && https === undefined) return new Agent(agentOptions);
  return new EnvHttpProxyAgent({
    ...agentOptions,
    ...(ca === undefined ? {} : { requestTls: tls }),
    // An empty string keeps undici from looking into the environment of this process again.
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: except,
  });
}

/** @param ended - called once nothing of the exchange is under way any more */
function send(
  dispatcher: Dispatcher,
  request: HttpRequest,
  signal: AbortSignal,
  ended: () => void,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      ended();
      reject(asError(signal.reason));
      return;
    }
    let controller: Dispatcher.DispatchController | undefined;
    let body: BodyQueue | undefined;
    let finished = false;

    const onAbort = (): void => {
      const reason = asError(signal.reason);
      // First, because undici tells of the abort as of any other error, from inside this call.
      fail(reason);
      controller?.abort(reason);
    };
    const finish = (): void => {
      finished = true;
      signal.removeEventListener('abort', onAbort);
      // Not inside undici's own call, which may not be done with the connection yet.
      queueMicrotask(ended);
    };
    const fail = (error: Error): void => {
      if (finished) return;
      finish();
      if (body === undefined) reject(error);
      else body.fail(error);
    };
    signal.addEventListener('abort', onAbort, { once: true });

    dispatcher.dispatch(
      {
        origin: originOf(request.url),
        path: requestTarget(request.url),
        method: request.method,
        headers: headerObject(request.headers),
      },
      {
        onRequestStart(started) {
          controller = started;
          if (signal.aborted) started.abort(asError(signal.reason));
        },
        onResponseStart(started, status, _headers, statusText) {
          if (status < 200) return;
          const headers = headerList(started.rawHeaders);
          const framing = bodyFraming({ version: '1.1', status, statusText: '', headers });
          if (framing.kind === 'malformed') {
            // undici takes a coding it does not know for a body that ends with the connection.
            const error = unusableAnswer(request.url, framing.reason);
            fail(error);
            started.abort(error);
            return;
          }
          body = new BodyQueue({
            pause: () => started.pause(),
            resume: () => started.resume(),
            abort: (reason) => {
              finish();
              started.abort(reason);
            },
          });
          const queue = body;
          resolve({
            status,
            statusText: statusText ?? '',
            headers,
            body: queue,
            // undici's chunks are made for their reader: nobody wants them back.
            release: () => {},
            discard: () => queue.discard(),
          });
        },
        onResponseData(_started, chunk) {
          body?.push(chunk);
        },
        onResponseEnd() {
          finish();
          body?.end();
        },
        onResponseError(_started, error) {
          fail(translate(error, request.url, body !== undefined));
        },
      },
    );
  });
}

/** How undici tells that the proxy itself answered, to CONNECT or with a 407. */
const PROXY_REFUSAL = /^Proxy (?:response|Authentication Required) \((\d{3})\)/;

/** A refusal by the proxy counts as one by the server would (http.md 8). */
function proxyRefused(status: number, url: string): Error {
  const disposition = statusDisposition(status);
  const passing = ['transient', 'transient-once', 'unusable-success'].includes(disposition);
  return httpStatusError(status, { url, failureClass: passing ? 'transient' : 'fatal' });
}

function translate(error: Error, url: string, headSeen: boolean): Error {
  if (error instanceof DeliveryOptimizationError) return error;
  const refusal = PROXY_REFUSAL.exec(error.message)?.[1];
  if (refusal !== undefined) return proxyRefused(Number(refusal), url);
  if (!headSeen && error instanceof errors.ResponseContentLengthMismatchError) {
    // No body can have the wrong length yet: this is what undici makes of a head that it cannot
    // read and that has a Content-Length in it.
    return unusableAnswer(url, 'the answer is not valid HTTP', { cause: error });
  }
  return errorFromNetwork(error, url);
}

/** undici's forwarding proxy client takes headers as an object only. */
function headerObject(headers: HeaderList): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const earlier = object[name];
    object[name] =
      earlier === undefined ? value : [...(Array.isArray(earlier) ? earlier : [earlier]), value];
  }
  return object;
}

function headerList(raw: Dispatcher.DispatchController['rawHeaders']): HeaderList {
  const list: [string, string][] = [];
  if (!Array.isArray(raw)) {
    for (const [name, value] of Object.entries(raw ?? {})) {
      for (const single of Array.isArray(value) ? value : [value ?? '']) list.push([name, single]);
    }
    return list;
  }
  for (let index = 0; index + 1 < raw.length; index += 2)
    list.push([text(raw[index]!), text(raw[index + 1]!)]);
  return list;
}

/** Field values are octets; latin1 keeps each of them (RFC 9110 §5.5). */
function text(value: Buffer | string): string {
  return typeof value === 'string' ? value : value.toString('latin1');
}
