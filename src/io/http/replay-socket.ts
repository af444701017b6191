import { Duplex } from 'node:stream';

import type { Block } from './block-pool.ts';
import type { ConnectionUser, DirectConnection } from './direct-connection.ts';

/**
 * The code of a connection that broke. undici takes a reset for the proper end of a body that ends
 * with its connection; it is a sign that the body was cut short (RFC 9112 §8).
 */
const CUT_OFF = 'ECONNABORTED';

/** What is used of the connection. */
type ReplayedConnection = Pick<DirectConnection, 'handOver' | 'resume' | 'destroy'>;

/**
 * A connection whose request has been sent and whose answer has begun, as a socket for the general
 * client: what is written to it goes nowhere, because it was sent already; what is read from it is
 * the answer from its first byte.
 */
export class ReplaySocket extends Duplex implements ConnectionUser {
  readonly #connection: ReplayedConnection;
  #begun: Uint8Array | undefined;
  #answering = false;
  /** How the connection ended; what had begun before that is played back first. */
  #end: { readonly error: Error | undefined } | undefined;

  /** @param begun - the answer so far */
  constructor(connection: ReplayedConnection, begun: Uint8Array) {
    super({ allowHalfOpen: false });
    this.#connection = connection;
    this.#begun = Uint8Array.from(begun);
    // Until the client listens, an end is kept for it; a stream without a listener would throw.
    this.on('error', () => {});
    connection.handOver(this);
  }

  received({ bytes }: Block, start: number, end: number): boolean {
    const arrived = Buffer.from(bytes.subarray(start, end));
    if (this.#begun === undefined) return this.push(arrived);
    // TLS hands out what it has decrypted even when told to stop; that is a record or two.
    this.#begun = Buffer.concat([this.#begun, arrived]);
    return false;
  }

  ended(error: Error | undefined): void {
    this.#end = { error };
    if (this.#begun === undefined) this.#passOnEnd();
  }

  override _write(
    _chunk: unknown,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    // An answer must not be there before its request: the client expects one once this has returned.
    queueMicrotask(() => {
      this.#answering = true;
      this.#replay();
      this.#connection.resume();
    });
    callback();
  }

  override _read(): void {
    this.#replay();
    if (this.#answering) this.#connection.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#end === undefined) this.#connection.destroy();
    callback(error);
  }

  #replay(): void {
    const begun = this.#begun;
    if (!this.#answering || begun === undefined) return;
    this.#begun = undefined;
    this.push(begun);
    this.#passOnEnd();
  }

  #passOnEnd(): void {
    if (this.#end === undefined) return;
    const { error } = this.#end;
    if (error === undefined) this.push(null);
    else this.destroy(Object.assign(new Error(error.message, { cause: error }), { code: CUT_OFF }));
  }

  // What a client sets on a socket has been set on the connection already.
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }
}
