/** What has been received of one bounded request, to tell how fast the road let it through. */
export interface TrainLog {
  /** Bytes asked for. */
  readonly wanted: number;
  readonly bytes: number;
  /** Monotonic milliseconds when it was asked for, and when anything last came. */
  readonly departedMs: number;
  readonly lastMs: number;
  /** When the first bytes came, and how many came with them. */
  readonly first: Mark | undefined;
  /** When half of the bytes wanted were there. */
  readonly half: Mark | undefined;
}

interface Mark {
  readonly ms: number;
  readonly bytes: number;
}

/** A train of which less has come says nothing. */
export const MIN_TRAIN_SHARE = 0.5;

/** What came of a train, in bytes per second. */
export interface TrainSpeed {
  readonly bytes: number;
  readonly rate: number;
  /** Over the second half of it. */
  readonly lateRate: number;
}

export function trainOf(wanted: number, nowMs: number): TrainLog {
  return {
    wanted,
    bytes: 0,
    departedMs: nowMs,
    lastMs: nowMs,
    first: undefined,
    half: undefined,
  };
}

/** The log after more bytes have come. */
export function seeBytes(log: TrainLog, more: number, nowMs: number): TrainLog {
  const bytes = log.bytes + more;
  const mark = { ms: nowMs, bytes };
  return {
    ...log,
    bytes,
    lastMs: nowMs,
    first: log.first ?? mark,
    half: log.half ?? (bytes * 2 >= log.wanted ? mark : undefined),
  };
}

/**
 * How fast a train was, from its first bytes on: the time until then is the server's. One that came
 * in a piece or two is measured from its request.
 */
export function speedOf({ bytes, departedMs, first, half, lastMs }: TrainLog): TrainSpeed {
  const whole = between({ ms: departedMs, bytes: 0 }, lastMs, bytes);
  const rate =
    first === undefined || first.bytes * 2 > bytes ? whole : between(first, lastMs, bytes);
  const late = half === undefined || half.bytes * 4 > bytes * 3;
  return { bytes, rate, lateRate: late ? rate : between(half, lastMs, bytes) };
}

function between(from: Mark, toMs: number, toBytes: number): number {
  return ((toBytes - from.bytes) * 1_000) / Math.max(1, toMs - from.ms);
}
