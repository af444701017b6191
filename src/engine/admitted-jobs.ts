import { BG_JOB_STATE } from '../core/constants.ts';
import type { Job } from '../core/job/job.ts';
import { isFinal, isForeground } from '../core/job/step.ts';
import { RankedIds } from '../core/schedule/ranked-ids.ts';

/**
 * The jobs that somebody has resumed in this process, where those of earlier ones are left alone. The
 * queues of the store hold both, so the queues of these are kept here, in the same order.
 */
export class AdmittedJobs {
  readonly #ids = new Set<string>();
  readonly #foreground = new RankedIds();
  readonly #background = new RankedIds();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  admit(job: Job): void {
    this.#ids.add(job.id);
    this.changed(job);
  }

  /** To be told of every step of every job. */
  changed(job: Job): void {
    const { id, state, queueOrder } = job;
    if (!this.#ids.has(id)) return;
    const queued = state === BG_JOB_STATE.QUEUED;
    for (const foreground of [true, false]) {
      const queue = this.#queue(foreground);
      if (queued && isForeground(job) === foreground) queue.set(id, queueOrder);
      else queue.delete(id);
    }
    if (isFinal(state)) this.#ids.delete(id);
  }

  /** Ids of QUEUED jobs, foreground ones or all others, by queueOrder. */
  queued(foreground: boolean, limit: number): readonly string[] {
    return this.#queue(foreground).first(limit);
  }

  #queue(foreground: boolean): RankedIds {
    return foreground ? this.#foreground : this.#background;
  }
}
