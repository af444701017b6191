/** Time, as the engine needs it. */
export interface Clock {
  /** Monotonic milliseconds: never jumps, so every timer counts in them. */
  nowMs(): number;
  /** Wall-clock milliseconds since 1970: for times shown to people and the 30-day age. */
  wallMs(): number;
  /** Calls back once after `delayMs`; the returned function drops the timer. Delays may exceed 2^31 ms. */
  after(delayMs: number, callback: () => void): () => void;
}
