import { DeliveryOptimizationError } from '../core/errors.ts';
import type { Job } from '../core/job/job.ts';
import { isFinal } from '../core/job/step.ts';
import type { JobStore } from '../ports/job-store.ts';
import { LiveJob, type RestingJob } from './live-job.ts';

/**
 * The jobs in memory. Those with something of their own at work (a transfer, a callback) are held;
 * all others are remembered only as long as somebody outside holds them, and are read from the store
 * again when asked for. So a queue of a hundred thousand idle jobs costs nothing. Of those that wait
 * after a failure, what the store does not know of them is kept, and put back when they are read.
 */
export class JobTable {
  readonly #store: JobStore;
  readonly #known = new Map<string, WeakRef<LiveJob>>();
  readonly #held = new Map<string, LiveJob>();
  /** Jobs in trouble that are not held. */
  readonly #resting = new Map<string, RestingJob>();
  readonly #busy = new Set<LiveJob>();
  readonly #collected = new FinalizationRegistry<string>((id) => {
    if (this.#known.get(id)?.deref() === undefined) this.#known.delete(id);
  });

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** The job, or undefined when the store has none of that id. */
  find(id: string): LiveJob | undefined {
    const known = this.#known.get(id)?.deref();
    if (known !== undefined) return known;
    const job = this.#store.loadJob(id);
    return job === undefined
      ? undefined
      : this.adopt(new LiveJob(job, this.#store, this.#resting.get(id)));
  }

  /** A job as it was just read from the store, or as it is in memory; to be looked at and let go of. */
  view(stored: Job): LiveJob {
    return (
      this.#known.get(stored.id)?.deref() ??
      new LiveJob(stored, this.#store, this.#resting.get(stored.id))
    );
  }

  get(id: string): LiveJob {
    const live = this.find(id);
    if (live !== undefined) return live;
    throw new DeliveryOptimizationError('DO_E_JOB_NOT_FOUND', `There is no job ${id}.`);
  }

  adopt(live: LiveJob): LiveJob {
    this.#known.set(live.id, new WeakRef(live));
    this.#collected.register(live, live.id);
    return live;
  }

  /** The store has forgotten the job: it is not found any more. */
  forget(live: LiveJob): void {
    this.#known.delete(live.id);
    this.#held.delete(live.id);
    this.#resting.delete(live.id);
    this.#busy.delete(live);
  }

  /** To be called whenever something of the job may have come to life or to rest. */
  review(live: LiveJob): void {
    const { id } = live;
    const alive = live.isAlive();
    if (alive) this.#held.set(id, live);
    else this.#held.delete(id);
    const resting = alive ? undefined : live.resting();
    if (resting === undefined) this.#resting.delete(id);
    else this.#resting.set(id, resting);
    const working = live.run !== undefined || live.stopping !== undefined || live.busy;
    // The files of a final job may be under deletion: that concerns the queue no more.
    if (working && !isFinal(live.job.state)) this.#busy.add(live);
    else this.#busy.delete(live);
  }

  /** Jobs that are not final with a transfer, or with work on their files under way. */
  busy(): readonly LiveJob[] {
    return [...this.#busy];
  }

  /** A snapshot: what is done to one may change which are held. */
  held(): readonly LiveJob[] {
    return [...this.#held.values()];
  }
}
