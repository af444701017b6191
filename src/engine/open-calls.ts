import type { JobStore } from '../ports/job-store.ts';
import type { LiveJob } from './live-job.ts';

/** Calls and deletions under way: each ends once what it has done, or found, survives a power cut. */
export class OpenCalls {
  readonly #store: Pick<JobStore, 'flushed'>;
  readonly #open = new Set<Promise<unknown>>();

  constructor(store: Pick<JobStore, 'flushed'>) {
    this.#store = store;
  }

  /** Runs a task on a job after those before it. */
  on<Result>(live: LiveJob, task: () => Result | Promise<Result>): Promise<Result> {
    const answer = this.#track(async () => {
      const result = await live.serial.run(task);
      await this.#store.flushed();
      return result;
    });
    const answered = Promise.allSettled([live.answered, answer]).then(() => {
      if (live.answered === answered) live.answered = undefined;
    });
    live.answered = answered;
    return answer;
  }

  /** Waits for the flush of all that is stored by now. */
  flushed(): Promise<void> {
    return this.#track(() => this.#store.flushed());
  }

  /** Resolves once none is under way, those that others of them begin included. */
  async ended(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  async #track<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = work();
    this.#open.add(result);
    try {
      return await result;
    } finally {
      this.#open.delete(result);
    }
  }
}
