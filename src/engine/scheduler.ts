import { BG_JOB_STATE } from '../core/constants.ts';
import type { SchedulerExplanation } from '../core/facts/explanation.ts';
import type { TransferFailure } from '../core/job/failure.ts';
import { isFinal, isForeground } from '../core/job/step.ts';
import type { JobTraits } from '../core/policy/policy-block.ts';
import { chooseJobs, type RunningJob, type WaitingJob } from '../core/schedule/choose-jobs.ts';
import type { Engine, Scheduling } from './engine.ts';
import { JobRun } from './job-run.ts';
import type { LiveJob } from './live-job.ts';
import { BlockSweep } from './policy/block-sweep.ts';
import { explainJob } from './policy/explain-job.ts';
import { failureOfBlock, traitsOf, worldKey, type BlockWorld } from './policy/job-block.ts';
import { runHost } from './run-host.ts';

/**
 * Gives slots to jobs. It looks at the running jobs and at the head of the queue, never at the
 * whole of it, and only when something has changed.
 *
 * A change of the network, of the power supply or of the policies acts on running jobs at once; all
 * others that wait are looked through in the background (policy/block-sweep.ts).
 */
export class Scheduler implements Scheduling {
  readonly #engine: Engine;
  /** Jobs that an earlier process left under way and that nobody has resumed in this one. */
  readonly #admitted = new Set<string>();
  readonly #sweep: BlockSweep;
  /** Blocked jobs as they were when they were last found to be. */
  readonly #judged = new WeakMap<LiveJob, LiveJob['job']>();
  #pending = false;
  #cancelTimer: (() => void) | undefined;
  #online: boolean;
  #worldKey: string;
  readonly #unsubscribe: () => void;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#sweep = new BlockSweep(engine, () => this.#world());
    this.#online = engine.ports.network.current().online;
    this.#worldKey = worldKey(this.#world());
    this.#unsubscribe = engine.ports.network.onChange(() =>
      engine.attempt('follow the network', () => this.#worldChanged()),
    );
  }

  close(): void {
    this.#unsubscribe();
    this.#sweep.close();
    this.#cancelTimer?.();
  }

  admit(live: LiveJob): void {
    if (!this.#engine.settings.startInterrupted) this.#admitted.add(live.id);
    this.reconsider();
  }

  policiesChanged(): void {
    this.#engine.attempt('follow the policies', () => this.#worldChanged());
  }

  reconsider(): void {
    if (this.#pending || this.#engine.closed) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      if (!this.#engine.closed) this.#engine.attempt('schedule jobs', () => this.#decide());
    });
  }

  traitsOf(live: LiveJob): JobTraits {
    return traitsOf(live);
  }

  explain(live: LiveJob): SchedulerExplanation {
    return explainJob(this.#engine, live, {
      running: this.#running(),
      queue: (limit) => this.#queue(isForeground(live.job), limit),
      world: this.#world(),
      admitted: this.#engine.settings.startInterrupted || this.#admitted.has(live.id),
    });
  }

  #decide(): void {
    const { ports, settings } = this.#engine;
    this.#applyBlocks();
    const decision = chooseJobs(
      this.#running(),
      this.#waiting(),
      settings.slots,
      ports.clock.nowMs(),
    );
    for (const id of decision.stop)
      this.#engine.happenAnyway(this.#engine.jobs.get(id), { event: 'slotLost' });
    for (const id of decision.start) this.#start(this.#engine.jobs.get(id));
    this.#cancelTimer?.();
    this.#cancelTimer =
      decision.nextAtMs === undefined
        ? undefined
        : ports.clock.after(decision.nextAtMs - ports.clock.nowMs(), () => this.reconsider());
  }

  #running(): RunningJob[] {
    return this.#engine.jobs
      .busy()
      .flatMap((live) =>
        live.run === undefined
          ? []
          : [{ id: live.id, foreground: isForeground(live.job), sinceMs: live.run.sinceMs }],
      );
  }

  /**
   * As many waiting jobs of each kind as there are slots, in queue order. Those that are blocked
   * leave the queue; a sweep sees to it, for where the first ones are the others may be too.
   */
  #waiting(): WaitingJob[] {
    const { foregroundSlots, backgroundSlots } = this.#engine.settings.slots;
    const heads = [...this.#heads(true, foregroundSlots), ...this.#heads(false, backgroundSlots)];
    const free = heads.filter(({ id }) => this.#blockOf(this.#engine.jobs.get(id)) === undefined);
    // One that is under way ends with another decision.
    if (free.length < heads.length && !this.#sweep.active) this.#sweep.begin();
    return free;
  }

  #heads(foreground: boolean, count: number): WaitingJob[] {
    // Those still busy with something are queued too and may stand first.
    return this.#queue(foreground, count + this.#engine.jobs.busy().length)
      .filter((id) => isWaiting(this.#engine.jobs.get(id)))
      .slice(0, count)
      .map((id) => ({ id, foreground }));
  }

  #queue(foreground: boolean, limit: number): readonly string[] {
    return this.#engine.settings.startInterrupted
      ? this.#engine.ports.store.queued(foreground, limit)
      : this.#admittedQueue(foreground);
  }

  #admittedQueue(foreground: boolean): string[] {
    const jobs = [...this.#admitted].flatMap((id) => {
      const job = this.#engine.jobs.find(id)?.job;
      if (job !== undefined && !isFinal(job.state)) return [job];
      this.#admitted.delete(id);
      return [];
    });
    return jobs
      .filter((job) => job.state === BG_JOB_STATE.QUEUED && isForeground(job) === foreground)
      .sort((a, b) => a.queueOrder - b.queueOrder)
      .map((job) => job.id);
  }

  #start(live: LiveJob): void {
    live.run = new JobRun(runHost(this.#engine, live), this.#engine.ports.clock.nowMs());
    this.#engine.happenAnyway(live, { event: 'slotGranted' });
  }

  /** Policies act on jobs under way at once, and let go of them as soon as they no longer apply. */
  #applyBlocks(): void {
    for (const live of this.#engine.jobs.busy()) {
      const reason = live.run === undefined ? undefined : this.#blockOf(live);
      if (reason !== undefined) {
        this.#engine.happenAnyway(live, { event: 'failed', failure: reason });
      }
    }
    if (this.#sweep.active) return;
    for (const live of this.#engine.jobs.blocked()) {
      const waits = live.job.state === BG_JOB_STATE.TRANSIENT_ERROR;
      // A job that has not changed since is as blocked as it was: the world's changes are swept.
      if (!waits || this.#judged.get(live) === live.job) continue;
      if (this.#blockOf(live) === undefined)
        this.#engine.happenAnyway(live, { event: 'unblocked' });
      else this.#judged.set(live, live.job);
    }
  }

  #blockOf(live: LiveJob): TransferFailure | undefined {
    return failureOfBlock(live, this.#world());
  }

  #world(): BlockWorld {
    return { network: this.#engine.ports.network.current(), policies: this.#engine.policies };
  }

  #worldChanged(): void {
    if (this.#engine.closed) return;
    const world = this.#world();
    const key = worldKey(world);
    if (key === this.#worldKey) return;
    this.#worldKey = key;
    const { online } = world.network;
    const returned = online && !this.#online;
    this.#online = online;
    for (const live of this.#engine.jobs.busy()) {
      if (live.run !== undefined) this.#sweep.visit(live);
    }
    this.#sweep.begin(returned ? 'retry all' : undefined);
    this.reconsider();
  }
}

/** Queued by what is in memory too, which is ahead of a store that could not take a step. */
function isWaiting(live: LiveJob): boolean {
  return live.job.state === BG_JOB_STATE.QUEUED && isReady(live);
}

function isReady(live: LiveJob): boolean {
  return live.run === undefined && live.stopping === undefined && !live.busy;
}
