import { lstat } from 'node:fs/promises';

import { BG_S_PARTIAL_COMPLETE } from '../../core/codes.ts';
import { BG_JOB_STATE } from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { JobFailure } from '../../core/interfaces/job.ts';
import { stateName, type Outcome, type OutcomeError } from './outcome.ts';
import type { Progress, ProgressDisplay } from './progress/progress.ts';
import { RateMeter } from './progress/rate-meter.ts';
import type { JobLook, RunnableJob } from './runnable-job.ts';
import { Wake } from './wake.ts';

/** How often a job that moves bytes is looked at, and any other, unless it calls. */
const POLL_MS = 250;
const IDLE_POLL_MS = 1_000;

/** A job this command is to bring to its end, and what is known of it beforehand. */
export interface JobTask {
  readonly job: RunnableJob;
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly url: string | null;
  readonly file: string | null;
  /** A file with the target's name is left alone, and the job with it. */
  readonly keepExisting?: boolean;
  /** It runs already. */
  readonly begun?: boolean;
}

/**
 * Brings one job to its end: resumes it unless it runs, shows how it is doing, and completes it once
 * its bytes are here. An aborted signal suspends it. Failures are told in the outcome.
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
    await job.listen(ring);
    if (!signal.aborted && task.begun !== true) await job.resume();
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
    const look = await job.look();
    const { state } = look;
    switch (state) {
      case BG_JOB_STATE.TRANSFERRED:
        return signal.aborted ? null : completed(task);
      case BG_JOB_STATE.ERROR:
        return factsOf(look.failure);
      case BG_JOB_STATE.SUSPENDED:
      case BG_JOB_STATE.ACKNOWLEDGED:
        return null;
      case BG_JOB_STATE.CANCELLED:
        return factsOf(look.failure) ?? outcomeError(cancelled(id));
      case BG_JOB_STATE.QUEUED:
      case BG_JOB_STATE.CONNECTING:
      case BG_JOB_STATE.TRANSFERRING:
      case BG_JOB_STATE.TRANSIENT_ERROR:
        display.update(id, progressOf(look, meter));
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

function progressOf(look: JobLook, meter: RateMeter): Progress {
  const { state, bytesTotal, bytesTransferred, failure } = look;
  meter.note(performance.now(), bytesTransferred);
  const waits = state === BG_JOB_STATE.TRANSIENT_ERROR && failure !== null;
  return {
    state,
    bytesTotal,
    bytesTransferred,
    bytesPerSecond: meter.bytesPerSecond(),
    wait: waits ? { reason: failure.message, atLeastMs: failure.retryAfterMs } : undefined,
  };
}

/** Where the job stands now. */
async function standing(task: JobTask): Promise<Omit<Outcome, 'elapsedMs' | 'error'>> {
  const { job, id, name, url, file } = task;
  const { state, bytesTotal, bytesTransferred, filesTotal, filesTransferred } = await job.look();
  return {
    id,
    name,
    url,
    file,
    state: stateName(state),
    bytesTotal: bytesTotal ?? null,
    bytesTransferred,
    filesTotal,
    filesTransferred,
  };
}

function factsOf(failure: JobFailure | null): OutcomeError | null {
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
