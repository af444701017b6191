/** How far back the average reaches: long enough to be steady, short enough to be true. */
const WINDOW_MS = 3_000;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** A moving average of how fast a count of bytes grows, over the last three seconds. */
export class RateMeter {
  #samples: Sample[] = [];

  /** Notes how many bytes are here at a moment of a monotonic clock. */
  note(atMs: number, bytes: number): void {
    // A file that starts over counts from 0 again; what came before says nothing about it.
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples.push({ atMs, bytes });
    // The newest sample from before the window stays: the window begins between it and the next.
    const inside = this.#samples.findIndex((sample) => sample.atMs > atMs - WINDOW_MS);
    if (inside > 1) this.#samples.splice(0, inside - 1);
  }

  /** Bytes per second; undefined until there are two moments to compare. */
  bytesPerSecond(): number | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
    return ((last.bytes - first.bytes) * 1_000) / (last.atMs - first.atMs);
  }
}
