import { createServer, type Server, type Socket } from 'node:net';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { errorFromNetwork } from '../../core/node-errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { AgentConnection, type ConnectionHost } from './connection.ts';
import {
  CLOSE_GRACE_MS,
  FIRST_PORT,
  KEEP_ALIVE_DELAY_MS,
  LAST_PORT,
  LISTEN_BACKLOG,
  MAX_CONNECTIONS,
  SWEEP_INTERVAL_MS,
} from './limits.ts';

const ADDRESS = '127.0.0.1';

export interface ListenerOptions {
  readonly answer: ConnectionHost['answer'];
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** Ports to try, both included; 50,000 to 60,999 unless told. */
  readonly firstPort?: number | undefined;
  readonly lastPort?: number | undefined;
  /** Connections held at once, at least 1; 2,048 unless told. */
  readonly maxConnections?: number | undefined;
}

/** The listening socket of the agent, and the connections it has accepted. */
export class AgentListener implements AsyncDisposable {
  /** The port it has. */
  readonly port: number;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #maxConnections: number;
  readonly #host: ConnectionHost;
  readonly #connections = new Set<AgentConnection>();
  /** Those with nothing to do, longest idle first. */
  readonly #idle = new Set<AgentConnection>();
  #stopSweep: () => void = () => undefined;
  #allClosed: (() => void) | undefined;

  /** Listens on the first port that is free; E_FAIL with the reason when none is. */
  static async open(options: ListenerOptions): Promise<AgentListener> {
    const first = options.firstPort ?? FIRST_PORT;
    const last = options.lastPort ?? LAST_PORT;
    for (let port = first; port <= last; port += 1) {
      // One that lacks `allowHalfOpen` would drop the reply to a client that has sent its end.
      const server = createServer({
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
      });
      const listener = new AgentListener(server, port, options);
      if (await isBound(server, port)) {
        listener.#begin(options.warn);
        return listener;
      }
    }
    const message = `No port from ${first} to ${last} is free for the clients of the agent.`;
    throw new DeliveryOptimizationError('E_FAIL', message);
  }

  private constructor(server: Server, port: number, options: ListenerOptions) {
    this.port = port;
    this.#server = server;
    this.#clock = options.clock;
    this.#maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
    this.#host = {
      answer: options.answer,
      nowMs: () => options.clock.nowMs(),
      idleChanged: (connection, isIdle) => {
        this.#idle.delete(connection);
        if (isIdle && this.#connections.has(connection)) this.#idle.add(connection);
      },
    };
    // Before it listens: a client may be there as soon as it does.
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Connections that are open. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Stops listening, lets the calls under way be answered for a while, and cuts what is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopSweep();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.closeSoon();
    await this.#grace();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #begin(warn: (message: string) => void): void {
    // What accepting meets, such as too many open files, concerns the next client, not the process.
    this.#server.on('error', (error) => warn(`The agent listener: ${error.message}.`));
    this.#sweep();
  }

  #sweep(): void {
    this.#stopSweep = this.#clock.after(SWEEP_INTERVAL_MS, () => {
      const nowMs = this.#clock.nowMs();
      for (const connection of this.#connections) connection.checkDeadline(nowMs);
      this.#sweep();
    });
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= this.#maxConnections && !this.#evict()) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const connection = new AgentConnection(socket, this.#host);
    this.#connections.add(connection);
    this.#idle.add(connection);
    socket.on('close', () => this.#forget(connection));
  }

  /** Cuts the connection that is idle longest; false when each one is in the middle of something. */
  #evict(): boolean {
    const [oldest] = this.#idle;
    if (oldest === undefined) return false;
    this.#forget(oldest);
    oldest.destroy();
    return true;
  }

  #forget(connection: AgentConnection): void {
    this.#idle.delete(connection);
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#allClosed?.();
  }

  /** Waits until the last connection is gone, though not for long. */
  async #grace(): Promise<void> {
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const stopTimer = this.#clock.after(CLOSE_GRACE_MS, resolve);
      this.#allClosed = () => {
        stopTimer();
        resolve();
      };
    });
  }
}

/** Tries to listen; false when somebody else has the port or the system keeps it for others. */
function isBound(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(errorFromNetwork(error, `http://${ADDRESS}:${port}`));
    };
    server.once('error', failed);
    server.listen({ host: ADDRESS, port, backlog: LISTEN_BACKLOG, exclusive: true }, () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}
