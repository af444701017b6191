import type { Clock } from '../ports/clock.ts';

/** Longest delay that a timer of Node or of a browser can hold; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of whatever runs the client, a browser included. */
export const clientClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const dueMs = performance.now() + delayMs;
    let timer: ReturnType<typeof setTimeout>;
    const wait = (restMs: number): void => {
      timer = setTimeout(wake, Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(restMs))));
    };
    // A timer may wake a fraction of a millisecond early, and whoever asks the clock then would wait again.
    const wake = (): void => {
      const restMs = dueMs - performance.now();
      if (restMs > 0) wait(restMs);
      else callback();
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason when it aborts before. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
