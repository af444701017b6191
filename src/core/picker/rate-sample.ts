/** What a number of looks at a throughput came to. */
export interface RateSample {
  readonly ticks: number;
  readonly ms: number;
  readonly bytes: number;
  /** Sum of the squares of the rates seen, for how far they scatter. */
  readonly squares: number;
}

export const NO_SAMPLE: RateSample = { ticks: 0, ms: 0, bytes: 0, squares: 0 };

/** A single look may be off by so much of what it shows, and the best of samples by so much. */
const LONE_ERROR = 0.25;
const LEAST_ERROR = 0.03;

/** The sample with one more look: `bytes` came in `ms`. */
export function addLook(sample: RateSample, bytes: number, ms: number): RateSample {
  const rate = bytes / ms;
  return {
    ticks: sample.ticks + 1,
    ms: sample.ms + ms,
    bytes: sample.bytes + bytes,
    squares: sample.squares + rate * rate,
  };
}

/** Bytes per millisecond, 0 for an empty sample. */
export function meanRate({ bytes, ms }: RateSample): number {
  return ms === 0 ? 0 : bytes / ms;
}

/**
 * How far the mean may be off, in bytes per millisecond: the standard error, and never so little
 * that two looks which happen to agree are taken for the truth.
 */
export function rateError(sample: RateSample): number {
  const mean = meanRate(sample);
  const { ticks, squares } = sample;
  if (ticks < 2) return mean * LONE_ERROR;
  const variance = Math.max(0, squares / ticks - mean * mean);
  return Math.max(Math.sqrt(variance / (ticks - 1)), mean * LEAST_ERROR);
}
