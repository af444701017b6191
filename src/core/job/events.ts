import { BG_JOB_STATE, BG_NOTIFY } from '../constants.ts';
import { HRESULT } from '../codes.ts';
import { retryPolicyOf } from '../download/retry.ts';
import { retryDelayMs } from '../retry/retry-delay.ts';
import { noProgressTimeoutMs } from './clocks.ts';
import type { TransferFailure } from './failure.ts';
import { allTransferred, type FileCounters, type Job, type Trouble } from './job.ts';
import {
  calmed,
  isFinal,
  isForeground,
  isUnderWay,
  modified,
  unchanged,
  wants,
  type Effect,
  type Moment,
  type Step,
} from './step.ts';

/** What happens to a job without being asked for: job-lifecycle.md table B. */
export type JobEvent =
  | { readonly event: 'slotGranted' }
  | { readonly event: 'slotLost' }
  /** Other files hold all connections to the origin; one has become free. */
  | { readonly event: 'connectionAwaited' }
  | { readonly event: 'connectionGranted' }
  /** Sizes learned, bytes written, a file started over: the counters as they are now. */
  | { readonly event: 'filesChanged'; readonly files: FileCounters; readonly progressed: boolean }
  /** Files of the job have become done; none: all of them were when the job got its slot. */
  | {
      readonly event: 'filesDone';
      readonly fileIndexes: readonly number[];
      readonly files: FileCounters;
    }
  | { readonly event: 'failed'; readonly failure: TransferFailure }
  | { readonly event: 'networkLost'; readonly failure: TransferFailure }
  /** What blocked the job is over; the network came back. */
  | { readonly event: 'unblocked' }
  | { readonly event: 'retryDue' }
  | { readonly event: 'noProgressDue' }
  | { readonly event: 'publishing' }
  | { readonly event: 'published'; readonly files: FileCounters }
  /** `delivered`: some files have their final names since. */
  | {
      readonly event: 'publishFailed';
      readonly files: FileCounters;
      readonly delivered: boolean;
      /** Bytes of a finished file turned out to be gone: it has to be fetched again. */
      readonly lost?: boolean;
    }
  | { readonly event: 'expired'; readonly failure: TransferFailure }
  | { readonly event: 'recovered' };

/**
 * What an event does to a job. An event that no longer fits the state (a transfer that reports
 * after the job was suspended, a timer that fires late) changes nothing: it never refuses.
 */
export function applyEvent(job: Job, input: JobEvent, moment: Moment): Step {
  if (isFinal(job.state)) return unchanged(job);
  const { state } = job;
  switch (input.event) {
    case 'slotGranted':
      return state === BG_JOB_STATE.QUEUED ? grantSlot(job, moment) : unchanged(job);
    case 'slotLost':
      if (!holdsSlot(state)) return unchanged(job);
      return backToQueue(job, moment, [{ kind: 'stop' }, { kind: 'schedule' }]);
    case 'connectionAwaited':
    case 'connectionGranted':
      return awaitConnection(job, input.event === 'connectionAwaited', moment);
    case 'filesChanged':
      return modified(job, moment, {
        files: input.files,
        ...(input.progressed ? { trouble: afterProgress(job, moment) } : {}),
      });
    case 'filesDone':
      return filesDone(job, input.fileIndexes, input.files, moment);
    case 'failed':
      return isUnderWay(state) ? fail(job, input.failure, moment) : unchanged(job);
    case 'networkLost':
      return loseNetwork(job, input.failure, moment);
    case 'unblocked':
      return state === BG_JOB_STATE.TRANSIENT_ERROR ? backToQueue(job, moment) : unchanged(job);
    case 'retryDue':
      return state === BG_JOB_STATE.TRANSIENT_ERROR && job.trouble?.blockedSinceMs === undefined
        ? backToQueue(job, moment)
        : unchanged(job);
    case 'noProgressDue':
      return noProgress(job, moment);
    case 'publishing':
      return { kind: 'moved', job: { ...job, publishing: true }, effects: [] };
    case 'published':
      return modified(
        job,
        moment,
        {
          state: BG_JOB_STATE.ACKNOWLEDGED,
          files: input.files,
          publishing: false,
          trouble: undefined,
        },
        [{ kind: 'discard' }, { kind: 'release' }, { kind: 'schedule' }],
      );
    case 'publishFailed':
      return publishFailed(job, input, moment);
    case 'expired':
      return modified(
        job,
        moment,
        { state: BG_JOB_STATE.CANCELLED, lastFailure: input.failure, trouble: undefined },
        [{ kind: 'stop' }, { kind: 'discard' }, { kind: 'release' }, { kind: 'schedule' }],
      );
    case 'recovered':
      return recover(job);
  }
}

function publishFailed(
  job: Job,
  { files, delivered, lost = false }: Extract<JobEvent, { event: 'publishFailed' }>,
  moment: Moment,
): Step {
  const active =
    isUnderWay(job.state) ||
    job.state === BG_JOB_STATE.TRANSIENT_ERROR ||
    // TRANSFERRED promises that every file is here; one that is gone has to be fetched again.
    (lost && job.state === BG_JOB_STATE.TRANSFERRED);
  if (!active && !delivered && !lost) return unchanged(job);
  return modified(
    job,
    moment,
    {
      files,
      // A job that was under way must not go on behind a failed Complete (J-6).
      state: active ? BG_JOB_STATE.SUSPENDED : job.state,
      trouble: active ? calmed(job.trouble) : job.trouble,
    },
    [{ kind: 'schedule' }],
  );
}

function holdsSlot(state: BG_JOB_STATE): boolean {
  return state === BG_JOB_STATE.TRANSFERRING || state === BG_JOB_STATE.CONNECTING;
}

/** The no-progress clock rests while the job cannot even ask. Nothing else changes. */
function awaitConnection(job: Job, waits: boolean, moment: Moment): Step {
  if (!holdsSlot(job.state) || job.trouble === undefined) return unchanged(job);
  const trouble = waits
    ? { ...job.trouble, blockedSinceMs: job.trouble.blockedSinceMs ?? moment.nowMs }
    : endBlock(job.trouble, moment);
  return unchanged({ ...job, trouble });
}

function grantSlot(job: Job, moment: Moment): Step {
  // Data may flow again: the error object disappears, while the no-progress clock goes on until
  // a byte has been written. Time in the queue is nobody's lack of progress.
  const trouble =
    job.trouble === undefined ? undefined : { ...endBlock(job.trouble, moment), reported: false };
  return modified(job, moment, { state: BG_JOB_STATE.TRANSFERRING, trouble });
}

function filesDone(
  job: Job,
  fileIndexes: readonly number[],
  files: FileCounters,
  moment: Moment,
): Step {
  if (!holdsSlot(job.state)) return modified(job, moment, { files });
  const told: Effect[] = wants(job, BG_NOTIFY.FILE_TRANSFERRED)
    ? fileIndexes.map((fileIndex) => ({ kind: 'notify', event: 'fileTransferred', fileIndex }))
    : [];
  if (!allTransferred(files)) return modified(job, moment, { files, trouble: undefined }, told);
  const next: Job = {
    ...job,
    files,
    state: BG_JOB_STATE.TRANSFERRED,
    trouble: undefined,
    lastFailure: undefined,
    transferredAtMs: moment.wallMs,
    modifiedAtMs: moment.wallMs,
  };
  const transferred: Effect[] = wants(job, BG_NOTIFY.JOB_TRANSFERRED)
    ? [{ kind: 'notify', event: 'transferred' }]
    : [];
  return {
    kind: 'moved',
    job: next,
    effects: [...told, ...transferred, { kind: 'stop' }, { kind: 'schedule' }],
  };
}

function fail(job: Job, failure: TransferFailure, moment: Moment): Step {
  if (failure.kind === 'policy') return block(job, failure, moment);
  if (failure.kind === 'fatal' || noProgressTimeoutMs(job) === 0)
    return stopInError(job, failure, moment);
  const earlier = job.trouble === undefined ? undefined : endBlock(job.trouble, moment);
  const failures = (earlier?.failures ?? 0) + 1;
  const delay = retryDelayMs(
    retryPolicyOf(job, moment.retry),
    isForeground(job),
    failures,
    moment.random,
    failure.retryAfterMs,
  );
  return modified(
    job,
    moment,
    {
      state: BG_JOB_STATE.TRANSIENT_ERROR,
      lastFailure: failure,
      trouble: {
        failure,
        lastTransient: failure,
        reported: true,
        failures,
        noProgressSinceMs: earlier?.noProgressSinceMs ?? moment.nowMs,
        blockedSinceMs: undefined,
        retryAtMs: moment.nowMs + delay,
      },
    },
    [{ kind: 'stop' }, { kind: 'schedule' }],
  );
}

function block(job: Job, failure: TransferFailure, moment: Moment): Step {
  return modified(
    job,
    moment,
    {
      state: BG_JOB_STATE.TRANSIENT_ERROR,
      lastFailure: failure,
      trouble: {
        failure,
        lastTransient: job.trouble?.lastTransient,
        reported: true,
        failures: job.trouble?.failures ?? 0,
        noProgressSinceMs: job.trouble?.noProgressSinceMs,
        blockedSinceMs: job.trouble?.blockedSinceMs ?? moment.nowMs,
        retryAtMs: undefined,
      },
    },
    [{ kind: 'stop' }, { kind: 'schedule' }],
  );
}

function loseNetwork(job: Job, failure: TransferFailure, moment: Moment): Step {
  if (isUnderWay(job.state)) return block(job, failure, moment);
  if (job.state !== BG_JOB_STATE.TRANSIENT_ERROR || job.trouble === undefined)
    return unchanged(job);
  // Already waiting: keep its own error, and stop its clock while there is no network to try on.
  const trouble = { ...job.trouble, blockedSinceMs: job.trouble.blockedSinceMs ?? moment.nowMs };
  return { kind: 'moved', job: { ...job, trouble }, effects: [] };
}

/** Into the queue again. The clock rests from here until the slot is granted. */
function backToQueue(job: Job, moment: Moment, effects: Effect[] = [{ kind: 'schedule' }]): Step {
  const trouble =
    job.trouble === undefined
      ? undefined
      : {
          ...endBlock(job.trouble, moment),
          blockedSinceMs: moment.nowMs,
          retryAtMs: undefined,
        };
  return modified(
    job,
    moment,
    { state: BG_JOB_STATE.QUEUED, queueOrder: moment.nextQueueOrder, trouble },
    effects,
  );
}

/** New bytes end all trouble of a job that is under way, and restart the clock of one that waits. */
function afterProgress(job: Job, moment: Moment): Trouble | undefined {
  const { trouble } = job;
  if (trouble === undefined) return undefined;
  if (job.state === BG_JOB_STATE.TRANSIENT_ERROR) {
    return { ...trouble, noProgressSinceMs: moment.nowMs };
  }
  return trouble.reported ? calmed(trouble) : undefined;
}

function endBlock(trouble: Trouble, moment: Moment): Trouble {
  if (trouble.blockedSinceMs === undefined) return trouble;
  const blockedMs = moment.nowMs - trouble.blockedSinceMs;
  return {
    ...trouble,
    blockedSinceMs: undefined,
    noProgressSinceMs:
      trouble.noProgressSinceMs === undefined ? undefined : trouble.noProgressSinceMs + blockedMs,
  };
}

function noProgress(job: Job, moment: Moment): Step {
  const { trouble } = job;
  const waiting = job.state === BG_JOB_STATE.TRANSIENT_ERROR || holdsSlot(job.state);
  if (
    !waiting ||
    trouble?.noProgressSinceMs === undefined ||
    trouble.blockedSinceMs !== undefined
  ) {
    return unchanged(job);
  }
  // Added up as the timer was, so that rounding cannot make the timer a moment too early.
  if (moment.nowMs < trouble.noProgressSinceMs + noProgressTimeoutMs(job)) return unchanged(job);
  const last = trouble.lastTransient ?? trouble.failure;
  return stopInError(
    job,
    {
      ...last,
      kind: 'fatal',
      code: 'DO_E_DOWNLOAD_NO_PROGRESS',
      hresult: HRESULT.DO_E_DOWNLOAD_NO_PROGRESS,
      extendedHresult: last.hresult,
      message: `No data arrived for ${noProgressTimeoutMs(job) / 1000} s. The last failure was: ${last.message}`,
    },
    moment,
  );
}

function stopInError(job: Job, failure: TransferFailure, moment: Moment): Step {
  const next: Job = {
    ...job,
    state: BG_JOB_STATE.ERROR,
    lastFailure: failure,
    modifiedAtMs: moment.wallMs,
    trouble: {
      failure,
      lastTransient: job.trouble?.lastTransient,
      reported: true,
      failures: (job.trouble?.failures ?? 0) + 1,
      noProgressSinceMs: undefined,
      blockedSinceMs: undefined,
      retryAtMs: undefined,
    },
  };
  const told: Effect[] = wants(job, BG_NOTIFY.JOB_ERROR)
    ? [{ kind: 'notify', event: 'error' }]
    : [];
  return { kind: 'moved', job: next, effects: [{ kind: 'stop' }, ...told, { kind: 'schedule' }] };
}

function recover(job: Job): Step {
  const interrupted = isUnderWay(job.state) || job.state === BG_JOB_STATE.TRANSIENT_ERROR;
  return {
    kind: 'moved',
    job: { ...job, trouble: undefined, ...(interrupted ? { state: BG_JOB_STATE.QUEUED } : {}) },
    effects: interrupted ? [{ kind: 'schedule' }] : [],
  };
}
