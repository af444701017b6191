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

/** Requests that `bytes` in a row take, each as small as it may be. */
export function requestsFor(bytes: number): number {
  return bytes <= 0 ? 0 : Math.max(1, Math.floor(bytes / MIN_REQUEST_BYTES));
}

/** What a file has asked for, and what it has still to ask for. */
export interface RequestCount {
  /** Bytes that were missing when the transfer began. */
  readonly missingBytes: number;
  /** Gaps they were in. */
  readonly gaps: number;
  /** Connections the file may have at the most. */
  readonly connections: number;
  readonly made: number;
  /** Requests that failed or brought less than was asked for: those after them are none of ours. */
  readonly failed: number;
  /** Lengths of the stretches that nobody has asked for yet. */
  readonly unasked: readonly number[];
}

/**
 * Requests that may be made by choice: to divide what somebody is fetching already, or to race it.
 *
 * A file takes at most one request for each 16 MiB and one for each connection, and one more for
 * each further gap and each failure. Whatever dividing costs is taken out of that.
 */
export function spareRequests(count: RequestCount): number {
  const { missingBytes, gaps, connections, made, failed, unasked } = count;
  const all = Math.floor(missingBytes / MIN_REQUEST_BYTES) + connections + Math.max(0, gaps - 1);
  const due = unasked.reduce((sum, bytes) => sum + requestsFor(bytes), 0);
  return all + failed - made - due;
}

/**
 * How many of the spare requests may go to less than 16 MiB: those that are left when everything on
 * its way has been divided into requests of that length.
 *
 * @param leftBytes - what is still to come of the file
 */
export function spareForLittle(spare: number, leftBytes: number): number {
  return spare - Math.floor(leftBytes / MIN_REQUEST_BYTES);
}
