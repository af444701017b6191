import { lstat } from 'node:fs/promises';

import { BG_S_PARTIAL_COMPLETE } from '../../core/codes.ts';
import { BG_JOB_STATE, BG_NOTIFY, BG_SIZE_UNKNOWN } from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { BG_JOB_PROGRESS, IBackgroundCopyJob } from '../../core/interfaces/job.ts';
import { stateName, type Outcome, type OutcomeError } from './outcome.ts';
import type { Progress, ProgressDisplay } from './progress/progress.ts';
import { RateMeter } from './progress/rate-meter.ts';
import { Wake } from './wake.ts';

/** How often a job that moves bytes is looked at, and any other, unless it calls. */
const POLL_MS = 250;
const IDLE_POLL_MS = 1_000;

/** A job this command is to bring to its end, and what is known of it beforehand. */
export interface JobTask {
  readonly job: IBackgroundCopyJob;
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly url: string | null;
  readonly file: string | null;
  /** A file with the target's name is left alone, and the job with it. */
  readonly keepExisting?: boolean;
}

/**
 * Brings one job to its end: resumes it, shows how it is doing, and completes it once its bytes are
 * here. An aborted signal suspends it. Failures are told in the outcome.
 */
export async function runJob(
  task: JobTask,
  display: ProgressDisplay,
  signal: AbortSignal,
): Promise<Outcome> {
  const { job } = task;
  const startedMs = performance.now();
  const wake = new Wake();
  const ring = (): void => wake.ring();
  signal.addEventListener('abort', ring);
  let error: OutcomeError | null = null;
  try {
    await job.setNotifyFlags(
      BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR | BG_NOTIFY.JOB_MODIFICATION,
    );
    await job.setNotifyInterface({ jobTransferred: ring, jobError: ring, jobModification: ring });
    if (!signal.aborted) await job.resume();
    error = await followed(task, display, signal, wake);
  } catch (caught) {
    error = outcomeError(caught);
  } finally {
    signal.removeEventListener('abort', ring);
  }
  const elapsedMs = Math.round(performance.now() - startedMs);
  return { ...(await standing(task)), elapsedMs, error };
}

/** Goes along with the job until it is done, failed or suspended; resolves to why it failed. */
async function followed(
  task: JobTask,
  display: ProgressDisplay,
  signal: AbortSignal,
  wake: Wake,
): Promise<OutcomeError | null> {
  const { job, id } = task;
  const meter = new RateMeter();
  for (;;) {
    if (signal.aborted) await job.suspend();
    const state = await job.getState();
    switch (state) {
      case BG_JOB_STATE.TRANSFERRED:
        return signal.aborted ? null : completed(task);
      case BG_JOB_STATE.ERROR:
        return lastFailure(job);
      case BG_JOB_STATE.SUSPENDED:
      case BG_JOB_STATE.ACKNOWLEDGED:
        return null;
      case BG_JOB_STATE.CANCELLED:
        return (await lastFailure(job)) ?? outcomeError(cancelled(id));
      case BG_JOB_STATE.QUEUED:
      case BG_JOB_STATE.CONNECTING:
      case BG_JOB_STATE.TRANSFERRING:
      case BG_JOB_STATE.TRANSIENT_ERROR:
        display.update(id, await progressOf(job, state, meter));
        await wake.sleep(state === BG_JOB_STATE.TRANSFERRING ? POLL_MS : IDLE_POLL_MS);
    }
  }
}

async function completed({ job, file, keepExisting }: JobTask): Promise<OutcomeError | null> {
  if (keepExisting === true && file !== null && (await exists(file))) {
    return outcomeError(fileExists(file));
  }
  const result = await job.complete();
  if (result !== BG_S_PARTIAL_COMPLETE) return null;
  return outcomeError(new DeliveryOptimizationError('E_FAIL', 'Some files were not finished.'));
}

async function progressOf(
  job: IBackgroundCopyJob,
  state: BG_JOB_STATE,
  meter: RateMeter,
): Promise<Progress> {
  const { bytesTotal, bytesTransferred } = await job.getProgress();
  meter.note(performance.now(), bytesTransferred);
  const failure = state === BG_JOB_STATE.TRANSIENT_ERROR ? await job.getLastFailure() : null;
  return {
    state,
    bytesTotal: knownSize(bytesTotal),
    bytesTransferred,
    bytesPerSecond: meter.bytesPerSecond(),
    wait:
      failure === null ? undefined : { reason: failure.message, atLeastMs: failure.retryAfterMs },
  };
}

/** Bytes, or undefined for the sentinel that stands for "not known". */
export function knownSize(bytesTotal: number): number | undefined {
  return bytesTotal === BG_SIZE_UNKNOWN ? undefined : bytesTotal;
}

/** Where the job stands now. */
async function standing(task: JobTask): Promise<Omit<Outcome, 'elapsedMs' | 'error'>> {
  const { job, id, name, url, file } = task;
  const progress: BG_JOB_PROGRESS = await job.getProgress();
  return {
    id,
    name,
    url,
    file,
    state: stateName(await job.getState()),
    bytesTotal: knownSize(progress.bytesTotal) ?? null,
    bytesTransferred: progress.bytesTransferred,
    filesTotal: progress.filesTotal,
    filesTransferred: progress.filesTransferred,
  };
}

async function lastFailure(job: IBackgroundCopyJob): Promise<OutcomeError | null> {
  const failure = await job.getLastFailure();
  if (failure === null) return null;
  const { code, hresult, message, extendedHresult } = failure;
  return { code, hresult, message, ...(extendedHresult !== undefined && { extendedHresult }) };
}

/** The facts of an error of the library; any other error is a bug, and is thrown on. */
export function outcomeError(error: unknown): OutcomeError {
  if (!(error instanceof DeliveryOptimizationError)) throw error;
  const { code, hresult, message, extendedHresult } = error;
  return { code, hresult, message, ...(extendedHresult !== undefined && { extendedHresult }) };
}

/** The error for a target that `--no-clobber` protects. */
export function fileExists(file: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('ERROR_FILE_EXISTS', `${file} exists already.`);
}

/** Whether something stands under this name, a broken link included. */
export async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    return (
      error instanceof Error &&
      'code' in error &&
      error.code !== 'ENOENT' &&
      error.code !== 'ENOTDIR'
    );
  }
}

function cancelled(id: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_ABORT', `Job ${id} was cancelled.`);
}
