import { BG_JOB_STATE } from '../core/constants.ts';
import type { SchedulerExplanation } from '../core/facts/explanation.ts';
import type { TransferFailure } from '../core/job/failure.ts';
import type { Job } from '../core/job/job.ts';
import { isForeground } from '../core/job/step.ts';
import type { JobTraits } from '../core/policy/policy-block.ts';
import { chooseJobs, type RunningJob, type WaitingJob } from '../core/schedule/choose-jobs.ts';
import { AdmittedJobs } from './admitted-jobs.ts';
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
  /**
   * Where interrupted jobs are left alone: those that somebody has resumed in this process, and the
   * queues of them alone. Undefined where the queues of the store are the ones that count.
   */
  readonly #admitted: AdmittedJobs | undefined;
  readonly #sweep: BlockSweep;
  /**
   * Jobs that wait for a rule to let them go, and have changed since the rules were asked. All others
   * are as blocked as they were: the world's changes are swept.
   */
  readonly #unjudged = new Set<string>();
  #pending = false;
  #cancelTimer: (() => void) | undefined;
  #online: boolean;
  #worldKey: string;
  readonly #unsubscribe: DisposableStack = new DisposableStack();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#admitted = engine.settings.startInterrupted ? undefined : new AdmittedJobs();
    this.#sweep = new BlockSweep(engine, () => this.#world());
    this.#online = engine.ports.network.current().online;
    this.#worldKey = worldKey(this.#world());
    this.#unsubscribe.defer(
      engine.ports.network.onChange(() =>
        engine.attempt('follow the network', () => this.#worldChanged()),
      ),
    );
    this.#unsubscribe.defer(engine.changes.on((live) => this.#jobChanged(live)));
  }

  close(): void {
    this.#unsubscribe.dispose();
    this.#sweep.close();
    this.#cancelTimer?.();
  }

  admit(live: LiveJob): void {
    this.#admitted?.admit(live.job);
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
      admitted: this.#admitted?.has(live.id) ?? true,
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
    return (this.#admitted ?? this.#engine.ports.store).queued(foreground, limit);
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
    const unjudged = [...this.#unjudged];
    this.#unjudged.clear();
    for (const id of unjudged) {
      const live = this.#engine.jobs.find(id);
      if (live === undefined || !waitsForRule(live.job)) continue;
      if (this.#blockOf(live) === undefined)
        this.#engine.happenAnyway(live, { event: 'unblocked' });
    }
  }

  #jobChanged(live: LiveJob): void {
    this.#admitted?.changed(live.job);
    if (waitsForRule(live.job) && !this.#sweep.visiting) this.#unjudged.add(live.id);
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

function waitsForRule({ state, trouble }: Job): boolean {
  return state === BG_JOB_STATE.TRANSIENT_ERROR && trouble?.blockedSinceMs !== undefined;
}

/** Queued by what is in memory too, which is ahead of a store that could not take a step. */
function isWaiting(live: LiveJob): boolean {
  return live.job.state === BG_JOB_STATE.QUEUED && isReady(live);
}

function isReady(live: LiveJob): boolean {
  return live.run === undefined && live.stopping === undefined && !live.busy;
}
