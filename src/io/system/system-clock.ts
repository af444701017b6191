import type { Clock } from '../../ports/clock.ts';

/** Longest delay a timer of Node can hold; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of this machine. Its timers keep the process alive, like any timer of Node. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const dueMs = performance.now() + delayMs;
    let timer: NodeJS.Timeout;
    const wait = (restMs: number): void => {
      timer = setTimeout(wake, Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(restMs))));
    };
    // Node counts in whole milliseconds of its loop and so may wake a fraction of one too early:
    // whoever then asks the clock whether the time has come would be told no.
    const wake = (): void => {
      const restMs = dueMs - performance.now();
      if (restMs > 0) wait(restMs);
      else callback();
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};
