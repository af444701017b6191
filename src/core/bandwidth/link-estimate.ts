/**
 * What the link can carry, as far as transfers have shown: the best mean rate over 10 s that was
 * seen within the last hour. Percentages of the bandwidth are taken of it.
 *
 * A mean counts only when bytes flowed in each of its ten seconds: the beginning and the end of a
 * transfer say nothing of a link. Seconds in which a limit held transfers back show the limit and
 * not the link, so they may raise an estimate and never make one. It is forgotten after an hour all the
 * same: until the next ten seconds have been measured a percentage is no limit then, which is how a
 * link that was measured through a slow origin is found to be better.
 */
export interface LinkEstimate {
  /** Bytes of the seconds in a row with traffic, the newest last; at most ten. */
  readonly seconds: readonly number[];
  /** The whole second, counted by the monotonic clock, that `seconds` ends with. */
  readonly lastSecond: number;
  /** The best rate of each minute that had one, in bytes per second, oldest first; at most 60. */
  readonly minutes: readonly { readonly minute: number; readonly bytesPerSecond: number }[];
}

export const NO_ESTIMATE: LinkEstimate = { seconds: [], lastSecond: -1, minutes: [] };

const WINDOW_SECONDS = 10;
const KEPT_MINUTES = 60;

/**
 * The estimate after one more second of traffic.
 *
 * @param second - the second the bytes arrived in: monotonic time divided by 1,000, rounded down
 * @param held - a limit held some of them back
 */
export function observeSecond(
  estimate: LinkEstimate,
  second: number,
  bytes: number,
  held: boolean,
): LinkEstimate {
  const inRow = second === estimate.lastSecond + 1 && bytes > 0;
  const seconds = [...(inRow ? estimate.seconds : []), ...(bytes > 0 ? [bytes] : [])];
  const window = seconds.slice(-WINDOW_SECONDS);
  const minute = Math.floor(second / 60);
  const kept = forgetOld(estimate.minutes, minute);
  const mean = window.reduce((sum, each) => sum + each, 0) / WINDOW_SECONDS;
  const minutes = window.length < WINDOW_SECONDS ? kept : withRate(kept, minute, mean, held);
  return { seconds: window, lastSecond: second, minutes };
}

/** Bytes per second; undefined while nothing has been measured. */
export function bestRate({ minutes }: LinkEstimate): number | undefined {
  if (minutes.length === 0) return undefined;
  return Math.max(...minutes.map(({ bytesPerSecond }) => bytesPerSecond));
}

/** The estimate without what is older than an hour: to be asked for when nothing arrives either. */
export function expire(estimate: LinkEstimate, second: number): LinkEstimate {
  return { ...estimate, minutes: forgetOld(estimate.minutes, Math.floor(second / 60)) };
}

function forgetOld(minutes: LinkEstimate['minutes'], minute: number): LinkEstimate['minutes'] {
  return minutes.filter((each) => minute - each.minute < KEPT_MINUTES);
}

function withRate(
  minutes: LinkEstimate['minutes'],
  minute: number,
  bytesPerSecond: number,
  held: boolean,
): LinkEstimate['minutes'] {
  const best = Math.max(0, ...minutes.map((each) => each.bytesPerSecond));
  if (held && (minutes.length === 0 || bytesPerSecond <= best)) return minutes;
  const others = minutes.filter((each) => each.minute !== minute);
  const same = minutes.find((each) => each.minute === minute)?.bytesPerSecond ?? 0;
  return [...others, { minute, bytesPerSecond: Math.max(same, bytesPerSecond) }].slice(
    -KEPT_MINUTES,
  );
}
