import type { OnReadOpts, Socket } from 'node:net';

import type { Block, BlockPool } from './block-pool.ts';

/** Less room than this at the end of a block is not worth a read. */
const MIN_ROOM_BYTES = 16_384;

/** What TLS has decrypted already is handed out even after the end; this is where it goes. */
const NOWHERE: Uint8Array = Buffer.allocUnsafeSlow(MIN_ROOM_BYTES);

/** Begins a connection that reads into memory of the caller's. */
export interface SocketOpener {
  /** Emitted once the connection is made. */
  readonly readyEvent: 'connect' | 'secureConnect';
  readonly open: (onread: OnReadOpts) => Socket;
}

/** Who reads from a connection just now. */
export interface ConnectionUser {
  /** Bytes have arrived in `block`. False: read no more until `resume`. */
  received(block: Block, start: number, end: number): boolean;
  /** Called once: no more will come. Undefined: the other side ended the stream. */
  ended(error: Error | undefined): void;
}

/**
 * A TCP or TLS connection that reads into blocks of the pool. What it reads goes to its user; with
 * none it is idle, and anything that arrives then ends it.
 */
export class DirectConnection {
  readonly #socket: Socket;
  readonly #pool: BlockPool;
  #block: Block;
  /** Bytes of the block that have been read into. */
  #filled = 0;
  /** The last read filled all the room it was given: there is more where that came from. */
  #eager = false;
  #user: ConnectionUser | undefined;
  /** The answer is whole: what comes next begins another one. */
  #between = true;
  #closed = false;
  /** Called when an idle connection is of no use any more. */
  onIdleEnd: (() => void) | undefined;
  /** Called when the connection has ended, whoever used it. */
  onEnd: (() => void) | undefined;

  private constructor(pool: BlockPool, open: (onread: OnReadOpts) => Socket) {
    this.#pool = pool;
    this.#block = pool.take(false);
    this.#socket = open({
      buffer: () => this.#room(),
      callback: (bytes) => this.#read(bytes),
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('end', () => this.#end(undefined));
    this.#socket.on('close', () => this.#end(undefined));
    this.#socket.on('timeout', () => this.destroy());
  }

  /** Resolves once the connection is made, TLS included; rejects as Node does. */
  static open({ open, readyEvent }: SocketOpener, pool: BlockPool): OpeningConnection {
    const connection = new DirectConnection(pool, open);
    const made = new Promise<DirectConnection>((resolve, reject) => {
      connection.#socket.once(readyEvent, () => {
        connection.#user = undefined;
        resolve(connection);
      });
      connection.#user = {
        received: () => false,
        ended: (error) => reject(error ?? closedByPeer()),
      };
    });
    return { made, destroy: () => connection.destroy() };
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends a request, whose answer `user` reads. The connection must be idle. */
  send(head: string, user: ConnectionUser): void {
    if (this.#closed) {
      user.ended(closedByPeer());
      return;
    }
    this.#user = user;
    this.#between = false;
    this.#socket.setTimeout(0);
    this.#socket.ref();
    this.#socket.write(head, 'latin1');
  }

  /** Puts somebody else in the user's place, who reads what comes from now on. */
  handOver(user: ConnectionUser): void {
    this.#user = user;
  }

  /** The last byte of an answer has arrived; the user hears of what follows nevertheless. */
  answered(): void {
    this.#between = true;
  }

  /**
   * The connection is idle from now on, for so long at the most, and lets the process end meanwhile.
   * It is read, so that its end is seen.
   */
  rest(forMs: number): void {
    this.#user = undefined;
    this.#socket.setTimeout(forMs);
    this.#socket.unref();
    this.#socket.resume();
  }

  resume(): void {
    if (!this.#closed) this.#socket.resume();
  }

  /** Whoever uses it hears of an end that is not the other side's: what has come may be incomplete. */
  destroy(): void {
    this.#end(closedByPeer());
  }

  /** Where the next bytes are read to. Asked for after each read, and once at the beginning. */
  #room(): Uint8Array {
    // The block is not this connection's any more.
    if (this.#closed) return NOWHERE;
    const rest = this.#block.bytes.length - this.#filled;
    // The head of the next answer has to lie in one block, so that one begins at its start; and a
    // small one is enough for a connection that may be idle for long.
    const afresh = this.#between && this.#filled > 0;
    if (rest < MIN_ROOM_BYTES || afresh) {
      this.#block.release();
      this.#block = this.#pool.take(this.#eager && !afresh);
      this.#filled = 0;
    }
    return this.#filled === 0 ? this.#block.bytes : this.#block.bytes.subarray(this.#filled);
  }

  #read(bytes: number): boolean {
    const start = this.#filled;
    this.#filled += bytes;
    this.#eager = this.#filled === this.#block.bytes.length || (this.#eager && bytes > 65_536);
    if (this.#user !== undefined) return this.#user.received(this.#block, start, this.#filled);
    // Nothing was asked, so whatever this is answers nobody (RFC 9112 §9.2).
    this.destroy();
    return false;
  }

  #end(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    // What TLS has decrypted already may still be put where it was last told to.
    this.#block.spoil();
    this.#block.release();
    this.onEnd?.();
    const user = this.#user;
    this.#user = undefined;
    if (user === undefined) this.onIdleEnd?.();
    else user.ended(error);
  }
}

/** A connection that is being made. */
export interface OpeningConnection {
  readonly made: Promise<DirectConnection>;
  destroy(): void;
}

/** The peer went away without an error of the system's. */
export function closedByPeer(): Error {
  return Object.assign(new Error('The other side closed the connection.'), { code: 'ECONNRESET' });
}
