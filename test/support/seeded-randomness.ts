import type { Randomness } from '../../src/ports/randomness.ts';

/** Randomness that is the same for the same seed (mulberry32), so that a failure can be replayed. */
export function seededRandomness(seed: number): Randomness {
  let state = seed >>> 0;
  function sample(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return { sample, bytes: (count) => Uint8Array.from({ length: count }, () => sample() * 256) };
}
