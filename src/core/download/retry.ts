import type { Job } from '../job/job.ts';
import type { RetryPolicy } from '../retry/retry-delay.ts';

/** Longest wait between two attempts on a download, in milliseconds (job-lifecycle.md 11). */
export const MAX_DOWNLOAD_RETRY_DELAY_MS = 30_000;

/** The retry policy of a job: a download waits no longer than its own family's cap. */
export function retryPolicyOf(job: Pick<Job, 'download'>, policy: RetryPolicy): RetryPolicy {
  if (job.download === undefined) return policy;
  return {
    ...policy,
    maxForegroundDelayMs: Math.min(policy.maxForegroundDelayMs, MAX_DOWNLOAD_RETRY_DELAY_MS),
    maxBackgroundDelayMs: Math.min(policy.maxBackgroundDelayMs, MAX_DOWNLOAD_RETRY_DELAY_MS),
  };
}
