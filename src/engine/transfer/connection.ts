import { DeliveryOptimizationError } from '../../core/errors.ts';
import { requestBytes } from '../../core/picker/request-size.ts';
import { advanceFlow, FIRST_FLOW, judgeFlow, type Flow } from '../../core/retry/stall.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PartialFile } from '../../ports/partial-files.ts';
import type { BandwidthGate } from './bandwidth-gate.ts';
import { SegmentWriter } from './segment-writer.ts';

/** What a connection tells the transfer it works for. */
export interface ConnectionEvents {
  received(bytes: number): void;
  written(start: number, end: number): void;
}

/**
 * One connection's work on one segment of the local file. The segment's end may come closer while
 * it runs, when another connection takes over its far half.
 */
export class Connection {
  readonly id: number;
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  #flow: Flow = FIRST_FLOW;
  /** Bytes per millisecond over the last answer's body. */
  #rate = 0;
  /** Milliseconds the last answer took to begin. */
  headMs = 0;
  #waitingSinceMs: number | undefined;
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

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Bytes to ask for at once of a segment with `remaining` bytes left. */
  requestBytes(remaining: number): number {
    return requestBytes(remaining, this.#rate, this.headMs);
  }

  stop(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Puts the connection at the beginning of a file that starts over with the body at hand. */
  startOver(end: number): void {
    this.start = 0;
    this.position = 0;
    this.end = end;
  }

  /**
   * Writes the body from `position` on until it ends or the segment does, and returns once all of
   * it is written, also when it then throws: bytes received are bytes kept.
   */
  async stream(
    body: AsyncIterable<Uint8Array>,
    part: PartialFile,
    gate: BandwidthGate,
    events: ConnectionEvents,
  ): Promise<void> {
    this.#flow = FIRST_FLOW;
    const startedMs = this.#clock.nowMs();
    const writer = new SegmentWriter(part, this.position, (start, end) => {
      this.start = end;
      events.written(start, end);
    });
    const chunks = body[Symbol.asyncIterator]();
    try {
      while (this.position < this.end) {
        const chunk = await this.#next(chunks);
        if (chunk === undefined) break;
        const room = this.end - this.position;
        const wanted = chunk.length > room ? chunk.subarray(0, room) : chunk;
        this.position += wanted.length;
        events.received(wanted.length);
        const full = writer.push(wanted);
        if (full !== undefined) await full;
        const held = gate.passed(chunk.length, this.signal);
        if (held !== undefined) await held;
      }
    } finally {
      this.#rate = this.#flow.bytes / Math.max(1, this.#clock.nowMs() - startedMs);
      await chunks.return?.();
      await writer.drain();
    }
  }

  async #next(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    this.#waitingSinceMs = this.#clock.nowMs();
    try {
      const next = await chunks.next();
      const waitedMs = this.#clock.nowMs() - this.#waitingSinceMs;
      this.#flow = advanceFlow(this.#flow, waitedMs, next.done ? 0 : next.value.length);
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
    this.stop(
      new DeliveryOptimizationError(
        'ERROR_WINHTTP_TIMEOUT',
        `The transfer stalled: ${verdict.reason}.`,
        { url },
      ),
    );
  }
}
