import type { DOWNLOAD_MODE } from '../constants.ts';

/** Hours of the day with percentages of their own (DOSetHoursToLimit…DownloadBandwidth). */
export interface LimitedHours {
  /** Minutes after local midnight, 0 to 1439. `from` after `to` spans midnight; equal is the whole day. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** Days of the week it begins on, 0 Sunday to 6 Saturday; all of them when absent. */
  readonly days?: readonly number[];
  /** Percent of the available bandwidth inside the hours and outside them; 0 lets adapt (no limit). */
  readonly insidePercent: number;
  readonly outsidePercent: number;
}

/** What applies to foreground downloads, or to all others (policies.md 1.5, 1.6). */
export interface TrafficPolicy {
  /** Bytes per second over all downloads of the kind; undefined is no limit, 0 lets nothing pass. */
  readonly bytesPerSecond?: number;
  /** Percent, 1 to 100, of the available bandwidth; undefined is no limit. */
  readonly percent?: number;
  readonly hours?: LimitedHours;
  /** Milliseconds to wait for peers before HTTP is used; undefined: no wait. Kept until there are peers. */
  readonly delayFromHttpMs?: number;
  /** Milliseconds a cache host is tried before the origin; undefined: first failure; -1: for ever. */
  readonly delayCacheServerFallbackMs?: number;
}

/** Everything the engine obeys and may be told anew while it runs. */
export interface Policies {
  readonly downloadMode: DOWNLOAD_MODE;
  /** Bytes per second over everything; undefined is no limit, 0 lets nothing pass. */
  readonly totalBytesPerSecond?: number;
  /** Bytes per second of each job that has no limit of its own. */
  readonly jobBytesPerSecond?: number;
  readonly foreground: TrafficPolicy;
  readonly background: TrafficPolicy;
  /**
   * Whether background downloads without a limit of their own leave the link to other traffic
   * (DOMaxBackgroundDownloadBandwidth and DOPercentageMaxBackgroundBandwidth both at 0: adapt).
   */
  readonly backgroundYields: boolean;
  /** Bytes per second that background downloads should reach before peers alone serve them (DOMinBackgroundQos). */
  readonly minBackgroundQosBytesPerSecond: number;
  /** Bandwidth of the link, which percentages are of; undefined: the best rate measured lately. */
  readonly linkBytesPerSecond?: number;
  /** Cache hosts in the order they are tried: `host` or `host:port`. */
  readonly cacheHosts: readonly string[];
  /** DODisallowCacheServerDownloadsOnVPN. */
  readonly disallowCacheServerOnVpn: boolean;
  readonly power: PowerPolicy;
  /** Whether background jobs stop while a VPN is up. */
  readonly pauseOnVpn: boolean;
  /** Whether cellular links are forbidden to every job. */
  readonly disallowCellular: boolean;
}

export interface PowerPolicy {
  /** On battery, background jobs stop below this percentage; undefined: never; 100: always on battery. */
  readonly pauseBackgroundBelowPercent?: number;
  /** On battery, foreground jobs stop below this percentage; undefined: never. */
  readonly pauseForegroundBelowPercent?: number;
}

/**
 * Whether background downloads make room for traffic that no limit knows of. A limit that somebody
 * has set for them says already what they may use, and takes the place of that (policies.md 1.5).
 */
export function isPolite({ background, backgroundYields }: Policies): boolean {
  const { bytesPerSecond, percent, hours } = background;
  const limited = bytesPerSecond !== undefined || percent !== undefined || hours !== undefined;
  return backgroundYields && !limited;
}
