import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BG_JOB_PRIORITY, BG_JOB_STATE } from '../../../src/core/constants.ts';
import { applyCall, newJob, type JobCall } from '../../../src/core/job/calls.ts';
import { nextWakeUp } from '../../../src/core/job/clocks.ts';
import { applyEvent, type JobEvent } from '../../../src/core/job/events.ts';
import type { TransferFailure } from '../../../src/core/job/failure.ts';
import {
  allTransferred,
  NO_FILES,
  type FileCounters,
  type Job,
} from '../../../src/core/job/job.ts';
import type { Step } from '../../../src/core/job/step.ts';
import { FATAL, moment, OFFLINE, POLICY, TOO_OLD, TRANSIENT, WALL_MS } from './fixtures.ts';

type StateName = 'S' | 'Q' | 'T' | 'TE' | 'E' | 'X' | 'A' | 'C';

const STATE: Readonly<Record<StateName, BG_JOB_STATE>> = {
  S: BG_JOB_STATE.SUSPENDED,
  Q: BG_JOB_STATE.QUEUED,
  T: BG_JOB_STATE.TRANSFERRING,
  TE: BG_JOB_STATE.TRANSIENT_ERROR,
  E: BG_JOB_STATE.ERROR,
  X: BG_JOB_STATE.TRANSFERRED,
  A: BG_JOB_STATE.ACKNOWLEDGED,
  C: BG_JOB_STATE.CANCELLED,
};

interface ModelFile {
  size: number;
  sizeKnown: boolean;
  sink: boolean;
  here: number;
  done: boolean;
}

/** The life of a job as the tables tell it, without clocks, flags or effects. */
interface Model {
  state: StateName;
  files: ModelFile[];
  everResumed: boolean;
  /** Whether GetError answers (section 5). */
  hasError: boolean;
  /** Whether only an event ends TRANSIENT_ERROR. */
  blocked: boolean;
  noTimeout: boolean;
}

/** The code under test, with the clocks of its world. */
interface World {
  job: Job;
  nowMs: number;
  wallMs: number;
  order: number;
}

function countersOf(files: readonly ModelFile[]): FileCounters {
  const sum = (of: (file: ModelFile) => number): number =>
    files.reduce((total, file) => total + of(file), 0);
  return {
    total: files.length,
    transferred: sum((file) => (file.done ? 1 : 0)),
    unknownSize: sum((file) => (file.sizeKnown ? 0 : 1)),
    withoutSink: sum((file) => (file.sink ? 0 : 1)),
    bytesTotal: sum((file) => (file.sizeKnown ? file.size : 0)),
    bytesTransferred: sum((file) => file.here),
  };
}

function isFinal(state: StateName): boolean {
  return state === 'A' || state === 'C';
}

/** One step: what the model does, and the input that it corresponds to. */
interface Action {
  /** Says no when the engine could not produce it in this state. */
  possible?(model: Readonly<Model>): boolean;
  /** Changes the model; returns the code of the refusal, if the call is refused. */
  expect(model: Model): string | undefined | void;
  /** `model` is the one after the step. */
  input(model: Readonly<Model>): JobCall | JobEvent;
}

class StepCommand implements fc.Command<Model, World> {
  readonly name: string;
  readonly action: Action;
  readonly elapsedMs: number;
  readonly random: number;

  constructor(name: string, action: Action, elapsedMs: number, random: number) {
    this.name = name;
    this.action = action;
    this.elapsedMs = elapsedMs;
    this.random = random;
  }

  check(model: Readonly<Model>): boolean {
    return this.action.possible?.(model) ?? true;
  }

  run(model: Model, world: World): void {
    world.nowMs += this.elapsedMs;
    world.wallMs += this.elapsedMs;
    const before = { ...model, files: model.files.map((file) => ({ ...file })) };
    const refusal = this.action.expect(model) ?? undefined;
    const step = perform(world, this.action.input(model), this.random);
    if (refusal === undefined) {
      assert.equal(step.kind, 'moved', 'the step is taken');
    } else {
      assert.equal(step.kind === 'refused' && step.code, refusal);
      Object.assign(model, before);
    }
    assertStep(model, before, world, step);
    if (step.kind === 'moved') world.job = step.job;
  }

  toString(): string {
    return `${this.name} +${this.elapsedMs} ms`;
  }
}

function perform(world: World, input: JobCall | JobEvent, random: number): Step {
  const now = moment({
    nowMs: world.nowMs,
    wallMs: world.wallMs,
    random,
    nextQueueOrder: (world.order += 1),
  });
  return 'call' in input ? applyCall(world.job, input, now) : applyEvent(world.job, input, now);
}

/** What holds after every step. */
function assertStep(model: Model, before: Model, world: World, step: Step): void {
  if (step.kind === 'refused') return;
  const { job, effects } = step;
  assert.equal(job.state, STATE[model.state], 'the state the model has');
  if (isFinal(before.state)) {
    assert.equal(job, world.job, 'a final job never changes');
    assert.deepEqual(effects, []);
    return;
  }
  assert.deepEqual(job.files, countersOf(model.files));
  for (const count of Object.values(job.files)) assert.ok(count >= 0, 'no counter is negative');
  assert.ok(job.files.transferred <= job.files.total);
  if (model.state === 'X')
    assert.ok(allTransferred(job.files), 'every file of TRANSFERRED is here');
  const transferred = effects.filter(
    (effect) => effect.kind === 'notify' && effect.event === 'transferred',
  );
  assert.ok(transferred.length <= 1);
  assert.equal(transferred.length === 1, model.state === 'X' && before.state !== 'X');
  assert.equal(
    job.trouble?.reported === true,
    model.hasError,
    'GetError answers as section 5 says',
  );
  if (model.state === 'E' && model.hasError) assert.notEqual(job.trouble?.failure, undefined);
  assertClocks(model, before, world.nowMs, job);
}

function assertClocks(model: Model, before: Model, nowMs: number, job: Job): void {
  const wakeUp = nextWakeUp(job);
  if (model.state === 'TE') {
    assert.equal(job.trouble?.blockedSinceMs !== undefined, model.blocked);
    assert.ok(wakeUp !== undefined || model.blocked, 'TRANSIENT_ERROR has a way out');
    if (before.state !== 'TE' && !model.blocked) {
      const delayMs = job.trouble!.retryAtMs! - nowMs;
      assert.ok(delayMs >= 1_600 && delayMs <= 720_000, `a retry after ${delayMs} ms`);
    }
  } else if (model.state !== 'T') {
    assert.equal(wakeUp, undefined, 'no timer runs for a job that waits for others');
  }
  if (wakeUp === undefined) return;
  // A timer that fires without any consequence would be armed for the same moment again, for ever.
  const atMs = Math.max(wakeUp.atMs, nowMs);
  const fired = applyEvent(job, { event: wakeUp.event }, moment({ nowMs: atMs }));
  assert.ok(fired.kind === 'moved' && fired.job.state !== job.state, 'a due timer moves the job');
}

function guarded(expect: (model: Model) => string | void): Action['expect'] {
  return (model) => (isFinal(model.state) ? 'DO_E_INVALID_STATE' : expect(model));
}

function live(expect: (model: Model) => void): Action['expect'] {
  return (model) => {
    if (!isFinal(model.state)) expect(model);
  };
}

const CALLS: Readonly<Record<string, Action>> = {
  addFile: addFile(true, true),
  addFileOfUnknownSize: addFile(false, true),
  addFileWithoutSink: addFile(true, false),
  setSinks: {
    expect: guarded((model) => {
      // After Resume only a sink that is missing may be given: nothing else could mend the job.
      if (model.everResumed && model.files.every((file) => file.sink)) return 'DO_E_INVALID_STATE';
      for (const file of model.files) file.sink = true;
      return undefined;
    }),
    input: (model) => ({
      call: 'setFileProperty',
      files: countersOf(model.files.map((file) => ({ ...file, sink: true }))),
    }),
  },
  setRemoteName: { expect: guarded(() => {}), input: () => ({ call: 'setRemoteName' }) },
  resume: {
    expect: guarded((model) => {
      if (model.files.length === 0) return 'DO_E_JOB_EMPTY';
      if (model.files.some((file) => !file.sink)) return 'DO_E_LOCALPATH_NOT_SET';
      if (model.state === 'S' || model.state === 'TE' || model.state === 'E') {
        model.state = 'Q';
        model.everResumed = true;
      }
      return undefined;
    }),
    input: () => ({ call: 'resume' }),
  },
  suspend: {
    expect: guarded((model) => {
      if (model.state !== 'X') model.state = 'S';
    }),
    input: () => ({ call: 'suspend' }),
  },
  beginComplete: { expect: guarded(() => {}), input: () => ({ call: 'complete' }) },
  cancel: {
    expect: guarded((model) => {
      model.state = 'C';
      model.hasError = false;
    }),
    input: () => ({ call: 'cancel' }),
  },
  foreground: {
    expect: guarded(() => {}),
    input: () => ({ call: 'setPriority', priority: BG_JOB_PRIORITY.FOREGROUND }),
  },
  low: {
    expect: guarded(() => {}),
    input: () => ({ call: 'setPriority', priority: BG_JOB_PRIORITY.LOW }),
  },
  timeoutOfAnHour: timeout(3_600),
  timeoutZero: timeout(0),
  notifyOfAll: {
    expect: guarded(() => {}),
    input: () => ({ call: 'setNotifyFlags', flags: 0x1b }),
  },
};

function addFile(sizeKnown: boolean, sink: boolean): Action {
  return {
    // Files are added before or after, never for ever.
    possible: (model) => model.files.length < 5,
    expect: guarded((model) => {
      model.files.push({ size: 100, sizeKnown, sink, here: 0, done: false });
      if (model.state === 'X') model.state = 'S';
    }),
    input: (model) => ({ call: 'addFile', files: countersOf(model.files) }),
  };
}

function timeout(seconds: number): Action {
  return {
    expect: guarded((model) => {
      model.noTimeout = seconds === 0;
    }),
    input: () => ({ call: 'setNoProgressTimeout', seconds }),
  };
}

/** A file in progress: the first one that is not done. */
function current(model: Readonly<Model>): ModelFile | undefined {
  return model.files.find((file) => !file.done);
}

/** Bytes and sizes arrive in TRANSFERRING, and late while a transfer is being stopped. */
function transferMayReport(model: Readonly<Model>): boolean {
  return model.everResumed && model.state !== 'X' && current(model) !== undefined;
}

const EVENTS: Readonly<Record<string, Action>> = {
  slotGranted: {
    expect: (model) => {
      if (model.state !== 'Q') return;
      model.state = 'T';
      model.hasError = false;
    },
    input: () => ({ event: 'slotGranted' }),
  },
  slotLost: {
    expect: (model) => {
      if (model.state === 'T') model.state = 'Q';
    },
    input: () => ({ event: 'slotLost' }),
  },
  sizeLearned: {
    possible: transferMayReport,
    expect: live((model) => {
      current(model)!.sizeKnown = true;
    }),
    input: (model) => ({
      event: 'filesChanged',
      files: countersOf(model.files),
      progressed: false,
    }),
  },
  bytesWritten: {
    possible: transferMayReport,
    expect: live((model) => {
      const file = current(model)!;
      file.here = Math.min(file.size, file.here + 40);
    }),
    input: (model) => ({ event: 'filesChanged', files: countersOf(model.files), progressed: true }),
  },
  fileStartedOver: {
    possible: transferMayReport,
    expect: live((model) => {
      current(model)!.here = 0;
    }),
    input: (model) => ({
      event: 'filesChanged',
      files: countersOf(model.files),
      progressed: false,
    }),
  },
  filesDone: {
    possible: transferMayReport,
    expect: live((model) => {
      Object.assign(current(model)!, { done: true, here: 100, sizeKnown: true });
      if (model.state === 'T' && model.files.every((file) => file.done)) model.state = 'X';
    }),
    input: (model) => ({ event: 'filesDone', fileIndexes: [0], files: countersOf(model.files) }),
  },
  transientFailure: failure(TRANSIENT),
  busyServer: failure({ ...TRANSIENT, retryAfterMs: 30_000 }),
  fatalFailure: failure(FATAL),
  policyBlock: failure(POLICY),
  networkLost: {
    expect: (model) => {
      if (model.state !== 'Q' && model.state !== 'T' && model.state !== 'TE') return;
      if (model.state !== 'TE') model.hasError = true;
      model.state = 'TE';
      model.blocked = true;
    },
    input: () => ({ event: 'networkLost', failure: OFFLINE }),
  },
  unblocked: {
    expect: (model) => {
      if (model.state === 'TE') model.state = 'Q';
    },
    input: () => ({ event: 'unblocked' }),
  },
  retryDue: {
    expect: (model) => {
      if (model.state === 'TE' && !model.blocked) model.state = 'Q';
    },
    input: () => ({ event: 'retryDue' }),
  },
  renamesEnded: {
    // Renames wait until the transfer has ended, and are never undone.
    expect: live((model) => {
      model.state = 'A';
      model.hasError = false;
    }),
    input: (model) => ({ event: 'published', files: countersOf(model.files) }),
  },
  renameFailed: {
    expect: live((model) => {
      if (model.state === 'Q' || model.state === 'T' || model.state === 'TE') model.state = 'S';
    }),
    input: (model) => ({
      event: 'publishFailed',
      files: countersOf(model.files),
      delivered: true,
    }),
  },
  expired: {
    expect: live((model) => {
      model.state = 'C';
      model.hasError = false;
    }),
    input: () => ({ event: 'expired', failure: TOO_OLD }),
  },
  restart: {
    expect: live((model) => {
      if (model.state === 'T' || model.state === 'TE') model.state = 'Q';
      model.hasError = false;
    }),
    input: () => ({ event: 'recovered' }),
  },
};

function failure(what: TransferFailure): Action {
  return {
    expect: (model) => {
      if (model.state !== 'Q' && model.state !== 'T') return;
      const stops = what.kind === 'fatal' || (what.kind === 'transient' && model.noTimeout);
      model.state = stops ? 'E' : 'TE';
      model.blocked = what.kind === 'policy';
      model.hasError = true;
    },
    input: () => ({ event: 'failed', failure: what }),
  };
}

/** Ends are tried less often, so that most runs are long ones. */
const RARE: Readonly<Record<string, Action>> = {
  cancel: CALLS['cancel']!,
  renamesEnded: EVENTS['renamesEnded']!,
  expired: EVENTS['expired']!,
};

function commandsOf(actions: Readonly<Record<string, Action>>): fc.Arbitrary<StepCommand> {
  return fc
    .tuple(
      fc.constantFrom(...Object.entries(actions)),
      fc.integer({ min: 0, max: 20_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
    )
    .map(([[name, action], elapsedMs, random]) => new StepCommand(name, action, elapsedMs, random));
}

const COMMON = Object.fromEntries(
  Object.entries({ ...CALLS, ...EVENTS }).filter(([name]) => RARE[name] === undefined),
);

/** What leads from one end of a life to the other, so that runs do not stay at its beginning. */
const ONWARD = commandsOf({
  resume: CALLS['resume']!,
  slotGranted: EVENTS['slotGranted']!,
  bytesWritten: EVENTS['bytesWritten']!,
  filesDone: EVENTS['filesDone']!,
  retryDue: EVENTS['retryDue']!,
});

const DOWNLOAD: readonly (readonly [string, Action])[] = [
  ['addFile', CALLS['addFile']!],
  ['addFileOfUnknownSize', CALLS['addFileOfUnknownSize']!],
  ['resume', CALLS['resume']!],
  ['slotGranted', EVENTS['slotGranted']!],
  ['filesDone', EVENTS['filesDone']!],
  ['filesDone', EVENTS['filesDone']!],
];

/** A job after the first steps of an ordinary download: new, under way or transferred. */
function begin(stepCount: number): { model: Model; real: World } {
  const job = newJob(
    {
      id: '0190163d-8694-739b-aea5-966c26f8ad91',
      displayName: 'model',
      type: 0,
      owner: 'somebody',
      priority: BG_JOB_PRIORITY.NORMAL,
      queueOrder: 0,
    },
    WALL_MS,
    NO_FILES,
  );
  const real: World = { job, nowMs: 0, wallMs: WALL_MS, order: 0 };
  const model: Model = {
    state: 'S',
    files: [],
    everResumed: false,
    hasError: false,
    blocked: false,
    noTimeout: false,
  };
  for (const [name, action] of DOWNLOAD.slice(0, stepCount)) {
    new StepCommand(name, action, 1_000, 0.5).run(model, real);
  }
  return { model, real };
}

test('a job lives as the model does, whatever happens to it', () => {
  const common = commandsOf(COMMON);
  // An end is one step in twelve: most runs are long.
  const commands = fc.commands(
    [
      ...Array.from({ length: 4 }, () => ONWARD),
      ...Array.from({ length: 7 }, () => common),
      commandsOf(RARE),
    ],
    { maxCommands: 60, size: 'max' },
  );
  fc.assert(
    fc.property(fc.nat(DOWNLOAD.length), commands, (stepCount, steps) => {
      fc.modelRun(() => begin(stepCount), steps);
    }),
    { numRuns: 1_500 },
  );
});
