/** What the queue needs of the connection that feeds it. */
export interface BodyFeed {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** Bytes that may wait for a slow reader before its connection is paused. */
const HIGH_WATER_BYTES = 262_144;

/**
 * A response body between the connection, which pushes, and its one reader, which pulls. Bounded:
 * beyond the high-water mark the connection is paused until the reader has caught up.
 */
export class BodyQueue implements AsyncIterable<Uint8Array> {
  readonly #feed: BodyFeed;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(feed: BodyFeed) {
    this.#feed = feed;
  }

  push(chunk: Uint8Array): void {
    // undici hands out an empty one when a paused connection goes on with nothing to read.
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#feed.pause();
    }
    this.#signal();
  }

  end(): void {
    this.#ended = true;
    this.#signal();
  }

  /** What arrived before the failure is still read first: bytes received are bytes kept. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#signal();
  }

  discard(): void {
    if (!this.#ended && this.#failure === undefined) {
      this.#feed.abort(new Error('The rest of the answer is not wanted.'));
    }
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#ended = true;
    this.#signal();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          this.#bytes -= chunk.length;
          yield chunk;
        } else if (this.#failure !== undefined) {
          throw this.#failure;
        } else if (this.#ended) {
          return;
        } else {
          await this.#more();
        }
      }
    } finally {
      this.discard();
    }
  }

  #more(): Promise<void> {
    if (this.#paused) {
      this.#paused = false;
      this.#feed.resume();
      if (this.#chunks.length > 0 || this.#ended || this.#failure !== undefined)
        return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
