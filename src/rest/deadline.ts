/** Ends a call when its time is up, or when its caller gives up. */
export class Deadline implements Disposable {
  readonly #own = new AbortController();
  readonly #timeoutMs: number;
  readonly #caller: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #late = false;

  /** @param timeoutMs - Infinity for none */
  constructor(timeoutMs: number, caller: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#caller = caller;
    if (caller?.aborted === true) this.#onCallerAbort();
    else caller?.addEventListener('abort', this.#onCallerAbort, { once: true });
    if (timeoutMs === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#late = true;
      this.#own.abort();
    }, timeoutMs);
  }

  /** Aborts on either. */
  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** Drops the time-out; the caller may still give up. */
  extend(): void {
    clearTimeout(this.#timer);
  }

  /** Runs a task; what it throws once the deadline has struck is replaced by why it struck. */
  async guard<Result>(
    late: (timeoutMs: number) => Error,
    task: () => Promise<Result>,
  ): Promise<Result> {
    this.#caller?.throwIfAborted();
    try {
      return await task();
    } catch (error) {
      this.#caller?.throwIfAborted();
      throw this.#late ? late(this.#timeoutMs) : error;
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#onCallerAbort);
  }

  readonly #onCallerAbort = (): void => this.#own.abort(this.#caller?.reason);
}
