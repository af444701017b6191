import { BG_JOB_STATE } from '../../core/constants.ts';
import { isUnderWay } from '../../core/job/step.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';
import { failureOfBlock, type BlockWorld } from './job-block.ts';

/** Jobs looked at in one go, and stored in one transaction. */
const BATCH_JOBS = 250;

/**
 * Looks through all jobs that are under way or wait, after the world has changed: those that are
 * blocked now stop in TRANSIENT_ERROR, and those that no longer are go into the queue again
 * (job-lifecycle.md table B).
 *
 * A lost network may concern ten thousand jobs in the queue. They are taken in batches, each one
 * commit, and between two of them everything else has its turn.
 */
export class BlockSweep {
  readonly #engine: Engine;
  readonly #world: () => BlockWorld;
  #left: string[] = [];
  #cancelNext: (() => void) | undefined;
  /** The network came back: every job that waits for a retry is worth one. */
  #retryAll = false;
  #closed = false;

  constructor(engine: Engine, world: () => BlockWorld) {
    this.#engine = engine;
    this.#world = world;
  }

  /** Whether some jobs have not been looked at yet. */
  get active(): boolean {
    return this.#left.length > 0;
  }

  close(): void {
    this.#closed = true;
    this.#cancelNext?.();
  }

  /** Begins, or begins again; the first batch is done with when this returns. */
  begin(what?: 'retry all'): void {
    if (this.#closed) return;
    if (what === 'retry all') this.#retryAll = true;
    if (!this.#world().network.online) this.#retryAll = false;
    this.#left = [...this.#engine.ports.store.interrupted(true)];
    this.#batch();
  }

  /** What the world as it is means for one job. */
  visit(live: LiveJob): void {
    const world = this.#world();
    const failure = failureOfBlock(live, world);
    const { TRANSIENT_ERROR } = BG_JOB_STATE;
    const { trouble } = live.job;
    const blocked = trouble?.blockedSinceMs !== undefined;
    if (failure?.code === 'DO_E_BLOCKED_BY_NO_NETWORK') {
      const known = blocked && live.job.state === TRANSIENT_ERROR;
      if (!known) this.#engine.happenAnyway(live, { event: 'networkLost', failure });
      return;
    }
    // A job that is blocked by another rule than before is told so.
    const outdated = trouble?.failure.kind === 'policy' && trouble.failure.code !== failure?.code;
    const freed = (blocked && failure === undefined) || outdated || this.#retryAll;
    if (live.job.state === TRANSIENT_ERROR && freed) {
      this.#engine.happenAnyway(live, { event: 'unblocked' });
    }
    if (failure !== undefined && isUnderWay(live.job.state)) {
      this.#engine.happenAnyway(live, { event: 'failed', failure });
    }
  }

  #batch(): void {
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    const { ports, jobs } = this.#engine;
    const ids = this.#left.splice(0, BATCH_JOBS);
    // Steps that could not be stored are taken all the same, as `happenAnyway` does for one.
    this.#engine.attempt('store what a change of the network or the policies means for jobs', () =>
      ports.store.together(() => {
        for (const id of ids) {
          // A record that cannot be read loses its own job alone.
          this.#engine.attempt(`look at job ${id}`, () => {
            const live = jobs.find(id);
            if (live !== undefined) this.visit(live);
          });
        }
      }),
    );
    if (this.#left.length === 0) {
      this.#retryAll = false;
      // What changed of a job while this went on has not been looked at.
      this.#engine.scheduler.reconsider();
      return;
    }
    this.#cancelNext = ports.clock.after(0, () => {
      this.#cancelNext = undefined;
      if (!this.#closed) this.#engine.attempt('look through the jobs', () => this.#batch());
    });
  }
}
