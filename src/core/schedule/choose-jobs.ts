/** A job that holds a slot. */
export interface RunningJob {
  readonly id: string;
  readonly foreground: boolean;
  /** Monotonic milliseconds when it got the slot. */
  readonly sinceMs: number;
}

/** A job that waits for one. */
export interface WaitingJob {
  readonly id: string;
  readonly foreground: boolean;
}

export interface SlotRules {
  readonly foregroundSlots: number;
  readonly backgroundSlots: number;
  /** How long a job keeps its slot while others of its kind wait. */
  readonly timeSliceMs: number;
}

export interface SlotDecision {
  readonly start: readonly string[];
  /** Lose their slot and go to the end of the queue. */
  readonly stop: readonly string[];
  /** Monotonic milliseconds at which a time slice ends while somebody waits for it. */
  readonly nextAtMs: number | undefined;
}

/**
 * Which jobs run now.
 *
 * Foreground and background jobs have slots of their own, so neither waits for the other (DO runs
 * several of both at once, job-lifecycle.md 9). Inside a kind the queue's order decides; a slot is
 * taken from a running job only when its time slice is over and somebody waits.
 *
 * @param waiting - in queue order; as many as there are slots are enough
 */
export function chooseJobs(
  running: readonly RunningJob[],
  waiting: readonly WaitingJob[],
  rules: SlotRules,
  nowMs: number,
): SlotDecision {
  const foreground = chooseKind(true, rules.foregroundSlots, running, waiting, rules, nowMs);
  const background = chooseKind(false, rules.backgroundSlots, running, waiting, rules, nowMs);
  return {
    start: [...foreground.start, ...background.start],
    stop: [...foreground.stop, ...background.stop],
    nextAtMs: earliest(foreground.nextAtMs, background.nextAtMs),
  };
}

function chooseKind(
  kind: boolean,
  slots: number,
  running: readonly RunningJob[],
  waiting: readonly WaitingJob[],
  rules: SlotRules,
  nowMs: number,
): SlotDecision {
  const here = running.filter((job) => job.foreground === kind);
  const queue = waiting.filter((job) => job.foreground === kind);
  const free = Math.max(0, slots - here.length);
  const start = queue.slice(0, free).map((job) => job.id);
  const left = queue.length - start.length;
  if (left === 0) return { start, stop: [], nextAtMs: undefined };
  const byAge = [...here].sort((a, b) => a.sinceMs - b.sinceMs);
  const over = byAge.filter((job) => nowMs - job.sinceMs >= rules.timeSliceMs).slice(0, left);
  const next = byAge[over.length];
  return {
    start,
    // Those who lose a slot free it for the next decision; starting others now would overlap.
    stop: over.map((job) => job.id),
    nextAtMs:
      next === undefined || over.length >= left ? undefined : next.sinceMs + rules.timeSliceMs,
  };
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
