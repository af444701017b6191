import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { CONTRACT, type JobResource, type RouteSchemas } from '../../../src/rest/contract.ts';
import { ROUTES, type RouteName } from '../../../src/rest/routes.ts';

/** A request as the fake saw it. */
export interface SeenRequest {
  readonly route: RouteName;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** An answer: a value is a success, a problem has its code. */
export type Handler = (request: SeenRequest) => unknown;

/** A refusal. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly hresult: number;

  constructor(status: number, code: string, hresult: number, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
    this.hresult = hresult;
  }
}

/** A service that answers from a table; each answer and each request is held to the contract. */
export interface FakeService extends AsyncDisposable {
  readonly requests: readonly SeenRequest[];
  /** The last request of a route. */
  last(route: RouteName): SeenRequest;
}

/** Listens at a socket. */
export async function fakeService(
  socket: string,
  handlers: Partial<Record<RouteName, Handler>>,
): Promise<FakeService> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, handlers, requests);
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    requests,
    last(route) {
      const found = requests.findLast((request) => request.route === route);
      if (found === undefined) throw new Error(`${route} was not called`);
      return found;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: Partial<Record<RouteName, Handler>>,
  requests: SeenRequest[],
): Promise<void> {
  const send = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [route, params] = routeOf(request.method ?? '', url.pathname);
    const schemas: RouteSchemas = CONTRACT[route];
    const query = Object.fromEntries(url.searchParams);
    schemas.query?.parse(query);
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    if (body !== undefined) schemas.body?.parse(body);
    const seen = { route, params, query, headers: request.headers, body };
    requests.push(seen);
    const handler = handlers[route];
    if (handler === undefined) throw new Error(`nothing is known of ${route}`);
    const value = handler(seen);
    schemas.response?.parse(value);
    send(ROUTES[route].status, value);
  } catch (error) {
    if (error instanceof Refusal) {
      const { status, code, hresult, message } = error;
      const type = `urn:haulyard:error:${code}`;
      send(status, { type, title: code, status, detail: message, code, hresult });
    } else send(500, { detail: String(error) });
  }
}

function routeOf(method: string, path: string): [RouteName, Record<string, string>] {
  for (const [name, route] of Object.entries(ROUTES)) {
    const names: string[] = [];
    const pattern = route.path.replace(/\{(\w+)\}/g, (_, key: string) => {
      names.push(key);
      return '([^/]+)';
    });
    const match = new RegExp(`^${pattern}$`).exec(path);
    if (route.method !== method || match === null) continue;
    const params = Object.fromEntries(
      names.map((key, index) => [key, decodeURIComponent(match[index + 1] ?? '')]),
    );
    return [name as RouteName, params];
  }
  throw new Error(`no route is ${method} ${path}`);
}

/** A job as the service tells it. */
export function jobResource(over: Partial<JobResource> = {}): JobResource {
  return {
    id: '0198c3a2-7f7e-7c3e-9d55-0c6b2f0f9a11',
    family: 'job',
    displayName: 'big.iso',
    owner: 'alice',
    state: 'transferring',
    priority: 'normal',
    progress: { bytesTotal: 1_000, bytesTransferred: 420, filesTotal: 1, filesTransferred: 0 },
    bytesPerSecond: 10,
    createdAt: '2026-11-23T01:00:00.000Z',
    modifiedAt: '2026-11-23T01:00:01.000Z',
    transferredAt: null,
    notifyFlags: 3,
    noProgressTimeoutSeconds: 86_400,
    costFlags: 1,
    notificationClsid: '00000000-0000-0000-0000-000000000000',
    maxBytesPerSecond: null,
    queueOrder: 1,
    error: null,
    lastFailure: null,
    extendedErrorInfo: '',
    retryAt: null,
    pendingEvent: null,
    revision: 'r1',
    ...over,
  };
}
