import { isFinal, isForeground } from './step.ts';
import type { Job } from './job.ts';
import { BG_JOB_STATE } from '../constants.ts';

/** Documented no-progress timeouts, in seconds (job-lifecycle.md 8). */
export const NO_PROGRESS_TIMEOUT_SECONDS: {
  readonly foreground: number;
  readonly background: number;
} = {
  foreground: 3_600,
  background: 86_400,
};

/** Days after its creation when a job that is neither completed nor cancelled is cancelled. */
export const MAXIMUM_AGE_MS: number = 30 * 24 * 3_600_000;

/** Seconds without progress before a failing job stops in ERROR: as set, else by its priority (J-23). */
export function noProgressTimeoutSeconds(
  job: Pick<Job, 'noProgressTimeoutSeconds' | 'priority'>,
): number {
  return (
    job.noProgressTimeoutSeconds ??
    (isForeground(job)
      ? NO_PROGRESS_TIMEOUT_SECONDS.foreground
      : NO_PROGRESS_TIMEOUT_SECONDS.background)
  );
}

export function noProgressTimeoutMs(
  job: Pick<Job, 'noProgressTimeoutSeconds' | 'priority'>,
): number {
  return noProgressTimeoutSeconds(job) * 1_000;
}

/** What a job's timer is set for. */
export interface WakeUp {
  readonly atMs: number;
  readonly event: 'retryDue' | 'noProgressDue';
}

/** The next moment, in monotonic milliseconds, at which something is due for the job by itself. */
export function nextWakeUp(job: Job): WakeUp | undefined {
  const { trouble } = job;
  if (trouble === undefined || trouble.blockedSinceMs !== undefined) return undefined;
  const deadline =
    trouble.noProgressSinceMs === undefined
      ? undefined
      : trouble.noProgressSinceMs + noProgressTimeoutMs(job);
  if (job.state === BG_JOB_STATE.TRANSFERRING) {
    return deadline === undefined ? undefined : { atMs: deadline, event: 'noProgressDue' };
  }
  if (job.state !== BG_JOB_STATE.TRANSIENT_ERROR) return undefined;
  if (trouble.retryAtMs !== undefined && (deadline === undefined || trouble.retryAtMs < deadline)) {
    return { atMs: trouble.retryAtMs, event: 'retryDue' };
  }
  return deadline === undefined ? undefined : { atMs: deadline, event: 'noProgressDue' };
}

/** Whether the job has lived longer than it may; an age is the one thing counted in wall time. */
export function isExpired(job: Job, wallMs: number): boolean {
  return !isFinal(job.state) && wallMs - job.createdAtMs >= MAXIMUM_AGE_MS;
}
