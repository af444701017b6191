/**
 * What this machine received over the interface that carries most, between two readings. A tunnel's
 * bytes show on two interfaces and count once.
 *
 * @returns undefined where the system does not say
 */
export function receivedBytes(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): number | undefined {
  if (after.size === 0) return undefined;
  let most = 0;
  for (const [name, bytes] of after) most = Math.max(most, bytes - (before.get(name) ?? bytes));
  return most;
}

/**
 * What of it other programs of this machine are sure to have received. Programs of other machines
 * behind the same link are not in it.
 *
 * @param ownBytes - received by this process in between, headers not included
 */
export function othersBytes(received: number | undefined, ownBytes: number): number {
  return Math.max(0, (received ?? 0) - ownBytes * HEADERS);
}

/** Headers of TCP, IP, TLS and a tunnel, at the most: what they are less is no company. */
const HEADERS = 1.15;
