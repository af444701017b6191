import { BG_JOB_STATE } from '../core/constants.ts';
import { DeliveryOptimizationError, messageOf } from '../core/errors.ts';
import { uuidV7, UUID_RANDOM_BYTES } from '../core/ids.ts';
import type { SchedulerExplanation } from '../core/facts/explanation.ts';
import { createdEvent, eventsOf, touchedBy } from '../core/facts/events-of.ts';
import { applyCall, newJob, type JobCall } from '../core/job/calls.ts';
import { nextWakeUp } from '../core/job/clocks.ts';
import { applyEvent, type JobEvent } from '../core/job/events.ts';
import { countFiles, recount, type JobFile } from '../core/job/file.ts';
import { NO_FILES, type Job } from '../core/job/job.ts';
import {
  isFinal,
  QUEUE_ORDER_STEP,
  refuseState,
  type Effect,
  type Moment,
  type Step,
  type TakenStep,
} from '../core/job/step.ts';
import { MAX_CONCURRENT_CALLBACKS } from '../core/limits.ts';
import type { CacheHostRules } from '../core/picker/cache-hosts.ts';
import type { EffectiveLimits } from '../core/policy/effective-limits.ts';
import type { Policies } from '../core/policy/policies.ts';
import type { JobTraits } from '../core/policy/policy-block.ts';
import type { RetryPolicy } from '../core/retry/retry-delay.ts';
import type { SlotRules } from '../core/schedule/choose-jobs.ts';
import type { OutboxRow, StoreChange } from '../ports/job-store.ts';
import type { PartialFiles } from '../ports/partial-files.ts';
import type { Ports } from '../ports/ports.ts';
import { CallbackSlots } from '../notify/callback-slots.ts';
import { changeOf, outboxEvents } from './change-of.ts';
import { Changes } from './changes.ts';
import { DoneFiles, type Happening } from './done-files.ts';
import { JobTable } from './job-table.ts';
import { LiveJob } from './live-job.ts';
import { OpenCalls } from './open-calls.ts';
import { DEFAULT_POLICIES } from './policy/default-policies.ts';
import { TransferPolicy } from './policy/transfer-policy.ts';
import { OriginBudget } from './transfer/origin-budget.ts';
import { WakeUps } from './wake-ups.ts';
import type { TransferSettings } from './transfer/transfer-context.ts';

export interface EngineSettings {
  readonly transfer: TransferSettings;
  readonly slots: SlotRules;
  readonly retry: RetryPolicy;
  readonly connectionsPerOrigin: number;
  /** Bytes per second over all jobs; undefined is unlimited. Without effect beside `policies`. */
  readonly maxBytesPerSecond: number | undefined;
  /** What applies until `applyPolicies` says otherwise. Default: no limit but the one above. */
  readonly policies?: Policies;
  /** Cache hosts of a job that has its own; undefined: those of the policies. */
  readonly cacheHostsFor?: (job: Job) => CacheHostRules | undefined;
  /** Directory for the bytes of downloads that go to a stream; absent: such downloads are refused. */
  readonly streamDirectory?: string;
  /** Name recorded as the owner of new jobs. */
  readonly owner: string;
  /** Whether jobs that an earlier process left under way go on by themselves. */
  readonly startInterrupted: boolean;
  /** Final jobs stay in the store this long, in milliseconds; HISTORY_MS unless told. */
  readonly historyMs?: number;
  /** Events that must stay in the log, where somebody is still to be told of them. */
  readonly owedEvents?: () => { readonly protectedSequence?: number };
  /** Hears of trouble that no caller can be told of. */
  readonly onWarning: (message: string) => void;
}

/** Settings that may change while the engine runs, besides the policies. */
export type AdjustableSettings = Pick<EngineSettings, 'slots' | 'retry' | 'connectionsPerOrigin'>;

/** What a caller says of a new job; its owner is the engine's own user unless told. */
export type NewJob = Pick<Job, 'displayName' | 'type' | 'priority'> &
  Partial<Pick<Job, 'owner' | 'download'>>;

/** What a new job begins with, all of it checked. */
export interface Beginning {
  /** Its files, given the job's id. */
  readonly files?: (jobId: string) => readonly JobFile[];
  readonly properties?: Partial<Job>;
  readonly customHeaders?: string;
  /** Resumed at once: it stands in the queue when it is first seen. */
  readonly resumed?: boolean;
  /** The request it answers, so that the same request makes no second job. */
  readonly answers?: Pick<NonNullable<StoreChange['answers']>, 'key' | 'fingerprint'>;
}

/** Gives slots to jobs. */
export interface Scheduling {
  /** Decides anew which jobs run; once, however often it was asked for. */
  reconsider(): void;
  /** What of a job the rules of the policies look at. Throws when its record cannot be read. */
  traitsOf(live: LiveJob): JobTraits;
  /** What the scheduler goes by for a job, just now. Throws when its record cannot be read. */
  explain(live: LiveJob): SchedulerExplanation;
  /** The policies are other ones: looks anew at every job that they may block. */
  policiesChanged(): void;
  /** The job may be scheduled although interrupted jobs are left alone: its caller has asked. */
  admit(live: LiveJob): void;
  close(): void;
}

/** What stands on the engine and is needed by it; given from outside, so that it knows neither. */
export interface EngineParts {
  makeScheduler(engine: Engine): Scheduling;
  /** Deletes the partial files of a final job; resolves to whether none is left. */
  discardFiles(engine: Engine, live: LiveJob): Promise<boolean>;
}

/**
 * Carries out what core decides. One thing happens at a time: a call or an event becomes a step of
 * one job; the new job and what goes with it are stored in one transaction; then come the effects,
 * each of which may be repeated after a crash.
 */
export class Engine {
  readonly ports: Ports;
  readonly jobs: JobTable;
  readonly origins: OriginBudget;
  /** Limits, cache hosts and the count of what arrives. */
  readonly policy: TransferPolicy;
  readonly callbackSlots: CallbackSlots = new CallbackSlots(MAX_CONCURRENT_CALLBACKS);
  /** Tells of every step and of bytes that arrived. */
  readonly changes: Changes = new Changes();
  /** Makes finished files done, many in one transaction. */
  readonly doneFiles: DoneFiles;
  readonly scheduler: Scheduling;
  readonly #parts: EngineParts;
  readonly #wakeUps: WakeUps;
  /** Jobs with steps in the transaction that is under way. */
  #together: Set<LiveJob> | undefined;
  #settings: EngineSettings;
  #queueOrder: number;
  readonly #calls: OpenCalls;
  readonly #ending = new AbortController();
  #closed = false;

  constructor(ports: Ports, settings: EngineSettings, parts: EngineParts) {
    this.ports = ports;
    this.#settings = settings;
    this.jobs = new JobTable(ports.store);
    this.#calls = new OpenCalls(ports.store);
    this.origins = new OriginBudget(settings.connectionsPerOrigin);
    this.policy = new TransferPolicy(ports, policiesOf(settings), (what, task) =>
      this.attempt(what, task),
    );
    this.#parts = parts;
    this.#wakeUps = new WakeUps(ports.clock, (ids) => this.#wake(ids));
    this.doneFiles = new DoneFiles(ports.clock, (happenings) => this.happenTogether(happenings));
    this.scheduler = parts.makeScheduler(this);
    this.#queueOrder = ports.store.maxQueueOrder;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get settings(): EngineSettings {
    return this.#settings;
  }

  /** Puts other settings in force, from the next decision on; files under way keep their connections. */
  applySettings(changes: AdjustableSettings): void {
    const { connectionsPerOrigin } = changes;
    this.#settings = {
      ...this.#settings,
      ...changes,
      transfer: { ...this.#settings.transfer, connectionsPerFile: connectionsPerOrigin },
    };
    this.origins.setCap(connectionsPerOrigin);
    this.scheduler.reconsider();
  }

  get policies(): Policies {
    return this.policy.policies;
  }

  /** The limits in force just now, and the rules that set them. */
  get limits(): EffectiveLimits {
    return this.policy.limits;
  }

  /** The best rate measured within the last hour, in bytes per second; undefined before there is one. */
  get linkBytesPerSecond(): number | undefined {
    return this.policy.meter.linkBytesPerSecond;
  }

  /** Puts other policies in force at once, for running transfers and waiting jobs alike. */
  applyPolicies(policies: Policies): void {
    this.policy.apply(policies);
    this.scheduler.policiesChanged();
  }

  /** Aborts when the engine is closed, for whoever waits for something of it. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Does what nobody waits for: a failure is told as a warning, and whoever asked goes on. */
  attempt(what: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      this.settings.onWarning(`It was not possible to ${what}: ${messageOf(error)}`);
    }
  }

  /**
   * Takes steps of several jobs, and stores them in one transaction. A failure of it is told as a
   * warning; the steps stay taken in memory, which is then ahead of the store.
   *
   * @param what - completes the sentence "It was not possible to …"
   */
  together(what: string, work: () => void): void {
    const stepped = new Set<LiveJob>();
    this.#together = stepped;
    try {
      this.ports.store.together(work);
    } catch (error) {
      this.settings.onWarning(`It was not possible to ${what}: ${messageOf(error)}`);
      for (const live of stepped) {
        live.ahead = true;
        this.jobs.review(live);
      }
    } finally {
      this.#together = undefined;
    }
  }

  /**
   * Runs a task on a job after those before it, and resolves once all that it has changed or found
   * survives a power cut; `close` waits for it.
   */
  operate<Result>(live: LiveJob, task: () => Result | Promise<Result>): Promise<Result> {
    return this.#calls.on(live, task);
  }

  /** Resolves once all that is stored by now survives a power cut; `close` waits for it. */
  flushed(): Promise<void> {
    return this.#calls.flushed();
  }

  /** Partial files with the rights of a job's owner; the engine's own for what goes to a stream. */
  partialsOf({ owner, download }: Pick<Job, 'owner' | 'download'>): PartialFiles {
    if (download?.streams === true) return this.ports.partials;
    return this.ports.partialsFor?.(owner) ?? this.ports.partials;
  }

  /** Throws DO_E_NO_SERVICE once the engine is closed. */
  assertOpen(): void {
    if (!this.#closed) return;
    throw new DeliveryOptimizationError(
      'DO_E_NO_SERVICE',
      'The manager is closed: open it again to use its jobs.',
    );
  }

  /** Throws DO_E_INVALID_STATE for a final job: its state is checked before any argument. */
  assertChangeable(live: LiveJob, call: string): void {
    if (isFinal(live.job.state)) this.#accepted(refuseState(live.job, call));
  }

  /** Final events that nobody has acknowledged; none while the store cannot be read. */
  unacknowledged(live: LiveJob): readonly OutboxRow[] {
    if (live.unstoredFinal !== undefined) {
      return [{ sequence: UNSTORED, jobId: live.id, event: live.unstoredFinal }];
    }
    try {
      return this.ports.store.outboxOf(live.id);
    } catch (error) {
      this.settings.onWarning(`Job ${live.id}: its events could not be read: ${messageOf(error)}`);
      return [];
    }
  }

  /** A callback has taken a final event: it is not told again. */
  acknowledge(live: LiveJob, sequence: number): void {
    if (sequence === UNSTORED) {
      live.unstoredFinal = undefined;
      return;
    }
    try {
      this.ports.store.acknowledge(sequence);
    } catch (error) {
      // The event stays in the store and is told once more: at least once is what was promised.
      this.settings.onWarning(
        `Job ${live.id}: an acknowledgement could not be stored: ${messageOf(error)}`,
      );
    }
  }

  /**
   * A new job, stored with everything it begins with in one transaction. Resolves once it survives a
   * power cut. Rejects with the store's error when that cannot be; there is no such job then, unless
   * it answers a request, which finds it when it is repeated.
   */
  async createJob(wanted: NewJob, beginning: Beginning = {}): Promise<LiveJob> {
    const { clock, randomness, store } = this.ports;
    const id = uuidV7(clock.wallMs(), randomness.bytes(UUID_RANDOM_BYTES));
    const identity = { owner: this.settings.owner, ...wanted, id, queueOrder: 0 };
    const empty = newJob(identity, clock.wallMs(), NO_FILES);
    const files = beginning.files?.(id) ?? [];
    const filled: Job = { ...empty, ...beginning.properties, files: countFiles(files) };
    const job =
      beginning.resumed === true
        ? this.#accepted(applyCall(filled, { call: 'resume' }, this.#moment())).job
        : filled;
    const { customHeaders, answers } = beginning;
    store.commit({
      job,
      files,
      // What it begins with is no change; that it is in the queue already is one of its state.
      events: [createdEvent(job), ...eventsOf(filled, job, {}, clock.wallMs())],
      ...(customHeaders === undefined
        ? {}
        : { customHeaders: { jobId: id, headers: customHeaders } }),
      ...(answers === undefined
        ? {}
        : { answers: { ...answers, owner: job.owner, jobId: id, atMs: clock.wallMs() } }),
    });
    this.#queueOrder = Math.max(this.#queueOrder, job.queueOrder);
    const live = this.jobs.adopt(new LiveJob(job, store));
    this.changes.emit(live);
    if (job.state === BG_JOB_STATE.QUEUED) this.scheduler.admit(live);
    try {
      await this.flushed();
    } catch (error) {
      // Nobody knows its id.
      if (answers === undefined) {
        this.attempt(`drop job ${id}`, () => this.call(live, { call: 'cancel' }));
      }
      throw error;
    }
    return live;
  }

  /**
   * Applies a call. Throws its refusal, or the store's error, and has then changed nothing.
   *
   * @param files - files that change with it, stored in the same transaction
   */
  call(live: LiveJob, call: JobCall, files: readonly JobFile[] = []): void {
    const step = this.#accepted(applyCall(live.job, call, this.#moment()));
    this.#act(live, step, files, touchedBy(call));
  }

  /** Applies an event whose step must be stored before anything follows from it. */
  happen(live: LiveJob, event: JobEvent, files: readonly JobFile[] = []): void {
    this.#act(live, this.#accepted(applyEvent(live.job, event, this.#moment())), files);
  }

  /**
   * Applies events of several jobs, one of each, that must be stored before anything follows from
   * them, in one transaction.
   *
   * @returns for each event what kept it from being stored; it has then changed nothing
   */
  happenTogether(happenings: readonly Happening[]): readonly unknown[] {
    const { store } = this.ports;
    const steps = happenings.map(({ live, event }) =>
      this.#accepted(applyEvent(live.job, event, this.#moment())),
    );
    const errors: unknown[] = happenings.map(() => undefined);
    const stored = new Set<LiveJob>();
    const storeAll = (): void => {
      for (const [index, { live, files }] of happenings.entries()) {
        try {
          if (this.#store(live, steps[index]!, files)) stored.add(live);
        } catch (error) {
          errors[index] = error;
        }
      }
    };
    try {
      if (happenings.length > 1) store.together(storeAll);
      else storeAll();
    } catch (error) {
      errors.fill(error);
    }
    for (const [index, { live, files }] of happenings.entries()) {
      if (errors[index] !== undefined) continue;
      if (stored.has(live)) live.ahead = false;
      this.#take(live, steps[index]!, files);
    }
    return errors;
  }

  /**
   * Applies an event that has happened whether it can be stored or not. When the store fails, the
   * step is taken in memory alone: after a restart the job goes on from its last stored state,
   * which is behind and never ahead.
   */
  happenAnyway(live: LiveJob, event: JobEvent, files: readonly JobFile[] = []): void {
    const step = this.#accepted(applyEvent(live.job, event, this.#moment()));
    try {
      this.#act(live, step, files);
    } catch (error) {
      this.settings.onWarning(
        `Job ${live.id}: the step "${event.event}" could not be stored: ${messageOf(error)}`,
      );
      live.ahead = true;
      this.#take(live, step, files);
      const final = outboxEvents(step.effects).at(-1);
      if (final !== undefined) live.unstoredFinal = final;
      live.notifications?.finalChanged();
    }
  }

  /** Takes on a file that changed while it is transferred. Stored with its next checkpoint. */
  fileProgress(live: LiveJob, file: JobFile, progressed: boolean): void {
    const files = recount(live.job.files, live.files[file.index], file);
    live.setFile(file);
    const before = live.job;
    const step = this.#accepted(
      applyEvent(before, { event: 'filesChanged', files, progressed }, this.#moment()),
    );
    live.job = step.job;
    if (before.trouble !== step.job.trouble) this.#arm(live);
    if (step.effects.length > 0) live.notifications?.modified(false);
    this.changes.emit(live);
  }

  /** Stops everything, and leaves every job where it is: the next process goes on from there. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#ending.abort();
    this.scheduler.close();
    const ends: Promise<void>[] = [];
    this.#wakeUps.close();
    for (const live of this.jobs.held()) {
      void live.notifications?.close();
      live.run?.stop();
      if (live.run !== undefined) ends.push(live.run.finished);
      if (live.stopping !== undefined) ends.push(live.stopping);
    }
    await Promise.all(ends);
    this.policy.close();
    // A `complete` that is renaming finishes what it began, and so does what follows from it.
    await this.#calls.ended();
  }

  #accepted(step: Step): TakenStep {
    if (step.kind === 'moved') return step;
    throw new DeliveryOptimizationError(step.code, step.message);
  }

  #moment(): Moment {
    const { clock, randomness } = this.ports;
    return {
      nowMs: clock.nowMs(),
      wallMs: clock.wallMs(),
      random: randomness.sample(),
      nextQueueOrder: this.#queueOrder + QUEUE_ORDER_STEP,
      retry: this.settings.retry,
    };
  }

  #act(
    live: LiveJob,
    step: TakenStep,
    files: readonly JobFile[],
    touched: readonly string[] = [],
  ): void {
    if (this.#store(live, step, files, touched)) {
      live.ahead = false;
      this.#together?.add(live);
    }
    this.#take(live, step, files);
  }

  /** Stores a step; false when it changes nothing, and there is nothing to be stored. */
  #store(
    live: LiveJob,
    step: TakenStep,
    files: readonly JobFile[],
    touched: readonly string[] = [],
  ): boolean {
    const wallMs = this.ports.clock.wallMs();
    const change = changeOf(live, step, { files, touched, wallMs });
    if (change !== undefined) this.ports.store.commit(change);
    return change !== undefined;
  }

  /** The step in memory, and its effects. */
  #take(live: LiveJob, { job, effects }: TakenStep, files: readonly JobFile[]): void {
    if (job.state !== live.job.state) live.unstoredFinal = undefined;
    live.job = job;
    for (const file of files) live.setFile(file);
    this.#queueOrder = Math.max(this.#queueOrder, job.queueOrder);
    this.#arm(live);
    for (const effect of effects) this.#carryOut(live, effect);
    this.jobs.review(live);
    this.changes.emit(live);
  }

  #carryOut(live: LiveJob, effect: Effect): void {
    switch (effect.kind) {
      case 'notify':
        this.#notify(live, effect);
        return;
      case 'stop':
        this.stopRun(live);
        return;
      case 'schedule':
        this.scheduler.reconsider();
        return;
      case 'discard':
        live.busy = true;
        live.discarding = this.operate(live, () => this.#parts.discardFiles(this, live));
        return;
      case 'release':
        live.notifications?.finish(() => {
          live.notifications = undefined;
          live.callback = undefined;
          this.jobs.review(live);
        });
        return;
    }
  }

  #notify(live: LiveJob, effect: Extract<Effect, { kind: 'notify' }>): void {
    switch (effect.event) {
      case 'fileTransferred':
        live.notifications?.fileTransferred(effect.fileIndex);
        return;
      case 'modification':
        live.notifications?.modified(true);
        return;
      case 'transferred':
      case 'error':
        live.notifications?.finalChanged();
        return;
    }
  }

  /** Stops the job's transfer; `live.stopping` resolves once its writes have ended. */
  stopRun(live: LiveJob): void {
    const { run } = live;
    if (run === undefined) return;
    live.run = undefined;
    run.stop();
    live.stopping = run.finished.then(() => {
      live.stopping = undefined;
      this.jobs.review(live);
      this.scheduler.reconsider();
    });
  }

  /** Sets when the job is to be woken for what is due next. */
  #arm(live: LiveJob): void {
    this.#wakeUps.set(live.id, nextWakeUp(live.job)?.atMs);
  }

  #wake(ids: readonly string[]): void {
    const nowMs = this.ports.clock.nowMs();
    const woken = new Set<string>();
    const wakeThem = (): void => {
      for (const id of ids) {
        if (woken.has(id)) continue;
        woken.add(id);
        this.attempt(`wake job ${id}`, () => {
          const live = this.jobs.find(id);
          const wakeUp = live === undefined ? undefined : nextWakeUp(live.job);
          if (live === undefined || wakeUp === undefined) return;
          if (wakeUp.atMs > nowMs) this.#arm(live);
          else this.happenAnyway(live, { event: wakeUp.event });
        });
      }
    };
    this.together('store that jobs were woken', wakeThem);
    // Where not even a transaction begins, the steps are taken in memory alone.
    wakeThem();
  }
}

function policiesOf({ policies, maxBytesPerSecond }: EngineSettings): Policies {
  if (policies !== undefined || maxBytesPerSecond === undefined)
    return policies ?? DEFAULT_POLICIES;
  return { ...DEFAULT_POLICIES, totalBytesPerSecond: maxBytesPerSecond };
}

/** Stands for the sequence number of an event that the store could not take. */
const UNSTORED = -1;
