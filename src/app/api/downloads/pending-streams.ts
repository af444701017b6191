import { DeliveryOptimizationError } from '../../../core/errors.ts';
import { PendingStream } from './pending-stream.ts';

/** The streams of the downloads that have one, by the id of the download. Live in this process only. */
export class PendingStreams {
  readonly #streams = new Map<string, PendingStream>();

  /** A stream for a download; the one it has stays. */
  of(id: string): PendingStream {
    const stream = this.#streams.get(id) ?? new PendingStream();
    this.#streams.set(id, stream);
    return stream;
  }

  /** The stream to read from; DO_E_INVALID_STATE for a download that has none. */
  toRead(id: string): PendingStream {
    const stream = this.#streams.get(id);
    if (stream !== undefined) return stream;
    throw new DeliveryOptimizationError(
      'DO_E_INVALID_STATE',
      `Download ${id} does not stream: set property 14 to {"type":"stream"} before it is started.`,
    );
  }

  has(id: string): boolean {
    return this.#streams.has(id);
  }

  forget(id: string): void {
    this.#streams.get(id)?.close();
    this.#streams.delete(id);
  }
}
