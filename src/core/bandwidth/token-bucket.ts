/** Time's worth of bytes an idle bucket may save up, in milliseconds. */
export const DEFAULT_BURST_MS = 100;

/**
 * A budget of bytes that fills at a steady rate.
 *
 * Bytes are taken after they have moved, so the bucket may go into debt; the next one waits until
 * the debt is paid. Over any stretch from one paid-up moment to another, no more bytes pass than
 * rate x time plus one burst, whatever the size of the chunks.
 *
 * The burst is there to make up for timers that fire late: what a late timer wastes is saved, up to
 * the burst, and spent at once. At 100 ms it adds no more than 1 % over 10 s.
 */
export interface TokenBucket {
  /** Bytes per second; 0 lets nothing pass, `undefined` lets everything pass at once. */
  readonly rateBytesPerSecond: number | undefined;
  /** The longest saving, as time at the present rate, in milliseconds. */
  readonly burstMs: number;
  /** Bytes saved up when positive, owed when negative. */
  readonly balanceBytes: number;
  /** The moment `balanceBytes` speaks of. */
  readonly updatedMs: number;
}

/** A bucket after bytes were taken, and how long to wait before taking more. */
export interface Taken {
  readonly bucket: TokenBucket;
  /** Whole milliseconds; 0 when more may follow at once, Infinity at a rate of 0. */
  readonly waitMs: number;
}

/**
 * An empty bucket: neither savings nor debt.
 *
 * @param rateBytesPerSecond - 0 lets nothing pass, `undefined` is unlimited
 * @param nowMs - a monotonic clock, in milliseconds
 */
export function createTokenBucket(
  rateBytesPerSecond: number | undefined,
  nowMs: number,
  burstMs: number = DEFAULT_BURST_MS,
): TokenBucket {
  return { rateBytesPerSecond, burstMs, balanceBytes: 0, updatedMs: nowMs };
}

/**
 * Takes bytes that have moved, and tells how long to wait before moving more.
 *
 * Taking 0 bytes asks for the wait only, as after a change of the rate.
 *
 * @param bytes - at least 0; more than the burst is fine and becomes debt
 */
export function take(bucket: TokenBucket, bytes: number, nowMs: number): Taken {
  const filled = settle(bucket, nowMs);
  if (filled.rateBytesPerSecond === undefined) return { bucket: filled, waitMs: 0 };
  const balanceBytes = filled.balanceBytes - bytes;
  return {
    bucket: { ...filled, balanceBytes },
    waitMs: waitFor(balanceBytes, filled.rateBytesPerSecond),
  };
}

/**
 * The bucket at another rate from now on; savings are cut to the new burst.
 *
 * A higher rate pays the debt sooner. A lower one pays it in the time that was left: bytes that
 * moved at the old rate would else stop everything for minutes at the new one. Being unlimited pays
 * any debt at once, and so does a rate of 0, where no time would.
 */
export function withRate(
  bucket: TokenBucket,
  rateBytesPerSecond: number | undefined,
  nowMs: number,
): TokenBucket {
  const settled = settle(bucket, nowMs);
  const { rateBytesPerSecond: before = 0, balanceBytes } = settled;
  const lowered = rateBytesPerSecond !== undefined && rateBytesPerSecond < before;
  const share = lowered ? rateBytesPerSecond / before : 1;
  const owed = balanceBytes < 0 ? balanceBytes * share : balanceBytes;
  return settle({ ...settled, balanceBytes: owed, rateBytesPerSecond }, nowMs);
}

/** Credits the time that has passed. A clock that steps back credits nothing. */
function settle(bucket: TokenBucket, nowMs: number): TokenBucket {
  const { rateBytesPerSecond, burstMs, updatedMs } = bucket;
  if (rateBytesPerSecond === undefined) return { ...bucket, balanceBytes: 0, updatedMs: nowMs };
  const earnedBytes = (rateBytesPerSecond * Math.max(0, nowMs - updatedMs)) / 1000;
  const burstBytes = (rateBytesPerSecond * burstMs) / 1000;
  const balanceBytes = Math.min(burstBytes, bucket.balanceBytes + earnedBytes);
  return { ...bucket, balanceBytes, updatedMs: nowMs };
}

function waitFor(balanceBytes: number, rateBytesPerSecond: number): number {
  if (rateBytesPerSecond === 0) return Number.POSITIVE_INFINITY;
  return balanceBytes >= 0 ? 0 : Math.ceil((-balanceBytes * 1000) / rateBytesPerSecond);
}
