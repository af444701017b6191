import { BG_JOB_STATE } from '../../core/constants.ts';
import { isUnderWay } from '../../core/job/step.ts';
import type { JobFilter } from '../../ports/job-store.ts';
import { allIds } from '../all-ids.ts';
import type { Engine } from '../engine.ts';
import { inBatches, type Walk } from '../in-batches.ts';
import type { LiveJob } from '../live-job.ts';
import { failureOfBlock, type BlockWorld } from './job-block.ts';

/** Jobs that a change of the world may concern. */
const CONCERNED: JobFilter = {
  states: [
    BG_JOB_STATE.QUEUED,
    BG_JOB_STATE.CONNECTING,
    BG_JOB_STATE.TRANSFERRING,
    BG_JOB_STATE.TRANSIENT_ERROR,
  ],
  includeFinal: false,
  family: 'both',
};

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
  #walk: Walk | undefined;
  /** The network came back: every job that waits for a retry is worth one. */
  #retryAll = false;
  #visiting = false;
  #closed = false;

  constructor(engine: Engine, world: () => BlockWorld) {
    this.#engine = engine;
    this.#world = world;
  }

  /** Whether some jobs have not been looked at yet. */
  get active(): boolean {
    return this.#walk?.active === true;
  }

  /** Whether the step under way is one that this takes, by the world as it is. */
  get visiting(): boolean {
    return this.#visiting;
  }

  close(): void {
    this.#closed = true;
    this.#walk?.end();
  }

  /** Begins, or begins again; the first batch is done with when this returns. */
  begin(what?: 'retry all'): void {
    if (this.#closed) return;
    if (what === 'retry all') this.#retryAll = true;
    if (!this.#world().network.online) this.#retryAll = false;
    this.#walk?.end();
    this.#walk = inBatches(
      this.#engine,
      'store what a change of the network or the policies means for jobs',
      allIds(this.#engine.ports.store, CONCERNED),
      (live) => this.visit(live),
      () => {
        this.#retryAll = false;
        // What changed of a job while this went on has not been looked at.
        this.#engine.scheduler.reconsider();
      },
    );
  }

  /** What the world as it is means for one job. */
  visit(live: LiveJob): void {
    this.#visiting = true;
    try {
      this.#judge(live);
    } finally {
      this.#visiting = false;
    }
  }

  #judge(live: LiveJob): void {
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
}
