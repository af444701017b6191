import { BODY_IDLE_TIMEOUT_MS } from '../limits.ts';

/**
 * How one body has been arriving. Time counts only while the engine waits for the network: a
 * transfer that is held back by a limit or a slow disk does not stall.
 */
export interface Flow {
  /** Milliseconds waited for the network since the answer's head. */
  readonly waitedMs: number;
  /** Bytes received since then. */
  readonly bytes: number;
  /** The same two at the beginning of the window that is being judged. */
  readonly windowWaitedMs: number;
  readonly windowBytes: number;
  /** Milliseconds waited since the last byte. */
  readonly silentMs: number;
}

export const FIRST_FLOW: Flow = {
  waitedMs: 0,
  bytes: 0,
  windowWaitedMs: 0,
  windowBytes: 0,
  silentMs: 0,
};

/** Even the fastest transfer may be silent this long: a roaming Wi-Fi client needs some seconds. */
const MIN_SILENCE_MS = 15_000;
/** A silence in which a transfer at its own speed would have brought this much is a stall. */
const SILENT_BYTES = 8_388_608;
/** Bytes from which on a transfer has a speed of its own. */
const MIN_SAMPLE_BYTES = 1_048_576;
/** The window over which a slow-down is judged. */
const WINDOW_MS = 30_000;
/** A transfer that fell below this share of its own speed for a window is worth a new connection. */
const SLOW_SHARE = 0.02;

/** The flow after `waitedMs` more of waiting brought `bytes`. */
export function advanceFlow(flow: Flow, waitedMs: number, bytes: number): Flow {
  return {
    ...flow,
    waitedMs: flow.waitedMs + waitedMs,
    bytes: flow.bytes + bytes,
    silentMs: bytes > 0 ? 0 : flow.silentMs + waitedMs,
  };
}

/** Longest silence granted to a transfer, in milliseconds, by its own speed. */
export function silenceLimitMs(flow: Flow): number {
  // The first bytes come out of buffers on the way and tell nothing of a speed.
  if (flow.bytes < MIN_SAMPLE_BYTES) return BODY_IDLE_TIMEOUT_MS;
  // The silence itself is no part of the speed: counted in, it would put off its own end.
  const usualMs = (SILENT_BYTES * (flow.waitedMs - flow.silentMs)) / flow.bytes;
  return Math.min(BODY_IDLE_TIMEOUT_MS, Math.max(MIN_SILENCE_MS, usualMs));
}

export type FlowVerdict =
  | { readonly kind: 'flowing'; readonly flow: Flow }
  | { readonly kind: 'stalled'; readonly reason: string };

/** Whether the transfer goes on or has stalled; call it about once a second. */
export function judgeFlow(flow: Flow): FlowVerdict {
  const limitMs = silenceLimitMs(flow);
  if (flow.silentMs >= limitMs) {
    return { kind: 'stalled', reason: `no byte arrived for ${Math.round(flow.silentMs / 1000)} s` };
  }
  const windowMs = flow.waitedMs - flow.windowWaitedMs;
  if (windowMs < WINDOW_MS) return { kind: 'flowing', flow };
  const windowRate = (flow.bytes - flow.windowBytes) / windowMs;
  const earlierRate = flow.windowWaitedMs === 0 ? 0 : flow.windowBytes / flow.windowWaitedMs;
  // A window without any byte is a silence, and judged as one above.
  if (windowRate > 0 && windowRate < earlierRate * SLOW_SHARE) {
    return {
      kind: 'stalled',
      reason: `the last ${Math.round(windowMs / 1000)} s ran at less than ${SLOW_SHARE * 100} % of the speed before`,
    };
  }
  return {
    kind: 'flowing',
    flow: { ...flow, windowWaitedMs: flow.waitedMs, windowBytes: flow.bytes },
  };
}
