import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';

import { until } from './temporary.ts';

/** One event as it came over the wire. */
export interface SseEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into events of every shape
  readonly data: any;
}

/** A listener that keeps what it gets, comments and all. */
export interface SseListener extends AsyncDisposable {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly events: readonly SseEvent[];
  readonly comments: readonly string[];
  /** Milliseconds the server asked to wait before coming back. */
  readonly retry: number | undefined;
  /** How the stream ended; undefined while it is open. */
  readonly ended: 'end' | 'broken' | undefined;
  /** Waits for so many events, and returns them all. */
  waitFor(count: number): Promise<readonly SseEvent[]>;
  /** Stops or goes on reading. */
  pause(): void;
  resume(): void;
}

/**
 * Opens a stream of events; a refusal is returned as a listener without events.
 *
 * @param where - a port, or the path of a socket, which needs no token
 */
export async function listen(
  where: number | string,
  token: string | null,
  path: string = '/v1/events',
  headers: Readonly<Record<string, string>> = {},
): Promise<SseListener> {
  const { request, response } = await open(where, path, {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...headers,
  });
  const events: SseEvent[] = [];
  const comments: string[] = [];
  let retry: number | undefined;
  let ended: SseListener['ended'];
  let buffer = '';
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    buffer += text;
    for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
      const fields = buffer.slice(0, end).split('\n');
      buffer = buffer.slice(end + 2);
      const values = new Map<string, string>();
      for (const field of fields) {
        if (field.startsWith(':')) comments.push(field.slice(1).trim());
        else values.set(field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2));
      }
      if (values.has('retry')) retry = Number(values.get('retry'));
      const data = values.get('data');
      if (data === undefined) continue;
      events.push({ id: values.get('id'), event: values.get('event'), data: JSON.parse(data) });
    }
  });
  response.on('end', () => void (ended ??= 'end'));
  response.on('error', () => void (ended ??= 'broken'));
  response.on('close', () => void (ended ??= 'broken'));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    comments,
    get retry() {
      return retry;
    },
    get ended() {
      return ended;
    },
    async waitFor(count) {
      await until(() => events.length >= count, {
        what: `${count} events, of which ${events.length} came`,
      });
      return events;
    },
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    async [Symbol.asyncDispose]() {
      request.destroy();
    },
  };
}

function open(
  where: number | string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ request: ClientRequest; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      ...(typeof where === 'string' ? { socketPath: where } : { host: '127.0.0.1', port: where }),
      path,
      headers,
      agent: false,
    });
    request.on('response', (response) => resolve({ request, response }));
    request.on('error', reject);
    request.end();
  });
}
