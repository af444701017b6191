import type { Block } from './block-pool.ts';

/** What a body needs of the connection that fills it. */
export interface BodySource {
  /** There is room again. */
  resume(): void;
  /** Nobody wants the rest. */
  abandon(): void;
}

/** Bytes received and not yet given back, for one body, beyond which its connection is not read. */
const MAX_HELD_BYTES = 1_572_864;

/** A stretch of a block that nobody has read yet. */
interface Unread {
  readonly block: Block;
  readonly start: number;
  end: number;
}

/**
 * A response body whose chunks lie in the blocks the socket reads into: nothing is copied between
 * the kernel and the file. Bounded: with so much received and not given back, reading stops.
 */
export class PooledBody implements AsyncIterable<Uint8Array> {
  readonly #source: BodySource;
  readonly #unread: Unread[] = [];
  readonly #lent = new Map<Uint8Array, Block>();
  #heldBytes = 0;
  #paused = false;
  /** Every byte is here. */
  #complete = false;
  #ended = false;
  #discarded = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  /** The reader will be woken at the end of this turn of the loop. */
  #waking = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** Takes a stretch of a block in. False: read no more until `resume` is called. */
  push(block: Block, start: number, end: number): boolean {
    if (this.#discarded) return true;
    const last = this.#unread.at(-1);
    this.#heldBytes += end - start;
    if (last?.block === block && last.end === start) {
      last.end = end;
    } else {
      block.hold();
      this.#unread.push({ block, start, end });
    }
    this.#paused = this.#heldBytes >= MAX_HELD_BYTES;
    if (this.#paused) this.#signal();
    else this.#signalSoon();
    return !this.#paused;
  }

  /** Every byte has been pushed: the connection is no longer this body's. */
  complete(): void {
    this.#complete = true;
  }

  end(): void {
    this.#complete = true;
    this.#ended = true;
    this.#signal();
  }

  /** What arrived before the failure is still read first: bytes received are bytes kept. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#signal();
  }

  discard(): void {
    if (this.#discarded) return;
    this.#discarded = true;
    if (!this.#complete && this.#failure === undefined) this.#source.abandon();
    for (const { block } of this.#unread) block.release();
    this.#unread.length = 0;
    this.#ended = true;
    this.#signal();
  }

  release(chunk: Uint8Array): void {
    const block = this.#lent.get(chunk);
    if (block === undefined) return;
    this.#lent.delete(chunk);
    this.#heldBytes -= chunk.length;
    block.release();
    if (!this.#paused || this.#heldBytes >= MAX_HELD_BYTES) return;
    this.#paused = false;
    if (!this.#complete && this.#failure === undefined) this.#source.resume();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      // Also before the first chunk, where a generator's `finally` would not run.
      return: () => {
        this.discard();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const next = this.#unread.shift();
      if (next !== undefined) return { done: false, value: this.#lend(next) };
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The hold on the block goes over to the chunk. */
  #lend({ block, start, end }: Unread): Uint8Array {
    const chunk = block.bytes.subarray(start, end);
    this.#lent.set(chunk, block);
    return chunk;
  }

  /** After this turn of the loop: what it still reads, such as more TLS records, is one chunk then. */
  #signalSoon(): void {
    if (this.#wake === undefined || this.#waking) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.#signal();
    });
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
