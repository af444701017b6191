import type * as http from 'node:http';

import {
  NoAnswerError,
  type HttpAnswer,
  type HttpRequest,
  type HttpSender,
} from '../rest/http-sender.ts';

/** Where a service listens: a Unix socket or named pipe, or a URL with a token. */
export type ServiceAddress =
  { readonly socket: string } | { readonly url: URL; readonly token: string | undefined };

/** A sender with its connections. */
export interface NodeSender extends Disposable {
  readonly send: HttpSender;
}

/** Connections of calls that answer soon; more of them wait for one another. */
const MAX_CONNECTIONS = 16;

/** Connections of calls that last: transfers waited for, streams. */
const MAX_LASTING_CONNECTIONS = 256;

/** Idle connections that are kept. */
const MAX_IDLE_CONNECTIONS = 4;

/** Bytes of the head of an answer. */
const MAX_HEAD_BYTES = 65_536;

/** Sends with Node's own client, over connections that are kept. */
export function openNodeSender(address: ServiceAddress): NodeSender {
  const secure = 'url' in address && address.url.protocol === 'https:';
  // An import of either would load every property of it, Node's own fetch included: 100 ms of every
  // command's start on a slow machine.
  const { Agent, request } = process.getBuiltinModule(secure ? 'node:https' : 'node:http');
  const options = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS };
  const short = new Agent({ ...options, maxSockets: MAX_CONNECTIONS });
  const lasting = new Agent({ ...options, maxSockets: MAX_LASTING_CONNECTIONS });
  return {
    send: (wanted) =>
      answerTo(
        request({
          ...target(address, wanted),
          method: wanted.method,
          headers: headersFor(address, wanted),
          agent: wanted.lasting ? lasting : short,
          maxHeaderSize: MAX_HEAD_BYTES,
          signal: wanted.signal,
        }),
        wanted,
      ),
    [Symbol.dispose]() {
      short.destroy();
      lasting.destroy();
    },
  };
}

function target(address: ServiceAddress, { path }: HttpRequest): http.RequestOptions {
  if ('socket' in address) return { socketPath: address.socket, path };
  const { hostname, port, pathname } = address.url;
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(port === '' ? {} : { port }),
    path: pathname.replace(/\/+$/, '') + path,
  };
}

function headersFor(
  address: ServiceAddress,
  { headers, body }: HttpRequest,
): Record<string, string> {
  const token = 'url' in address ? address.token : undefined;
  return {
    ...headers,
    // The service lets through the names it is known by, and a socket has none.
    host: 'socket' in address ? 'localhost' : address.url.host,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  };
}

function answerTo(request: http.ClientRequest, wanted: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    request.on('error', (cause: NodeJS.ErrnoException) => {
      if (wanted.signal.aborted) reject(wanted.signal.reason as Error);
      else {
        const refused = REFUSED.has(cause.code ?? '');
        const keptConnection = request.reusedSocket && ENDED.has(cause.code ?? '');
        reject(new NoAnswerError({ refused, keptConnection, cause }));
      }
    });
    request.on('response', (response) => {
      resolve({
        status: response.statusCode ?? 0,
        headers: joined(response.headers),
        body: response,
      });
    });
    request.end(wanted.body);
  });
}

/** What a connection says that the other side has closed. */
const ENDED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** What a connection that was never made says. */
const REFUSED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTSOCK',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function joined(headers: http.IncomingHttpHeaders): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
