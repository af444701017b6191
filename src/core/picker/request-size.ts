/** No request for less, as long as there is more: a gigabyte takes at most 64 of them. */
export const MIN_REQUEST_BYTES = 16_777_216;

/** Asking again may cost a hundredth of the time. */
const ASKING_SHARE = 0.01;

/**
 * How many bytes to ask for at once of a part that is `remaining` bytes long.
 *
 * What a server has put into its socket is lost when the process dies or another connection takes
 * over the rest: 4 to 5 MiB a connection were seen on Linux. A bounded request ends that, at the
 * price of one round trip, so the bound grows with the rate and the time an answer takes to begin.
 *
 * @param rate - bytes per millisecond while data flowed, 0 when not known
 * @param headMs - milliseconds from a request to the head of its answer, 0 when not known
 */
export function requestBytes(remaining: number, rate: number, headMs: number): number {
  const bytes = Math.max(MIN_REQUEST_BYTES, Math.ceil((rate * headMs) / ASKING_SHARE));
  // A rest too small for a request of its own goes with this one.
  return remaining - bytes < MIN_REQUEST_BYTES ? remaining : bytes;
}
