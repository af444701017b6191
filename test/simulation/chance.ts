import type { Randomness } from '../../src/ports/randomness.ts';

/** Choices drawn from one seed. */
export interface Chance {
  /** An integer in [0, count). */
  below(count: number): number;
  of<T>(choices: readonly T[]): T;
  happens(probability: number): boolean;
}

export function chanceFrom(randomness: Randomness): Chance {
  const below = (count: number): number => Math.floor(randomness.sample() * count);
  return {
    below,
    of: (choices) => choices[below(choices.length)]!,
    happens: (probability) => randomness.sample() < probability,
  };
}
