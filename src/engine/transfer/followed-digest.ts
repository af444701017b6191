import { prefixLength, type IntervalSet } from '../../core/piece/interval-set.ts';
import type { FollowingDigest } from '../../ports/digester.ts';
import type { PartialFile, PartWriter } from '../../ports/partial-files.ts';
import type { TransferContext } from './transfer-context.ts';

/**
 * The digest that a file is to have, computed from its beginning while it is written. Its word is
 * about the bytes on disk or none at all: a second write to bytes that were handed over to be hashed
 * voids all that was, even one that fails, which may have changed some of them.
 */
export class FollowedDigest implements AsyncDisposable {
  /** What the file is to be written through. */
  readonly writer: PartWriter;
  readonly #following: FollowingDigest | undefined;
  /** Bytes at the beginning of the file that were written and handed over to be hashed. */
  #prefix = 0;
  /** Some of them were written again: what changes once may change more, so the end is waited for. */
  #rewritten = false;

  /** Begins with what the file has already; does nothing for a file of which no digest is demanded. */
  constructor(context: Pick<TransferContext, 'file' | 'digester'>, part: PartialFile) {
    const { digest, written } = context.file();
    this.#following = digest && context.digester.follow(digest.algorithm, part);
    this.writer = this.#following === undefined ? part : this.#watched(part);
    this.reached(written);
  }

  /** All of `written` is written, and nothing else is known to be. */
  reached(written: IntervalSet): void {
    const prefix = prefixLength(written);
    if (this.#rewritten || prefix <= this.#prefix) return;
    this.#prefix = prefix;
    this.#following?.reach(prefix);
  }

  /** The file is about to be emptied, and nothing writes to it any more. */
  restart(): void {
    this.#void();
    this.#rewritten = false;
  }

  /** The digest of the whole file, to which nothing writes any more; undefined: it has to be read. */
  async finish(sizeBytes: number, signal: AbortSignal): Promise<string | undefined> {
    this.#following?.reach(sizeBytes);
    return this.#following?.finish(sizeBytes, signal);
  }

  /** Resolves once nothing reads the file any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#following?.[Symbol.asyncDispose]();
  }

  #watched(part: PartialFile): PartWriter {
    const touch = (position: number): void => {
      if (position >= this.#prefix) return;
      this.#void();
      this.#rewritten = true;
    };
    return {
      write: async (buffers, position) => {
        touch(position);
        try {
          await part.write(buffers, position);
        } finally {
          // Other connections may have brought the same bytes meanwhile.
          touch(position);
        }
      },
    };
  }

  #void(): void {
    this.#prefix = 0;
    this.#following?.restart();
  }
}
