import { isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect, createSecureContext, type ConnectionOptions } from 'node:tls';

import type { SocketOpener } from './direct-connection.ts';

/** TLS sessions remembered, one for each origin; the oldest are forgotten first. */
const MAX_SESSIONS = 100;

/** TLS connections with one set of authorities, each handshake shortened by an earlier one. */
export class TlsSockets {
  readonly #secureContext;
  readonly #sessions = new Map<string, Buffer>();

  /** @param ca - PEM certificates of authorities in place of the built-in ones */
  constructor(ca: string | readonly string[] | undefined) {
    this.#secureContext = createSecureContext(
      ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] },
    );
  }

  to(host: string, port: number): SocketOpener {
    return { readyEvent: 'secureConnect', open: (onread) => this.#open(host, port, onread) };
  }

  #open(host: string, port: number, onread: OnReadOpts): Socket {
    const origin = `${host} ${port}`;
    const session = this.#sessions.get(origin);
    // The option is Node's, and missing in its types.
    const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
      host,
      port,
      onread,
      secureContext: this.#secureContext,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(session === undefined ? {} : { session }),
    };
    const socket = connect(options);
    // A server that has forgotten the session may end the handshake instead of beginning it anew.
    socket.once('error', () => this.#sessions.delete(origin));
    return socket.on('session', (renewed) => this.#remember(origin, renewed));
  }

  #remember(origin: string, session: Buffer): void {
    this.#sessions.delete(origin);
    this.#sessions.set(origin, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(oldest!);
  }
}
