/** The answers of one listener that go on until somebody ends them. */
export class OpenStreams {
  readonly #closers = new Set<() => void>();

  /** Notes how to end a stream; returns what to call once it has ended. */
  add(close: () => void): () => void {
    this.#closers.add(close);
    return () => void this.#closers.delete(close);
  }

  /** Ends all of them, so that the listener can close. */
  close(): void {
    for (const close of this.#closers) close();
  }
}
