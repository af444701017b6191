import { connect } from 'node:net';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { ParsedHead } from '../../core/http/head-parser.ts';
import { fieldValues } from '../../core/http/fields.ts';
import { originOf } from '../../core/http/url.ts';
import { CONNECT_TIMEOUT_MS } from '../../core/limits.ts';
import { errorFromNetwork } from '../../core/node-errors.ts';
import type { HttpRequest, HttpResponse, HttpTransport } from '../../ports/http-transport.ts';
import { BlockPool } from './block-pool.ts';
import { DirectConnection, type SocketOpener } from './direct-connection.ts';
import { DirectExchange, type ExchangeHost } from './direct-exchange.ts';
import { proxiesOf, type Environment, type Proxies } from './proxy-environment.ts';
import type { ReplaySocket } from './replay-socket.ts';
import { requestHead } from './request-head.ts';
import type { TlsSockets } from './tls-sockets.ts';
import type { UndiciTransport } from './undici-transport.ts';

export interface HttpTransportOptions {
  /** PEM certificates trusted in place of the built-in ones; for tests and private authorities. */
  readonly ca?: string | readonly string[];
  /** Where proxies are looked up; that of the process unless told (http.md 8). */
  readonly environment?: Environment;
  /** False leaves all answers to the general client. Default true. */
  readonly direct?: boolean;
  /** Memory to read into, which a test may look at; of its own unless told. */
  readonly blocks?: BlockPool;
}

/** How long an idle connection is kept when its server does not say: less than servers wait. */
const KEEP_ALIVE_MS = 4_000;

/** Longest and shortest time worth keeping one, whatever the server says. */
const MAX_KEEP_ALIVE_MS = 600_000;
const MIN_KEEP_ALIVE_MS = 500;

/** A server closes at about the time it has told; the connection is given up this much earlier. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** Idle connections kept in all; the ones that rest longest are closed first. */
const MAX_IDLE = 64;

/**
 * The HTTP client of the engine: plain answers are read directly from the socket into the memory
 * that is written to disk, and everything else is left to the general client, which is loaded when
 * first needed (docs/decisions/0014).
 */
export function openHttpTransport(options: HttpTransportOptions = {}): HttpTransport {
  const proxies = proxiesOf(options.environment ?? process.env);
  return new DirectTransport(options, proxies);
}

class DirectTransport implements HttpTransport, ExchangeHost {
  readonly #options: HttpTransportOptions;
  readonly #proxies: Proxies;
  readonly #pool: BlockPool;
  /** In the order in which they came to rest. */
  readonly #idle = new Set<DirectConnection>();
  readonly #origins = new WeakMap<DirectConnection, string>();
  readonly #open = new Set<{ destroy(): void }>();
  #tls: Promise<TlsSockets> | undefined;
  #general: Promise<UndiciTransport> | undefined;
  /** Connections whose answer has just ended. */
  #settling = 0;
  #closed = false;

  constructor(options: HttpTransportOptions, proxies: Proxies) {
    this.#options = options;
    this.#pool = options.blocks ?? new BlockPool();
    this.#proxies = proxies;
  }

  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    signal.throwIfAborted();
    this.#assertOpen();
    const head = this.#goesDirectly(request.url) ? requestHead(request) : undefined;
    if (head === undefined) return (await this.#generalClient()).send(request, signal);
    const connection = await this.#connection(request, signal);
    if (signal.aborted) connection.destroy();
    signal.throwIfAborted();
    this.#assertOpen();
    return new DirectExchange(this, connection, request, signal).run(head);
  }

  settling(settled: () => void): void {
    this.#settling += 1;
    setImmediate(() => {
      this.#settling -= 1;
      settled();
    });
  }

  idle(connection: DirectConnection, head: ParsedHead): void {
    if (connection.closed) return;
    const keepMs = keepAliveMs(head);
    const origin = this.#origins.get(connection);
    if (origin === undefined || keepMs < MIN_KEEP_ALIVE_MS || this.#closed) {
      connection.destroy();
      return;
    }
    connection.rest(keepMs);
    this.#idle.add(connection);
    connection.onIdleEnd = () => this.#idle.delete(connection);
    const [oldest] = this.#idle;
    if (this.#idle.size > MAX_IDLE) oldest?.destroy();
  }

  async readGenerally(
    socket: ReplaySocket,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    try {
      return await (await this.#generalClient()).readOver(socket, request, signal);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const connection of this.#open) connection.destroy();
    await (await this.#general)?.[Symbol.asyncDispose]();
  }

  /** Whom no_proxy exempts from a proxy is for the general client to say. */
  #goesDirectly(url: string): boolean {
    if (this.#options.direct === false) return false;
    return (/^https:/i.test(url) ? this.#proxies.https : this.#proxies.http) === undefined;
  }

  #generalClient(): Promise<UndiciTransport> {
    this.#general ??= import('./undici-transport.ts').then(({ openUndiciTransport }) =>
      openUndiciTransport(this.#options),
    );
    return this.#general;
  }

  /** The connection that rested last, whose window is the widest, or a new one. */
  async #connection(request: HttpRequest, signal: AbortSignal): Promise<DirectConnection> {
    const origin = originOf(request.url);
    if (request.fresh !== true) {
      // Their connections come free in the next turn, so this request may need no new one.
      if (this.#settling > 0) await new Promise((resolve) => setImmediate(resolve));
      const kept = [...this.#idle].findLast((each) => this.#origins.get(each) === origin);
      if (kept !== undefined) {
        this.#idle.delete(kept);
        kept.onIdleEnd = undefined;
        return kept;
      }
    }
    const connection = await this.#connect(origin, request, signal);
    if (request.fresh !== true) this.#origins.set(connection, origin);
    return connection;
  }

  async #connect(
    origin: string,
    { url, connectTimeoutMs = CONNECT_TIMEOUT_MS }: HttpRequest,
    signal: AbortSignal,
  ): Promise<DirectConnection> {
    const sockets = await this.#sockets(origin);
    this.#assertOpen();
    const opening = DirectConnection.open(sockets, this.#pool);
    if (signal.aborted) opening.destroy();
    this.#open.add(opening);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      opening.destroy();
    }, connectTimeoutMs);
    const onAbort = (): void => opening.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const connection = await opening.made;
      connection.onEnd = () => this.#open.delete(opening);
      return connection;
    } catch (error) {
      this.#open.delete(opening);
      signal.throwIfAborted();
      const code = 'UND_ERR_CONNECT_TIMEOUT';
      const cause = late ? Object.assign(new Error('no connection in time'), { code }) : error;
      throw errorFromNetwork(cause, url);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** TLS is loaded for https only: it doubles the time a command takes to start. */
  async #sockets(origin: string): Promise<SocketOpener> {
    const url = new URL(origin);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const secure = url.protocol === 'https:';
    const port = Number(url.port || (secure ? 443 : 80));
    if (!secure)
      return { readyEvent: 'connect', open: (onread) => connect({ host, port, onread }) };
    this.#tls ??= import('./tls-sockets.ts').then(
      ({ TlsSockets }) => new TlsSockets(this.#options.ca),
    );
    return (await this.#tls).to(host, port);
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new DeliveryOptimizationError('DO_E_NO_SERVICE', 'The HTTP client has been closed.');
  }
}

/** How long the connection of an answer is kept: as its server tells (RFC 2068 §19.7.1.1), or a little. */
function keepAliveMs({ headers }: ParsedHead): number {
  const told = fieldValues(headers, 'keep-alive').join(',');
  const [, seconds] = /(?:^|[\s,;])timeout\s*=\s*"?(\d{1,9})/i.exec(told) ?? [];
  if (seconds === undefined) return KEEP_ALIVE_MS;
  return Math.min(MAX_KEEP_ALIVE_MS, Number(seconds) * 1_000 - KEEP_ALIVE_MARGIN_MS);
}
