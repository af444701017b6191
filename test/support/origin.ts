import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import { answerFor, textAnswer } from './origin-answer.ts';
import type { Answer } from './origin-answer.ts';
import { applyFault } from './origin-apply-fault.ts';
import { serveConnection } from './origin-connection.ts';
import type { Content } from './origin-content.ts';
import type { Fault } from './origin-faults.ts';
import { Pace, Slots } from './origin-limits.ts';
import type { OriginLimits } from './origin-limits.ts';
import { recordOf } from './origin-request.ts';
import type { OriginRequest, ParsedHead } from './origin-request.ts';
import { tlsIdentity } from './origin-tls.ts';
import type { CertificateKind } from './origin-tls.ts';
import { resetSocket } from './reset-socket.ts';
import { until } from './temporary.ts';

export type { Content, SeededBody } from './origin-content.ts';
export { bytesAt, compareFile, fillFile, sha256Of } from './origin-content.ts';
export type { Fault } from './origin-faults.ts';
export type { OriginLimits } from './origin-limits.ts';
export type { OriginRequest } from './origin-request.ts';
export type { CertificateKind } from './origin-tls.ts';

/** One fault, or several on the same answer, applied from left to right. */
export type Faults = Fault | readonly Fault[];

/** Which requests a script is for. */
export type RequestFilter = (request: OriginRequest) => boolean;

/** How an origin is started. */
export interface OriginOptions {
  /** Loopback address to listen on, 127.0.0.1 unless told. */
  readonly host?: string;
  /** A free port unless told; naming one lets a test stop an origin and start it again. */
  readonly port?: number;
  /** Serves https with a certificate of this kind. */
  readonly tls?: CertificateKind;
  /** Asks https clients for a certificate, and refuses those without. */
  readonly clientCertificate?: boolean;
  readonly limits?: OriginLimits;
  /** Called before each answer, and awaited; faults it returns come after the script's. */
  readonly onRequest?: (
    request: OriginRequest,
    origin: Origin,
  ) => Faults | undefined | void | Promise<Faults | undefined | void>;
}

/** A running origin. */
export interface Origin extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** The authority a client must trust; undefined without TLS. */
  readonly caPem: string | undefined;
  /** Every request so far, in order of arrival; the entries are live. */
  readonly requests: readonly OriginRequest[];
  /** TCP connections: accepted so far, open now, and most requests in service at one time. */
  readonly connections: {
    readonly accepted: number;
    readonly open: number;
    readonly peakBusy: number;
  };
  /** The absolute URL of a path. */
  url(path: string): string;
  /** Serves `content` under `path` from the next request on, and returns its URL. */
  put(path: string, content: Content): string;
  /** Takes a path away: 404 from the next request on. */
  remove(path: string): void;
  /**
   * Queues faults: each matching request to `path` uses up one entry, then all is normal.
   * `*` stands for every path.
   */
  script(path: string, faults: readonly Faults[], when?: RequestFilter): void;
  /** Gives every matching request to `path` these faults, after any script has run out. */
  always(path: string, faults: Faults, when?: RequestFilter): void;
  /** Forgets scripts and standing faults, of one path or of all. */
  clear(path?: string): void;
  /** Sets all limits anew, for running answers too. */
  limit(limits: OriginLimits): void;
  /** Body bytes written so far, for all requests or for those that match. */
  bytesSent(when?: RequestFilter): number;
  /** Resolves when no request is in service. */
  idle(timeoutMs?: number): Promise<void>;
  /** Resets every open connection; the origin goes on listening. */
  resetConnections(): void;
}

interface Rule {
  readonly path: string;
  readonly when: RequestFilter;
  /** Used up from the front; undefined for a rule that stays. */
  readonly queue: Faults[] | undefined;
  readonly faults: Faults;
}

/** Starts an origin on a free loopback port. */
export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const { host = '127.0.0.1', tls, onRequest } = options;
  const identity = tls && (await tlsIdentity(tls));
  const contents = new Map<string, Content>();
  const requests: OriginRequest[] = [];
  const sockets = new Set<Socket>();
  let rules: Rule[] = [];
  let limits = options.limits ?? {};
  let accepted = 0;
  const slots = new Slots(() => limits);
  const totalPace = new Pace(() => limits.totalBytesPerSecond);

  function faultsFor(request: OriginRequest): Faults {
    const matches = rules.filter(
      ({ path, when }) => (path === '*' || path === request.path) && when(request),
    );
    const scripted = matches.find(({ queue }) => queue && queue.length > 0);
    const standing = matches.findLast(({ queue }) => !queue);
    return scripted?.queue?.shift() ?? standing?.faults ?? [];
  }

  async function choose(request: OriginRequest): Promise<Answer> {
    const scripted = faultsFor(request);
    const hooked = (await onRequest?.(request, origin)) ?? [];
    const faults = [scripted, hooked].flat() as readonly Fault[];
    request.faults = faults.map(({ kind }) => kind);
    const content = contents.get(request.path);
    const right = answerFor(request, content);
    return faults.reduce((answer, fault) => applyFault(answer, fault, request, content), right);
  }

  function connect(socket: Socket, raw: Socket): void {
    const connection = accepted++;
    serveConnection(socket, raw, {
      connectionRate: () => limits.perConnectionBytesPerSecond,
      totalPace,
      register(head: ParsedHead) {
        const request = recordOf(head, requests.length, connection);
        requests.push(request);
        return request;
      },
      async answer(request, signal) {
        if (!(await slots.take(signal))) {
          request.faults = ['too-many-connections'];
          return { answer: textAnswer(503, 'Too many connections.\n'), release() {} };
        }
        try {
          return { answer: await choose(request), release: () => slots.release() };
        } catch (error) {
          slots.release();
          throw error;
        }
      },
    });
  }

  const tlsServer =
    identity &&
    createTlsServer({
      key: identity.keyPem,
      cert: identity.certPem,
      ca: identity.caPem,
      requestCert: options.clientCertificate ?? false,
      rejectUnauthorized: options.clientCertificate ?? false,
    });
  const rawByPeer = new Map<string, Socket>();
  const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
  tlsServer?.on('secureConnection', (socket) => {
    connect(socket, rawByPeer.get(peerOf(socket)) ?? socket);
  });
  tlsServer?.on('tlsClientError', (_, socket) => socket.destroy());

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const peer = peerOf(socket);
    rawByPeer.set(peer, socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      if (rawByPeer.get(peer) === socket) rawByPeer.delete(peer);
    });
    if (tlsServer) tlsServer.emit('connection', socket);
    else connect(socket, socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;

  const origin: Origin = {
    host,
    port,
    caPem: identity?.caPem,
    requests,
    get connections() {
      return { accepted, open: sockets.size, peakBusy: slots.peakBusy };
    },
    url: (path) => `${tls ? 'https' : 'http'}://${authority}${path}`,
    put(path, content) {
      contents.set(path, content);
      return origin.url(path);
    },
    remove: (path) => void contents.delete(path),
    script(path, faults, when = () => true) {
      rules.push({ path, when, queue: [...faults], faults: [] });
    },
    always(path, faults, when = () => true) {
      rules.push({ path, when, queue: undefined, faults });
    },
    clear(path) {
      rules = path === undefined ? [] : rules.filter((rule) => rule.path !== path);
    },
    limit(next) {
      limits = next;
      slots.wake();
    },
    bytesSent: (when = () => true) =>
      requests.filter(when).reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
    async idle(timeoutMs = 5_000) {
      const what = 'the origin to have no request in service';
      await until(() => requests.every(({ done }) => done), { what, timeoutMs });
    },
    resetConnections() {
      for (const socket of sockets) resetSocket(socket);
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return origin;
}
