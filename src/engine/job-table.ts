import { DeliveryOptimizationError } from '../core/errors.ts';
import type { JobStore } from '../ports/job-store.ts';
import { LiveJob } from './live-job.ts';

/**
 * The jobs in memory. Those with something of their own to keep (a transfer, a timer, a callback)
 * are held; all others are remembered only as long as somebody outside holds them, and are read
 * from the store again when asked for. So a queue of a hundred thousand idle jobs costs nothing.
 */
export class JobTable {
  readonly #store: JobStore;
  readonly #known = new Map<string, WeakRef<LiveJob>>();
  readonly #held = new Map<string, LiveJob>();
  /** Held jobs that hold a slot or are busy, and those that a policy or the network blocks. */
  readonly #busy = new Set<LiveJob>();
  readonly #blocked = new Set<LiveJob>();
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
    return job === undefined ? undefined : this.adopt(new LiveJob(job, this.#store));
  }

  /** The job if something of it is in memory; the store is not asked. */
  peek(id: string): LiveJob | undefined {
    return this.#known.get(id)?.deref();
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
  }

  /** To be called whenever something of the job may have come to life or to rest. */
  review(live: LiveJob): void {
    if (live.isAlive()) this.#held.set(live.id, live);
    else this.#held.delete(live.id);
    note(this.#busy, live, live.run !== undefined || live.stopping !== undefined || live.busy);
    note(this.#blocked, live, live.job.trouble?.blockedSinceMs !== undefined);
  }

  /** Jobs with a transfer, or with work on their files under way. */
  busy(): readonly LiveJob[] {
    return [...this.#busy];
  }

  /** Jobs whose clock rests because they may not, or cannot yet, transfer. */
  blocked(): readonly LiveJob[] {
    return [...this.#blocked];
  }

  /** A snapshot: what is done to one may change which are held. */
  held(): readonly LiveJob[] {
    return [...this.#held.values()];
  }
}

function note(set: Set<LiveJob>, live: LiveJob, belongs: boolean): void {
  if (belongs) set.add(live);
  else set.delete(live);
}
