/** Counters of computing; two readings tell how busy it was in between. */
export interface WorkloadReading {
  /** Monotonic milliseconds of the reading. */
  readonly atMs: number;
  /** Milliseconds of processor time that the thread of the engine has taken. */
  readonly threadMs: number;
  /** Milliseconds of processor time that all threads of this process have taken. */
  readonly processMs: number;
  /** Milliseconds in which processors had nothing to do, of all of them; undefined where unknown. */
  readonly idleMs: number | undefined;
}

/** A thread that computes for more of the time than this gains nothing from one more connection. */
const THREAD_SHARE = 0.85;

/** With more processors than this taken by this process, and fewer than that idle, computing sets the pace. */
const TAKEN_PROCESSORS = 0.5;
const IDLE_PROCESSORS = 0.6;

/** Two readings that are so far apart say enough of what goes on just now. */
export const STRAIN_WINDOW_MS = 200;

/** Idle time is counted in steps of 10 ms for each processor: two readings may be so much in error. */
const IDLE_ERROR_MS = 20;

/**
 * Whether this machine, and not the network, set the pace between two readings. Processors that
 * others keep busy are no sign of it: a process that takes little of them is not waiting for them.
 */
export function isStrained(before: WorkloadReading, after: WorkloadReading): boolean {
  const elapsedMs = after.atMs - before.atMs;
  if (elapsedMs <= 0) return false;
  if (after.threadMs - before.threadMs > elapsedMs * THREAD_SHARE) return true;
  if (before.idleMs === undefined || after.idleMs === undefined) return false;
  return (
    after.processMs - before.processMs > elapsedMs * TAKEN_PROCESSORS &&
    after.idleMs - before.idleMs < elapsedMs * IDLE_PROCESSORS + IDLE_ERROR_MS
  );
}
