import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';

import type { EventSubscription } from '../../../engine/service/transfer-service.ts';
import type { ApiLimits } from '../limits.ts';
import { eventFrame, HEARTBEAT, OPENING, resetFrame } from './sse-frame.ts';

/**
 * One stream of events. It reads on in the log when its client has taken what was sent, so a slow
 * client costs its own place in the log and no memory. One that takes nothing for a while, or has
 * too much waiting, is dropped: it comes back with `Last-Event-ID` and misses nothing.
 */
export class EventListener {
  readonly #response: ServerResponse;
  readonly #subscription: EventSubscription;
  readonly #limits: ApiLimits;
  readonly #ended = new AbortController();

  /** The newest event that was sent, or after which the client asked. */
  #place: number;

  constructor(
    response: ServerResponse,
    subscription: EventSubscription,
    limits: ApiLimits,
    after: number,
  ) {
    this.#place = after;
    this.#response = response;
    this.#subscription = subscription;
    this.#limits = limits;
    response.once('close', () => this.#ended.abort());
    // Writing to a client that just left is no failure of ours; `close` follows.
    response.on('error', () => undefined);
  }

  /** Sends events until the client leaves or the stream is closed. */
  async run(headers: Readonly<Record<string, string>>): Promise<void> {
    this.#response.writeHead(200, headers);
    this.#response.write(OPENING);
    const heartbeat = setInterval(() => this.offer(HEARTBEAT), this.#limits.heartbeatMs);
    try {
      while (!this.#ended.signal.aborted) {
        await this.#send(this.#framesOf(await this.#subscription.next(this.#ended.signal)));
        // What else happens in this turn of the event loop goes out together: a burst costs each
        // listener a write a turn, and not a write an event.
        await setImmediate();
      }
    } catch (error) {
      if (!this.#ended.signal.aborted) {
        this.#response.destroy();
        throw error;
      }
    } finally {
      clearInterval(heartbeat);
      this.#subscription[Symbol.dispose]();
    }
  }

  /** Sends something that may as well be left out: it is, while the client lags behind. */
  offer(text: string): void {
    if (this.#ended.signal.aborted || this.#response.writableNeedDrain) return;
    if (this.#response.writableLength + text.length > this.#limits.unreadBytes) return;
    this.#response.write(text);
  }

  /** Ends the stream after what was sent already. */
  close(): void {
    this.#ended.abort();
    this.#response.end();
  }

  #framesOf(batch: Awaited<ReturnType<EventSubscription['next']>>): string {
    if (batch.kind === 'events') {
      this.#place = batch.events.at(-1)?.sequence ?? this.#place;
      return batch.events.map(eventFrame).join('');
    }
    const { trimmed, last } = batch;
    // From where the subscription goes on: a place beyond the end was one of another store.
    this.#place = this.#place > last ? last : trimmed;
    return resetFrame(trimmed, last, this.#place);
  }

  async #send(text: string): Promise<void> {
    if (this.#response.write(text)) return;
    if (this.#response.writableLength > this.#limits.unreadBytes || !(await this.#drained())) {
      this.#response.destroy();
    }
  }

  /** Whether the client took what was sent; false when it took nothing for too long. */
  async #drained(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onDrain = (): void => resolve(true);
    this.#response.once('drain', onDrain);
    this.#response.once('close', onDrain);
    const timer = setTimeout(() => resolve(false), this.#limits.stallMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#response.off('drain', onDrain);
      this.#response.off('close', onDrain);
    }
  }
}
