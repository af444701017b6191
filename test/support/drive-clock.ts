import assert from 'node:assert/strict';

import { settle, type ManualClock } from './manual-clock.ts';

/**
 * Moves a clock on, step by step, until the promise has settled, and returns what it comes to.
 *
 * @param what - completes the sentence "… never came to an end", when it has not after `maxSteps`
 */
export async function driveClock<T>(
  clock: ManualClock,
  promise: Promise<T>,
  {
    stepMs = 10,
    maxSteps = 100_000,
    what = 'A promise',
  }: { readonly stepMs?: number; readonly maxSteps?: number; readonly what?: string } = {},
): Promise<T> {
  const outcome = { isSettled: false };
  const note = (): void => {
    outcome.isSettled = true;
  };
  void promise.catch(() => undefined).finally(note);
  await settle();
  for (let step = 0; !outcome.isSettled && step < maxSteps; step += 1) await clock.advance(stepMs);
  assert.ok(outcome.isSettled, `${what} never came to an end`);
  return promise;
}
