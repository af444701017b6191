/**
 * What background transfers have learnt of the road they share: how much all of them together got
 * through, and how much one connection to each origin gets by itself.
 *
 * The second is there because a train (polite-rate.ts) is one connection: an origin that allows each
 * of four connections 1 MB/s will not let one have four, however idle the link is.
 */
export interface KnownSpeeds {
  readonly link: LinkSpeed | undefined;
  /** The best rate of one connection, by origin; the one learnt last at the end. */
  readonly single: readonly OriginSpeed[];
}

export interface LinkSpeed {
  readonly bytesPerSecond: number;
  /** Shown to be the link's own, and not what others had left of it. */
  readonly confirmed: boolean;
  /** Monotonic milliseconds. */
  readonly atMs: number;
}

interface OriginSpeed {
  readonly origin: string;
  readonly bytesPerSecond: number;
  readonly atMs: number;
}

export const NOTHING_KNOWN: KnownSpeeds = { link: undefined, single: [] };

/** Speeds are believed for so long: a laptop is carried to another network. */
const KEPT_MS = 600_000;

/** Origins whose speed is kept. */
const MAX_ORIGINS = 32;

/** What a link is known to carry, while that is believed. */
export function linkSpeed({ link }: KnownSpeeds, nowMs: number): LinkSpeed | undefined {
  return link !== undefined && nowMs - link.atMs < KEPT_MS ? link : undefined;
}

/** The best rate of one connection to an origin, in bytes per second; undefined when not known. */
export function singleSpeed(
  { single }: KnownSpeeds,
  origin: string,
  nowMs: number,
): number | undefined {
  const found = single.find((each) => each.origin === origin);
  return found !== undefined && nowMs - found.atMs < KEPT_MS ? found.bytesPerSecond : undefined;
}

/** The speeds after one connection to `origin` had all of the road to itself at a rate. */
export function learnSingle(
  speeds: KnownSpeeds,
  origin: string,
  bytesPerSecond: number,
  nowMs: number,
): KnownSpeeds {
  const before = singleSpeed(speeds, origin, nowMs) ?? 0;
  if (bytesPerSecond <= before) return speeds;
  const others = speeds.single.filter((each) => each.origin !== origin);
  return {
    ...speeds,
    single: [...others, { origin, bytesPerSecond, atMs: nowMs }].slice(-MAX_ORIGINS),
  };
}

/** The speeds without those single ones that may have been what others had left of the link. */
export function doubtSingles(speeds: KnownSpeeds, fromBytesPerSecond: number): KnownSpeeds {
  const single = speeds.single.filter(({ bytesPerSecond }) => bytesPerSecond < fromBytesPerSecond);
  return { ...speeds, single };
}
