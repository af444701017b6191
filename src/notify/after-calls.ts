import type { Clock } from '../ports/clock.ts';

/**
 * Waits for the calls that are under way, and lets their callers go on: what a call brought about is
 * told after its answer (job-lifecycle.md 4: never inside the caller's own method).
 *
 * @param answered - resolves once the last of them has its answer; undefined when none is under way
 */
export async function afterCalls(answered: Promise<void> | undefined, clock: Clock): Promise<void> {
  if (answered === undefined) return;
  await answered;
  await new Promise<void>((resolve) => void clock.after(0, resolve));
}
