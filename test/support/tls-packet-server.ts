import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

import { tlsIdentity } from './origin-tls.ts';

/** A TLS server that says when what it has written goes out. */
export interface TlsPacketServer extends AsyncDisposable {
  readonly url: string;
  readonly caPem: string;
  /** Connections that are open. */
  readonly open: ReadonlySet<Socket>;
}

/**
 * Starts a TLS server that answers each request with several writes, each a record of its own, which
 * leave in one TCP packet as far as TCP allows.
 */
export async function startTlsPacketServer(
  answer: (path: string) => readonly (string | Buffer)[],
): Promise<TlsPacketServer> {
  const { keyPem: key, certPem: cert, caPem } = await tlsIdentity('good');
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    const wire = new Wire(socket);
    const options = { isServer: true, key, cert, ALPNProtocols: ['http/1.1'] };
    const secure = new TLSSocket(wire, options);
    secure.on('error', () => {});
    secure.on('data', (chunk: Buffer) => {
      wire.hold();
      const path = /^GET (\S+)/.exec(chunk.toString('latin1'))?.[1] ?? '';
      for (const record of answer(path)) secure.write(record);
      wire.letGo();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What lies below TLS: a socket whose writes can be gathered. */
class Wire extends Duplex {
  readonly #socket: Socket;
  #held: Buffer[] | undefined;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk) => this.push(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', () => {});
    socket.on('close', () => this.destroy());
  }

  hold(): void {
    this.#held = [];
  }

  letGo(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#socket.write(Buffer.concat(held));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.#held === undefined) {
      this.#socket.write(chunk, () => callback());
      return;
    }
    this.#held.push(chunk);
    callback();
  }

  override _final(callback: () => void): void {
    callback();
  }
}
