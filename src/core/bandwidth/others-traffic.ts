/**
 * What other programs of this machine receive over the interface that carries most: bytes of all
 * between two readings, less our own. A tunnel's bytes show on two interfaces and count once.
 *
 * Programs of other machines behind the same link are not in it.
 *
 * @param ownBytes - received by this process in between, headers not included
 * @returns undefined where the system does not say
 */
export function othersBytes(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  ownBytes: number,
): number | undefined {
  if (after.size === 0) return undefined;
  let most = 0;
  for (const [name, bytes] of after) most = Math.max(most, bytes - (before.get(name) ?? bytes));
  return Math.max(0, most - ownBytes * HEADERS);
}

/** Headers of TCP, IP, TLS and a tunnel, at the most: what they are less is no company. */
const HEADERS = 1.15;
