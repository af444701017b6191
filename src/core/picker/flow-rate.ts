/** How fast one connection has been bringing bytes of late. */
export interface FlowRate {
  /** Bytes and milliseconds up to the last byte, older ones counting less. */
  readonly bytes: number;
  readonly ms: number;
  /** Milliseconds waited since the last byte, or since the request while none has come. */
  readonly silentMs: number;
}

export const NO_FLOW: FlowRate = { bytes: 0, ms: 0, silentMs: 0 };

/** What happened this long ago counts for a third of what happens now. */
const MEMORY_MS = 800;

/** A connection that has just begun to flow has shown its speed after so long, and round trips. */
const MIN_YOUNG_MS = 300;
const MAX_YOUNG_MS = 600;
const YOUNG_ROUND_TRIPS = 8;

/** Even the fastest connection may be silent for so long before somebody else is tried. */
const MIN_SILENCE_MS = 2_000;
/** A silence in which the connection would have brought this much is long. */
const SILENT_BYTES = 1_048_576;
/** An answer may take so many times what others took to begin. */
const LATE_HEADS = 8;

/** The flow after `ms` more that brought `bytes`. */
export function advanceRate(flow: FlowRate, bytes: number, ms: number): FlowRate {
  if (bytes === 0) return { ...flow, silentMs: flow.silentMs + ms };
  // The wait for the head of an answer is no part of the speed of its body.
  const flownMs = flow.bytes === 0 ? ms : flow.silentMs + ms;
  const kept = Math.exp(-flownMs / MEMORY_MS);
  return { bytes: flow.bytes * kept + bytes, ms: flow.ms * kept + flownMs, silentMs: 0 };
}

/** Bytes per millisecond; falls while nothing comes. 0 before the first byte. */
export function bytesPerMs({ bytes, ms, silentMs }: FlowRate): number {
  return bytes === 0 ? 0 : bytes / Math.max(1, ms + silentMs);
}

/**
 * Bytes per millisecond to reckon with: a connection that has only begun is still getting up to
 * speed, so it is not taken for slower than others are.
 *
 * @param usual - bytes per millisecond of others
 * @param headMs - what answers of this server take to begin
 */
export function likelyRate(flow: FlowRate, usual: number, headMs: number): number {
  const rate = bytesPerMs(flow);
  const youngMs = Math.min(MAX_YOUNG_MS, Math.max(MIN_YOUNG_MS, YOUNG_ROUND_TRIPS * headMs));
  return flow.ms + flow.silentMs < youngMs ? Math.max(rate, usual) : rate;
}

/**
 * Whether the connection has been silent for so long that somebody else had better be asked, well
 * before it is given up.
 *
 * @param headMs - what answers of this server take to begin, 0 when not known
 */
export function isSilent({ bytes, ms, silentMs }: FlowRate, headMs: number): boolean {
  // As long as nobody has answered, nobody knows what late is.
  if (bytes === 0 && headMs === 0) return false;
  const usualMs = bytes === 0 ? LATE_HEADS * headMs : (SILENT_BYTES * ms) / bytes;
  return silentMs >= Math.max(MIN_SILENCE_MS, usualMs);
}
