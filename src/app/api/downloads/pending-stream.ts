import { DeliveryOptimizationError } from '../../../core/errors.ts';
import type { DownloadStream } from '../../../core/interfaces/download.ts';

/** Whoever takes the chunks of a download: resolves once it wants the next one. */
export type TakeChunk = (chunk: Uint8Array) => Promise<void>;

/** A reader that is there. One of the two is called, once. */
export interface AttachedReader {
  /** It has everything: the next chunk waits for the next reader. */
  finish(): void;
  /** It went away before the end: the writer is told with the chunk it holds, or with the next one. */
  leave(): void;
}

/**
 * The stream of a download whose reader may come later, or come again: it keeps no bytes. A chunk
 * waits until somebody reads, so a download may be started before its reader comes.
 *
 * A reader that leaves too early refuses one chunk, and that ends the download with an error, for
 * nobody knows which bytes arrived. Started again, it waits for a reader as before.
 */
export class PendingStream implements DownloadStream {
  #take: TakeChunk | undefined;
  #taking = false;
  #refuseNext = false;
  #closed = false;
  #change: PromiseWithResolvers<void> = Promise.withResolvers();

  async write(chunk: Uint8Array): Promise<void> {
    while (this.#take === undefined && !this.#refuseNext && !this.#closed) {
      await this.#change.promise;
    }
    const take = this.#take;
    if (take === undefined) {
      this.#refuseNext = false;
      throw new DeliveryOptimizationError(
        'ERROR_OPERATION_ABORTED',
        'Whoever read the content of the download went away.',
      );
    }
    this.#taking = true;
    try {
      await take(chunk);
    } finally {
      this.#taking = false;
    }
  }

  /** A reader has come. DO_E_INVALID_STATE while there is another one. */
  attach(take: TakeChunk): AttachedReader {
    if (this.#take !== undefined) {
      throw new DeliveryOptimizationError(
        'DO_E_INVALID_STATE',
        'The content of this download is being read already.',
      );
    }
    this.#take = take;
    this.#refuseNext = false;
    this.#changed();
    const detach = (refuseNext: boolean): void => {
      if (this.#take !== take) return;
      this.#take = undefined;
      this.#refuseNext = refuseNext;
      this.#changed();
    };
    return { finish: () => detach(false), leave: () => detach(!this.#taking) };
  }

  /** The download is given up: whoever waits to write is refused. */
  close(): void {
    this.#closed = true;
    this.#changed();
  }

  #changed(): void {
    const change = this.#change;
    this.#change = Promise.withResolvers();
    change.resolve();
  }
}
