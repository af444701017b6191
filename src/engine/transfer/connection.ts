import { DeliveryOptimizationError } from '../../core/errors.ts';
import { requestBytes } from '../../core/picker/request-size.ts';
import { advanceFlow, FIRST_FLOW, judgeFlow, type Flow } from '../../core/retry/stall.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpResponse } from '../../ports/http-transport.ts';
import type { PartWriter } from '../../ports/partial-files.ts';
import type { GateShare } from './bandwidth-gate.ts';
import { SegmentWriter } from './segment-writer.ts';

/** Where the bytes of a request come from. */
export type ByteSource = 'origin' | 'cacheHost';

/** What a connection tells the transfer it works for. */
export interface ConnectionEvents {
  received(bytes: number): void;
  /** Bytes arrived that are no part of the segment: they are dropped. */
  surplus(bytes: number): void;
  written(start: number, end: number): void;
}

/**
 * One connection's work on one segment of the local file. The segment's end may come closer while
 * it runs, when another connection takes over its far half.
 */
export class Connection {
  readonly id: number;
  #abort = new AbortController();
  /** Why `watch` stopped the request under way. */
  #stall: Error | undefined;
  readonly #clock: Clock;
  #flow: Flow = FIRST_FLOW;
  /** Bytes per millisecond over the last answer's body; before it, what is expected of it. */
  rate = 0;
  /** Milliseconds the last answer took to begin. */
  headMs = 0;
  #waitingSinceMs: number | undefined;
  /** A limit held the last chunk back, so the next one comes out of buffers. */
  #held = false;
  /** Who serves the request under way. */
  source: ByteSource = 'origin';
  /** Everything before this is written. */
  start: number;
  /** Everything before this has been received. */
  position: number;
  /** Infinity until the size is known. */
  end: number;

  constructor(id: number, start: number, end: number, clock: Clock) {
    this.id = id;
    this.start = start;
    this.position = start;
    this.end = end;
    this.#clock = clock;
  }

  /** Whether a limit holds back what has arrived, or has held back the last of it. */
  get held(): boolean {
    return this.#held;
  }

  /** Whether it is the network that the next bytes are to come from just now. */
  get awaited(): boolean {
    return this.#waitingSinceMs !== undefined;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Bytes to ask for at once of a segment with `remaining` bytes left. */
  requestBytes(remaining: number, gate: GateShare): number {
    const bytes = requestBytes(remaining, this.rate, this.headMs);
    return Math.min(bytes, gate.askedAtMost(this.signal));
  }

  stop(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Whether the connection may go on with another request after a failed one. */
  mayGoOn(): boolean {
    if (!this.signal.aborted) return true;
    if (this.#stall === undefined || this.signal.reason !== this.#stall) return false;
    this.#stall = undefined;
    this.#abort = new AbortController();
    return true;
  }

  /** Puts the connection at the beginning of a file that starts over with the body at hand. */
  startOver(end: number): void {
    this.start = 0;
    this.position = 0;
    this.end = end;
  }

  /**
   * Writes the body from `position` on until it ends or the segment does, and returns once all of
   * it is written, also when it then throws: bytes received are bytes kept. An answer that can be
   * resumed is left, with `left`, when the gate says so.
   */
  async stream(
    response: Pick<HttpResponse, 'body' | 'release' | 'discard'>,
    part: PartWriter,
    gate: GateShare,
    events: ConnectionEvents,
    resumable: boolean,
  ): Promise<'ended' | 'left'> {
    this.#flow = FIRST_FLOW;
    this.#held = false;
    const startedMs = this.#clock.nowMs();
    const writer = new SegmentWriter(part, this.position, (start, end) => {
      this.start = end;
      events.written(start, end);
    });
    const chunks = response.body[Symbol.asyncIterator]();
    try {
      while (this.position < this.end) {
        const waitedFromMs = this.#clock.nowMs();
        const chunk = await this.#next(chunks);
        if (chunk === undefined) break;
        gate.waited(this.#clock.nowMs() - waitedFromMs);
        try {
          if (!resumable && gate.leaves(this.signal)) await gate.stay(this.signal);
          await this.#takeIn(chunk, writer, gate, events);
        } finally {
          writer.afterwards(() => response.release(chunk));
        }
        if (resumable && gate.leaves(this.signal)) return 'left';
      }
      return 'ended';
    } finally {
      this.rate = this.#flow.bytes / Math.max(1, this.#clock.nowMs() - startedMs);
      await chunks.return?.();
      response.discard();
      await writer.drain();
    }
  }

  /** Passes a chunk on, slice by slice as the limits allow. */
  async #takeIn(
    chunk: Uint8Array,
    writer: SegmentWriter,
    gate: GateShare,
    events: ConnectionEvents,
  ): Promise<void> {
    this.#held = false;
    for (let offset = 0; offset < chunk.length;) {
      const left = Math.min(chunk.length - offset, Math.max(0, this.end - this.position));
      const passing = gate.take(left, this.signal);
      if (typeof passing !== 'number') this.#held = true;
      const passed = typeof passing === 'number' ? passing : await passing;
      // While it waited, another connection may have taken over the rest.
      const bytes = Math.min(passed, Math.max(0, this.end - this.position));
      if (bytes === 0) {
        events.surplus(chunk.length - offset);
        return;
      }
      this.position += bytes;
      events.received(bytes);
      const full = writer.push(chunk.subarray(offset, offset + bytes));
      offset += bytes;
      if (full !== undefined) await full;
    }
  }

  async #next(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    this.#waitingSinceMs = this.#clock.nowMs();
    try {
      const next = await chunks.next();
      const waitedMs = this.#clock.nowMs() - this.#waitingSinceMs;
      const bytes = next.done ? 0 : next.value.length;
      // What a limit had let gather in buffers shows their speed, not that of the network.
      this.#flow =
        this.#held && bytes > 0
          ? { ...this.#flow, silentMs: 0 }
          : advanceFlow(this.#flow, waitedMs, bytes);
      return next.done ? undefined : next.value;
    } finally {
      this.#waitingSinceMs = undefined;
    }
  }

  /** Stops the connection if its body has stalled. To be called about once a second. */
  watch(url: string): void {
    if (this.#waitingSinceMs === undefined) return;
    const nowMs = this.#clock.nowMs();
    this.#flow = advanceFlow(this.#flow, nowMs - this.#waitingSinceMs, 0);
    this.#waitingSinceMs = nowMs;
    const verdict = judgeFlow(this.#flow);
    if (verdict.kind === 'flowing') {
      this.#flow = verdict.flow;
      return;
    }
    this.#stall = new DeliveryOptimizationError(
      'ERROR_WINHTTP_TIMEOUT',
      `The transfer stalled: ${verdict.reason}.`,
      { url },
    );
    this.stop(this.#stall);
  }
}
