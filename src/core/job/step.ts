import { BG_JOB_PRIORITY, BG_JOB_STATE, BG_NOTIFY } from '../constants.ts';
import type { ErrorCode } from '../codes.ts';
import type { RetryPolicy } from '../retry/retry-delay.ts';
import type { Job, Trouble } from './job.ts';

/** What the engine has to do after a step, once the new job is stored. Each may be repeated. */
export type Effect =
  /** Tell the callback; `transferred` and `error` go through the outbox until acknowledged. */
  | { readonly kind: 'notify'; readonly event: 'modification' | 'transferred' | 'error' }
  | { readonly kind: 'notify'; readonly event: 'fileTransferred'; readonly fileIndex: number }
  /** Stop the transfer that runs for this job, if one does, and wait until its writes have ended. */
  | { readonly kind: 'stop' }
  /** A slot or the queue changed: decide anew which jobs run. */
  | { readonly kind: 'schedule' }
  /** Delete every partial file of the job. */
  | { readonly kind: 'discard' }
  /** The job is final: let go of the callback after what is still to be told. */
  | { readonly kind: 'release' };

/** A step that was not refused. */
export interface TakenStep {
  readonly kind: 'moved';
  readonly job: Job;
  readonly effects: readonly Effect[];
}

export type Step =
  TakenStep | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

/** How far apart jobs stand in the queue that come one after the other: others can be put between. */
export const QUEUE_ORDER_STEP = 1_048_576;

/** The world as it is at one step. */
export interface Moment {
  /** Monotonic milliseconds: every timer counts in these. */
  readonly nowMs: number;
  /** Wall-clock milliseconds since 1970: only for the times shown to people and the 30-day age. */
  readonly wallMs: number;
  /** A sample in [0, 1). */
  readonly random: number;
  /** A number larger than every queueOrder given before. */
  readonly nextQueueOrder: number;
  readonly retry: RetryPolicy;
}

export function isFinal(state: BG_JOB_STATE): boolean {
  return state === BG_JOB_STATE.ACKNOWLEDGED || state === BG_JOB_STATE.CANCELLED;
}

/** TRANSFERRED and ERROR: the job waits for its caller, who is told until a callback has taken it. */
export function awaitsAnswer(state: BG_JOB_STATE): boolean {
  return state === BG_JOB_STATE.TRANSFERRED || state === BG_JOB_STATE.ERROR;
}

/** QUEUED, CONNECTING and TRANSFERRING: the job is on its way. */
export function isUnderWay(state: BG_JOB_STATE): boolean {
  return (
    state === BG_JOB_STATE.QUEUED ||
    state === BG_JOB_STATE.CONNECTING ||
    state === BG_JOB_STATE.TRANSFERRING
  );
}

export function isForeground(job: Pick<Job, 'priority'>): boolean {
  return job.priority === BG_JOB_PRIORITY.FOREGROUND;
}

/** Whether the job's mask asks for an event. BG_NOTIFY.DISABLE mutes everything (J-11). */
export function wants(job: Job, flag: number): boolean {
  return (job.notifyFlags & BG_NOTIFY.DISABLE) === 0 && (job.notifyFlags & flag) !== 0;
}

export function notifyModification(job: Job): Effect[] {
  return wants(job, BG_NOTIFY.JOB_MODIFICATION) ? [{ kind: 'notify', event: 'modification' }] : [];
}

/** The state did not allow the call: DO_E_INVALID_STATE, nothing changes. */
export function refuseState(job: Job, call: string): Step {
  return {
    kind: 'refused',
    code: 'DO_E_INVALID_STATE',
    message: `${call} is not allowed: job ${job.id} is ${stateName(job.state)}.`,
  };
}

/** Success without any change. */
export function unchanged(job: Job): Step {
  return { kind: 'moved', job, effects: [] };
}

/** A change that touches the modification time and is told to the callback. */
export function modified(
  job: Job,
  moment: Moment,
  changes: Partial<Job>,
  effects: Effect[] = [],
): Step {
  const next = { ...job, ...changes, modifiedAtMs: moment.wallMs };
  return { kind: 'moved', job: next, effects: [...effects, ...notifyModification(next)] };
}

/** The state's name as BITS writes it, for messages. */
export function stateName(state: BG_JOB_STATE): string {
  const found = Object.entries(BG_JOB_STATE).find(([, value]) => value === state);
  return found?.[0] ?? `state ${String(state)}`;
}

/** Trouble with its clocks and timers dropped; the error object stays as readable as it was. */
export function calmed(trouble: Trouble | undefined): Trouble | undefined {
  return trouble === undefined
    ? undefined
    : {
        ...trouble,
        failures: 0,
        noProgressSinceMs: undefined,
        blockedSinceMs: undefined,
        retryAtMs: undefined,
      };
}
