import type { DigestAlgorithm, FollowingDigest } from '../../ports/digester.ts';
import type { DigestReply, DigestRequest } from './digest-messages.ts';

/**
 * Bytes of a file before the thread is asked to follow it. To start a thread costs about as much as
 * to hash so many; a smaller file is hashed at its end by whoever asks.
 */
const FOLLOW_FROM_BYTES = 16_777_216;

/** Bytes that are new before the thread hears of them: a message for each megabyte would be work. */
const STEP_BYTES = 4_194_304;

/** The way to the thread. */
export interface DigestChannel {
  /** False when there is no thread to be told; the listener hears of it otherwise. */
  post(request: DigestRequest, listener: DigestListener): boolean;
  /** Nothing more is to be heard of a digest. */
  silence(id: number): void;
  /** Keeps the process running until the promise has settled. */
  waitFor<T>(promise: Promise<T>): Promise<T>;
}

/** Who hears the thread. */
export interface DigestListener {
  replied(reply: DigestReply): void;
  /** The thread is gone, and reads nothing any more. */
  gone(): void;
}

/**
 * One file's digest, seen from the thread that writes the file. At most one stretch is under way;
 * of what is written meanwhile only the end is remembered, and goes with the next request.
 */
export class DigestFollower implements FollowingDigest, DigestListener {
  readonly #channel: DigestChannel;
  readonly #id: number;
  readonly #algorithm: DigestAlgorithm;
  readonly #descriptor: number;
  /** The thread may use the descriptor. */
  #known = false;
  /** The thread could not go on: the digest is somebody else's to compute. */
  #failed = false;
  #reached = 0;
  /** End of the last stretch the thread was asked for. */
  #asked = 0;
  #sequence = 0;
  #underWay = false;
  #settle: ((hex: string | undefined) => void) | undefined;
  #onStopped: (() => void) | undefined;

  constructor(channel: DigestChannel, id: number, algorithm: DigestAlgorithm, descriptor: number) {
    this.#channel = channel;
    this.#id = id;
    this.#algorithm = algorithm;
    this.#descriptor = descriptor;
  }

  reach(offset: number): void {
    this.#reached = Math.max(this.#reached, offset);
    this.#advance();
  }

  restart(): void {
    this.#reached = 0;
    this.#asked = 0;
    this.#underWay = false;
    // What is still replied to an earlier request is void, too.
    this.#sequence += 1;
    if (this.#known) this.#channel.post({ kind: 'forget', id: this.#id }, this);
  }

  async finish(sizeBytes: number, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    if (!this.#known || this.#failed) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#settle = resolve;
    this.#ask(sizeBytes, true);
    try {
      return await this.#channel.waitFor(promise);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#known) {
      const stopped = new Promise<void>((resolve) => {
        this.#onStopped = resolve;
      });
      if (this.#channel.post({ kind: 'stop', id: this.#id }, this)) {
        await this.#channel.waitFor(stopped);
      }
    }
    this.#channel.silence(this.#id);
  }

  replied(reply: DigestReply): void {
    switch (reply.kind) {
      case 'hashed':
        // To an earlier request: this one is still to come.
        if (reply.sequence !== this.#sequence) return;
        this.#underWay = false;
        if (reply.hex === undefined) {
          this.#advance();
        } else {
          this.#known = false;
          this.#settle?.(reply.hex);
        }
        return;
      case 'failed':
        if (reply.sequence === this.#sequence) this.gone();
        return;
      case 'stopped':
        this.#onStopped?.();
    }
  }

  gone(): void {
    this.#failed = true;
    this.#known = false;
    this.#settle?.(undefined);
    this.#onStopped?.();
  }

  #advance(): void {
    const due = this.#known ? this.#asked + STEP_BYTES : FOLLOW_FROM_BYTES;
    if (!this.#underWay && !this.#failed && this.#reached >= due) this.#ask(this.#reached, false);
  }

  #ask(offset: number, last: boolean): void {
    this.#asked = offset;
    this.#underWay = true;
    this.#known = true;
    const asked = this.#channel.post(
      {
        kind: 'hash',
        id: this.#id,
        sequence: ++this.#sequence,
        algorithm: this.#algorithm,
        descriptor: this.#descriptor,
        offset,
        last,
      },
      this,
    );
    if (!asked) this.gone();
  }
}
