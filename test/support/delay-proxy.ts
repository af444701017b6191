import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Pace } from './origin-limits.ts';
import { resetSocket } from './reset-socket.ts';

/** What lies between a client and its target. */
export interface DelayProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** Delay in each direction, 0 unless told: a round trip takes twice as long. */
  readonly delayMs?: number;
  /** For each connection and direction; unbounded unless told. */
  readonly bytesPerSecond?: number;
  /** Address to listen on, 127.0.0.1 unless told. */
  readonly host?: string;
}

/**
 * A lost network: `refuse` answers new connections with a refusal, `reset` accepts and resets
 * them; both reset what is open. `silence` keeps all open and lets nothing through.
 */
export type Cut = 'refuse' | 'reset' | 'silence';

/** A TCP proxy that makes the loopback look like a distance. */
export interface DelayProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Bytes passed on so far. */
  readonly bytes: { readonly up: number; readonly down: number };
  /** Connections open now. */
  readonly open: number;
  /** The same URL by way of the proxy. */
  via(url: string): string;
  /** Takes the network away; `refuse` unless told. */
  cut(how?: Cut): Promise<void>;
  /** Brings it back on the same port; bytes held by `silence` go on. */
  restore(): Promise<void>;
}

/** Most bytes on the way in one direction; beyond it the sender has to wait. */
const IN_FLIGHT_BYTES = 4 << 20;

/** Starts a proxy on a free loopback port. */
export async function startDelayProxy(options: DelayProxyOptions): Promise<DelayProxy> {
  const { target, delayMs = 0, bytesPerSecond, host = '127.0.0.1' } = options;
  const bytes = { up: 0, down: 0 };
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: Cut | 'whole' = 'whole';
  let sound = Promise.withResolvers<void>();
  sound.resolve();

  /** Passes on all that `from` says, late, in order and as fast as the line allows. */
  function pass(from: Socket, to: Socket, direction: 'up' | 'down', usableAtMs: number): void {
    const pace = new Pace(() => bytesPerSecond);
    let inFlight = 0;
    let line: Promise<void> = Promise.resolve();
    const later = (size: number, act: () => void): void => {
      const dueMs = Math.max(performance.now(), usableAtMs) + delayMs;
      inFlight += size;
      if (inFlight > IN_FLIGHT_BYTES) from.pause();
      line = line.then(async () => {
        const waitMs = Math.max(dueMs - performance.now(), pace.book(size, performance.now()));
        if (waitMs > 0) await sleep(waitMs);
        await sound.promise;
        if (to.destroyed) return;
        act();
        if (to.writableNeedDrain) await drained(to);
        inFlight -= size;
        if (inFlight <= IN_FLIGHT_BYTES) from.resume();
      });
    };
    from.on('data', (chunk: Buffer) =>
      later(chunk.length, () => {
        bytes[direction] += chunk.length;
        to.write(chunk);
      }),
    );
    from.on('end', () => later(0, () => to.end()));
  }

  function accept(client: Socket): void {
    client.on('error', () => {});
    if (state === 'reset') return resetSocket(client);
    const upstream = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    // The handshake of a real line takes one round trip before the first byte can leave.
    const usableAtMs = performance.now() + 2 * delayMs;
    pass(client, upstream, 'up', usableAtMs);
    pass(upstream, client, 'down', usableAtMs);
    upstream.on('error', () => resetSocket(client));
    client.on('close', () => {
      pairs.delete(pair);
      upstream.destroy();
    });
    // A clean end travels down the line; only a broken connection is torn down at once.
    upstream.on('close', (broken) => broken && resetSocket(client));
  }

  let server = await listen(accept, host, 0);
  const { port } = server.address() as AddressInfo;

  function resetAll(): void {
    for (const [client, upstream] of pairs) {
      resetSocket(client);
      resetSocket(upstream);
    }
  }

  const proxy: DelayProxy = {
    host,
    port,
    bytes,
    get open() {
      return pairs.size;
    },
    via(url) {
      const through = new URL(url);
      through.host = `${host}:${port}`;
      return through.href;
    },
    async cut(how = 'refuse') {
      await proxy.restore();
      state = how;
      if (how === 'silence') {
        sound = Promise.withResolvers<void>();
        return;
      }
      const closed = how === 'refuse' ? closeServer(server) : undefined;
      resetAll();
      await closed;
    },
    async restore() {
      if (state === 'refuse') server = await listen(accept, host, port);
      state = 'whole';
      sound.resolve();
    },
    async [Symbol.asyncDispose]() {
      const closed = state === 'refuse' ? undefined : closeServer(server);
      sound.resolve();
      resetAll();
      await closed;
    },
  };
  return proxy;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

async function listen(
  accept: (socket: Socket) => void,
  host: string,
  port: number,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
