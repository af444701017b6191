import { RankedIds } from '../core/schedule/ranked-ids.ts';
import type { Clock } from '../ports/clock.ts';

/** Jobs woken in one go; after them everything else has its turn. */
const BATCH_JOBS = 100;

/**
 * When jobs are to be woken, by the monotonic clock. A job that waits costs a place in here and no
 * timer: there is one timer, for the first of all.
 */
export class WakeUps {
  readonly #clock: Clock;
  readonly #wake: (ids: readonly string[]) => void;
  readonly #due = new RankedIds();
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;
  #closed = false;

  /** @param wake - told ids that are due, each once for each time it was set */
  constructor(clock: Clock, wake: (ids: readonly string[]) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Sets when a job is to be woken, in place of what was set before; undefined: not at all. */
  set(id: string, atMs: number | undefined): void {
    if (atMs === undefined) this.#due.delete(id);
    else if (!this.#closed) this.#due.set(id, atMs);
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** Leaves the timer of a job that is no longer the first: it finds nothing to do, and arms the next. */
  #arm(): void {
    const first = this.#due.peek();
    if (this.#closed || first === undefined) return;
    if (this.#timer !== undefined && this.#timer.atMs <= first.rank) return;
    this.#timer?.cancel();
    const delayMs = Math.max(0, first.rank - this.#clock.nowMs());
    this.#timer = {
      atMs: first.rank,
      cancel: this.#clock.after(delayMs, () => {
        this.#timer = undefined;
        this.#wakeDue();
      }),
    };
  }

  #wakeDue(): void {
    const nowMs = this.#clock.nowMs();
    const ids: string[] = [];
    for (let first = this.#due.peek(); first !== undefined; first = this.#due.peek()) {
      if (first.rank > nowMs || ids.length >= BATCH_JOBS) break;
      ids.push(first.id);
      this.#due.delete(first.id);
    }
    try {
      if (ids.length > 0) this.#wake(ids);
    } finally {
      this.#arm();
    }
  }
}
