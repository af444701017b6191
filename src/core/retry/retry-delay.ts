/** How long to wait between attempts on one job. */
export interface RetryPolicy {
  /** Waits after the first failures, in milliseconds; after the last one the wait doubles. */
  readonly delaysMs: readonly number[];
  /** Longest wait of a foreground job however many attempts have failed, in milliseconds. */
  readonly maxForegroundDelayMs: number;
  /** Longest wait of every other job, in milliseconds. */
  readonly maxBackgroundDelayMs: number;
  /** The wait varies by this share in both directions, so that many jobs do not come back at once. */
  readonly jitter: number;
}

/** The table of job-lifecycle.md 8. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  delaysMs: [2_000, 4_000, 8_000, 16_000, 30_000, 60_000],
  maxForegroundDelayMs: 60_000,
  maxBackgroundDelayMs: 600_000,
  jitter: 0.2,
};

/**
 * Milliseconds to wait before the next attempt.
 *
 * A server's `Retry-After` (RFC 9110 §10.2.3) wins when it asks for longer, so a busy origin is
 * never hurried; it may exceed the policy's longest wait.
 *
 * @param failures - attempts that failed since data last flowed, at least 1
 * @param random - a sample in [0, 1), drawn by the caller
 */
export function retryDelayMs(
  policy: RetryPolicy,
  foreground: boolean,
  failures: number,
  random: number,
  retryAfterMs = 0,
): number {
  const { delaysMs } = policy;
  const listed = delaysMs[Math.min(failures, delaysMs.length) - 1] ?? 0;
  const doublings = Math.min(Math.max(0, failures - delaysMs.length), 32);
  const ceiling = foreground ? policy.maxForegroundDelayMs : policy.maxBackgroundDelayMs;
  const base = Math.min(ceiling, listed * 2 ** doublings);
  const varied = base * (1 + policy.jitter * (2 * random - 1));
  return Math.max(retryAfterMs, Math.round(varied));
}
