/**
 * Room for a response head and some of its body. A head has to lie in one block, so this is more
 * than MAX_RESPONSE_HEAD_BYTES.
 */
const SMALL_BLOCK_BYTES = 131_072;

/** One read and one write each; smaller ones cost more calls, larger ones fall out of the CPU's caches. */
const LARGE_BLOCK_BYTES = 524_288;

/** Large blocks in use at once, over all connections: 64 MiB. Who comes later makes do with small ones. */
const MAX_LARGE_IN_USE = 128;

/** Blocks of each size kept for the next connection. */
const MAX_KEPT = 16;

/** Memory that a socket reads into and a file is written from. Whoever uses a part of it holds it. */
export class Block {
  readonly bytes: Uint8Array;
  #holds = 1;
  #spoilt = false;
  readonly #onFree: (reusable: boolean) => void;

  constructor(bytes: Uint8Array, onFree: (reusable: boolean) => void) {
    this.bytes = bytes;
    this.#onFree = onFree;
  }

  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#onFree(!this.#spoilt);
  }

  /** Somebody may still write into it: nobody gets its memory again. */
  spoil(): void {
    this.#spoilt = true;
  }
}

/**
 * Blocks for all connections of a transport. A connection begins with a small block and gets large
 * ones once it fills them, so a thousand slow connections hold little and a fast one reads much at
 * once.
 */
export class BlockPool {
  readonly #small: Uint8Array[] = [];
  readonly #large: Uint8Array[] = [];
  #largeInUse = 0;
  #inUse = 0;

  /** Blocks that somebody holds. */
  get inUse(): number {
    return this.#inUse;
  }

  /** @param large - wanted large; it is small all the same when too many are in use */
  take(large: boolean): Block {
    this.#inUse += 1;
    if (large && this.#largeInUse < MAX_LARGE_IN_USE) {
      this.#largeInUse += 1;
      return takeFrom(this.#large, LARGE_BLOCK_BYTES, () => {
        this.#inUse -= 1;
        this.#largeInUse -= 1;
      });
    }
    return takeFrom(this.#small, SMALL_BLOCK_BYTES, () => {
      this.#inUse -= 1;
    });
  }
}

function takeFrom(kept: Uint8Array[], size: number, onFree: () => void): Block {
  const bytes = kept.pop() ?? Buffer.allocUnsafeSlow(size);
  return new Block(bytes, (reusable) => {
    onFree();
    if (reusable && kept.length < MAX_KEPT) kept.push(bytes);
  });
}
