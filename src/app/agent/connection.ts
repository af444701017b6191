import type { Socket } from 'node:net';

import {
  LINGER_TIMEOUT_MS,
  MAX_LINGER_BYTES,
  MAX_WAITING_BYTES,
  REQUEST_TIMEOUT_MS,
  WRITE_TIMEOUT_MS,
} from './limits.ts';
import { UNREADABLE_REPLY } from './reply.ts';
import { RequestReader, type AgentRequest } from './request-reader.ts';

/** What a connection needs of the listener it belongs to. */
export interface ConnectionHost {
  /** The whole reply to a request; never rejects. */
  answer(request: AgentRequest, peer: string | undefined): Promise<Buffer>;
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Called when a connection has nothing to do, and again when it has. */
  idleChanged(connection: AgentConnection, isIdle: boolean): void;
}

/**
 * One connection of a client: reads requests, answers them one after the other, stays open.
 *
 * It is *idle* while no request has begun; *receiving* from the first byte of one to its last;
 * *answering* while the call runs and its reply waits to be read; *lingering* once we have sent our
 * last byte, when what still comes is dropped so that the client can read to the end. Only idle and
 * answering have no deadline of their own, except that a full socket buffer has to move.
 */
export class AgentConnection {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #peer: string | undefined;
  readonly #reader = new RequestReader();
  #state: 'idle' | 'receiving' | 'answering' | 'lingering' = 'idle';
  #deadlineMs = Number.POSITIVE_INFINITY;
  #lingeredBytes = 0;
  #peerEnded = false;
  /** No further request is taken: the listener closes. */
  #isClosing = false;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    // Asked now: a socket that is gone has forgotten it.
    this.#peer = socket.remoteAddress;
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    // A client may reset its connection at any time. That is its own affair, and `close` follows.
    socket.on('error', () => undefined);
  }

  /** Cuts the connection when it has waited for the client long enough. */
  checkDeadline(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) this.destroy();
  }

  /** Ends the connection after the reply that is under way, or at once. */
  closeSoon(): void {
    this.#isClosing = true;
    if (this.#state !== 'answering') this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    if (this.#state === 'lingering') {
      this.#lingeredBytes += chunk.length;
      if (this.#lingeredBytes > MAX_LINGER_BYTES) this.destroy();
      return;
    }
    this.#reader.push(chunk);
    if (this.#state !== 'answering') void this.#answerAll();
    else if (this.#reader.waitingBytes > MAX_WAITING_BYTES) this.#socket.pause();
  }

  /** The client has sent its last byte, and may still read. */
  #onEnd(): void {
    this.#peerEnded = true;
    if (this.#state === 'idle') this.#linger();
    else if (this.#state === 'receiving') this.#refuse();
  }

  /** Answers every request that is complete. Never rejects. */
  async #answerAll(): Promise<void> {
    if (this.#state === 'idle') this.#host.idleChanged(this, false);
    for (;;) {
      const next = this.#reader.next();
      if (next.kind === 'more') break;
      if (next.kind === 'malformed') return this.#refuse();
      this.#state = 'answering';
      this.#deadlineMs = Number.POSITIVE_INFINITY;
      const reply = await this.#host.answer(next.request, this.#peer);
      if (this.#socket.destroyed) return;
      if (!this.#socket.write(reply)) await this.#drained();
      if (this.#socket.destroyed) return;
      if (this.#isClosing) return this.#linger();
    }
    this.#rest();
  }

  /** Nothing complete is left: waits for more, or ends as the client has. */
  #rest(): void {
    const isWithinRequest = this.#reader.isWithinRequest;
    if (this.#peerEnded) {
      if (isWithinRequest) this.#refuse();
      else this.#linger();
      return;
    }
    // One limit for a whole request: a byte now and then does not put it off.
    if (isWithinRequest && this.#state !== 'receiving') {
      this.#deadlineMs = this.#host.nowMs() + REQUEST_TIMEOUT_MS;
    }
    this.#state = isWithinRequest ? 'receiving' : 'idle';
    if (!isWithinRequest) {
      this.#deadlineMs = Number.POSITIVE_INFINITY;
      this.#host.idleChanged(this, true);
    }
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Waits for the client to read its replies; a client that does not is cut off. */
  #drained(): Promise<void> {
    this.#deadlineMs = this.#host.nowMs() + WRITE_TIMEOUT_MS;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        this.#deadlineMs = Number.POSITIVE_INFINITY;
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  /** What cannot be understood ends the connection, since nobody knows where the next request begins. */
  #refuse(): void {
    this.#socket.write(UNREADABLE_REPLY);
    this.#linger();
  }

  /**
   * Sends our end, and reads on for a while: closing with bytes unread makes the system reset the
   * connection, which would take the last reply from a client that has not read it yet.
   */
  #linger(): void {
    this.#state = 'lingering';
    this.#deadlineMs = this.#host.nowMs() + LINGER_TIMEOUT_MS;
    this.#host.idleChanged(this, false);
    this.#socket.end();
    if (this.#socket.isPaused()) this.#socket.resume();
  }
}
