/**
 * One that waits again and again, for as long as a signal lets it. A hundred listeners wait a thousand
 * times a second, so a wait costs a promise and nothing else: the signal is listened to once, for
 * all waits under it.
 */
export class Wait {
  #current: PromiseWithResolvers<void> | undefined;
  #heeded: AbortSignal | undefined;
  #ended: Error | undefined;
  readonly #onAbort = (): void => this.#fail(this.#heeded?.reason);

  /** Throws when it is over for good, or the signal's reason; from now on a wait ends with the signal. */
  heed(signal: AbortSignal): void {
    if (this.#ended !== undefined) throw this.#ended;
    signal.throwIfAborted();
    if (signal === this.#heeded) return;
    this.#heeded?.removeEventListener('abort', this.#onAbort);
    this.#heeded = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Resolves when the wait is over; rejects when it was ended, or with the reason of the signal. */
  begin(): Promise<void> {
    this.#current ??= Promise.withResolvers();
    return this.#current.promise;
  }

  over(): void {
    const current = this.#current;
    this.#current = undefined;
    current?.resolve();
  }

  /** Ends it for good. */
  end(reason: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#heeded?.removeEventListener('abort', this.#onAbort);
    this.#fail(reason);
  }

  #fail(reason: unknown): void {
    const current = this.#current;
    this.#current = undefined;
    current?.reject(reason);
  }
}
