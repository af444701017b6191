import type { Clock } from '../../src/ports/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock that moves when told. Both of its times start at 0 unless told otherwise. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  /** In the order of their setting, which decides between timers due at once. */
  readonly #timers = new Set<Timer>();

  constructor(wallMs = 0) {
    this.#wallOffsetMs = wallMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that have neither run nor been dropped. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** When the next timer is due, on the monotonic clock. */
  get nextDueMs(): number | undefined {
    return this.#nextTimer()?.dueMs;
  }

  /** Sets the wall clock alone, as a person or a time server does. */
  setWall(wallMs: number): void {
    this.#wallOffsetMs = wallMs - this.#nowMs;
  }

  /**
   * Moves both times on, and runs the timers that fall due, each at its own time and in order.
   *
   * After each one, everything runs that promises have waiting; a timer set there runs too when it
   * is due by the end.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let timer = this.#nextTimer(); timer !== undefined; timer = this.#nextTimer()) {
      if (timer.dueMs > endMs) break;
      this.#timers.delete(timer);
      this.#nowMs = timer.dueMs;
      timer.callback();
      await settle();
    }
    this.#nowMs = endMs;
  }

  #nextTimer(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    }
    return next;
  }
}

/** Lets every promise run that needs no timer and no input or output. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
