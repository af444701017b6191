import type { LiveJob } from './live-job.ts';

/** Tells whoever watches that something of a job changed: a step was taken, or bytes arrived. */
export class Changes {
  readonly #listeners = new Set<{ readonly tell: (live: LiveJob) => void }>();

  /** Calls back after every change, in the middle of the engine's work: the listener notes it and returns. */
  on(tell: (live: LiveJob) => void): () => void {
    // Wrapped, so that one function registered twice is told twice and dropped once.
    const listener = { tell };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(live: LiveJob): void {
    for (const listener of this.#listeners) listener.tell(live);
  }
}
