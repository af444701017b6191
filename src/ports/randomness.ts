/** Randomness, drawn at the edge so that core stays a function of its arguments. */
export interface Randomness {
  /** A sample in [0, 1). */
  sample(): number;
  /** `count` bytes fit for identifiers. */
  bytes(count: number): Uint8Array;
}
