import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';

/** How far back a rate looks, and how far apart its samples are. */
const WINDOW_MS = 5_000;
const SAMPLE_EVERY_MS = 250;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** Measures how fast jobs move: the mean of the last five seconds. Keeps nothing of those that rest. */
export class Rates implements Disposable {
  readonly #engine: Engine;
  readonly #samples = new Map<string, Sample[]>();
  readonly #unsubscribe: () => void;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#unsubscribe = engine.changes.on((live) => this.#note(live));
  }

  /** Bytes per second; 0 for a job without a transfer. */
  of(live: LiveJob): number {
    const samples = this.#samples.get(live.id);
    const first = samples?.[0];
    if (first === undefined || live.run === undefined) return 0;
    const elapsedMs = this.#engine.ports.clock.nowMs() - first.atMs;
    // The very first instants say nothing yet.
    if (elapsedMs < SAMPLE_EVERY_MS) return 0;
    const bytes = live.job.files.bytesTransferred - first.bytes;
    return bytes <= 0 ? 0 : Math.round((bytes * 1_000) / elapsedMs);
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#samples.clear();
  }

  #note(live: LiveJob): void {
    if (live.run === undefined) {
      this.#samples.delete(live.id);
      return;
    }
    const nowMs = this.#engine.ports.clock.nowMs();
    const bytes = live.job.files.bytesTransferred;
    const samples = this.#samples.get(live.id);
    const last = samples?.at(-1);
    if (samples === undefined || last === undefined || bytes < last.bytes) {
      this.#samples.set(live.id, [{ atMs: nowMs, bytes }]);
      return;
    }
    if (nowMs - last.atMs < SAMPLE_EVERY_MS) return;
    samples.push({ atMs: nowMs, bytes });
    while (samples.length > 1 && nowMs - samples[1]!.atMs >= WINDOW_MS) samples.shift();
  }
}
