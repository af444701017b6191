import { BG_JOB_STATE } from '../core/constants.ts';
import { asDeliveryOptimizationError } from '../core/errors.ts';
import { failureOf, type TransferFailure } from '../core/job/failure.ts';
import { remoteNameInForce } from '../core/job/file.ts';
import { isFinal, isForeground } from '../core/job/step.ts';
import { blockReason, isLoopbackUrl, NO_NETWORK } from '../core/schedule/block-reason.ts';
import { chooseJobs } from '../core/schedule/choose-jobs.ts';
import type { NetworkState } from '../ports/network-monitor.ts';
import type { Engine, Scheduling } from './engine.ts';
import { JobRun } from './job-run.ts';
import type { LiveJob } from './live-job.ts';
import { runHost } from './run-host.ts';

/**
 * Gives slots to jobs. It looks at the running jobs and at the head of the queue, never at the
 * whole of it, and only when something has changed.
 */
export class Scheduler implements Scheduling {
  readonly #engine: Engine;
  /** Jobs that an earlier process left under way and that nobody has resumed in this one. */
  readonly #admitted = new Set<string>();
  #pending = false;
  #cancelTimer: (() => void) | undefined;
  readonly #unsubscribe: () => void;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#unsubscribe = engine.ports.network.onChange((state) =>
      engine.attempt('follow the network', () => this.#networkChanged(state)),
    );
  }

  close(): void {
    this.#unsubscribe();
    this.#cancelTimer?.();
  }

  admit(live: LiveJob): void {
    if (!this.#engine.settings.startInterrupted) this.#admitted.add(live.id);
    this.reconsider();
  }

  reconsider(): void {
    if (this.#pending || this.#engine.closed) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      if (!this.#engine.closed) this.#engine.attempt('schedule jobs', () => this.#decide());
    });
  }

  #decide(): void {
    const { ports, settings } = this.#engine;
    this.#applyBlocks();
    const running = this.#engine.jobs
      .held()
      .flatMap((live) =>
        live.run === undefined
          ? []
          : [{ id: live.id, foreground: isForeground(live.job), sinceMs: live.run.sinceMs }],
      );
    const decision = chooseJobs(running, this.#waiting(), settings.slots, ports.clock.nowMs());
    for (const id of decision.stop)
      this.#engine.happenAnyway(this.#engine.jobs.get(id), { event: 'slotLost' });
    for (const id of decision.start) this.#start(this.#engine.jobs.get(id));
    this.#cancelTimer?.();
    this.#cancelTimer =
      decision.nextAtMs === undefined
        ? undefined
        : ports.clock.after(decision.nextAtMs - ports.clock.nowMs(), () => this.reconsider());
  }

  /** As many waiting jobs of each kind as there are slots, in queue order. */
  #waiting(): { id: string; foreground: boolean }[] {
    const { slots } = this.#engine.settings;
    return [
      ...this.#queued(true, slots.foregroundSlots),
      ...this.#queued(false, slots.backgroundSlots),
    ];
  }

  #queued(foreground: boolean, count: number): { id: string; foreground: boolean }[] {
    const { store } = this.#engine.ports;
    const ids = this.#engine.settings.startInterrupted
      ? // Those still busy with something are queued too and may stand first.
        store.queued(foreground, count + this.#engine.jobs.busy().length)
      : this.#admittedQueue(foreground);
    return ids
      .filter((id) => isWaiting(this.#engine.jobs.get(id)))
      .slice(0, count)
      .map((id) => ({ id, foreground }));
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
    const reason = this.#blockOf(live);
    if (reason !== undefined) {
      this.#engine.happenAnyway(live, { event: 'failed', failure: reason });
      return;
    }
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
    for (const live of this.#engine.jobs.blocked()) {
      const waits = live.job.state === BG_JOB_STATE.TRANSIENT_ERROR;
      if (waits && this.#blockOf(live) === undefined) {
        this.#engine.happenAnyway(live, { event: 'unblocked' });
      }
    }
  }

  /** What keeps the job from transferring; a record that cannot be read is a reason of its own. */
  #blockOf(live: LiveJob): TransferFailure | undefined {
    try {
      const file = live.nextFile();
      const local = file === undefined || isLoopbackUrl(remoteNameInForce(file));
      return blockReason(live.job, this.#engine.ports.network.current(), local);
    } catch (error) {
      return { ...failureOf(asDeliveryOptimizationError(error, 'E_UNEXPECTED')), kind: 'fatal' };
    }
  }

  #networkChanged(state: NetworkState): void {
    for (const id of this.#engine.ports.store.interrupted(true)) {
      const live = this.#engine.jobs.get(id);
      if (state.online) this.#engine.happenAnyway(live, { event: 'unblocked' });
      else if (this.#blockOf(live) !== undefined) {
        this.#engine.happenAnyway(live, { event: 'networkLost', failure: NO_NETWORK });
      }
    }
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
