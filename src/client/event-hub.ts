import { messageOf } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { RestClient } from '../rest/client.ts';
import { EventStream, type StreamedEvent } from '../rest/event-stream.ts';
import { sleep } from './client-clock.ts';

/** Whoever follows one job or download. Neither method may throw. */
export interface EventListener {
  event(event: StreamedEvent): void;
  /** Events may have been missed. */
  gap(): void;
}

export interface EventHubOptions {
  readonly rest: RestClient;
  readonly clock: Clock;
  /** Name of the user the service takes this process for. */
  readonly caller: string;
  readonly onWarning: (message: string) => void;
}

/**
 * The one event stream of a manager: opened for the first listener, closed after the last. It is the
 * caller's own events, and everyone's once a job of somebody else is listened to, which the service
 * allows administrators alone.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #listeners = new Map<string, EventListener>();
  #stream: EventStream | undefined;
  #opened: Promise<void> = Promise.resolve();
  #everyone = false;
  /** Last event of a stream that was closed to be opened more widely. */
  #after: number | undefined;
  #warned = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  /** Whether a connection stands, so that nothing that happens from now on is missed. */
  get connected(): boolean {
    return this.#stream?.connected ?? false;
  }

  /** Tells the listener of a job from now on; resolves once nothing is missed any more. */
  async listen(id: string, owner: string, listener: EventListener): Promise<void> {
    this.#listeners.set(id, listener);
    if (owner !== this.#options.caller && !this.#everyone) await this.#widen();
    try {
      await this.#open();
    } catch (error) {
      if (this.#listeners.get(id) === listener) this.drop(id);
      throw error;
    }
  }

  drop(id: string): void {
    this.#listeners.delete(id);
    if (this.#listeners.size === 0) void this.close();
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#after = undefined;
    await stream?.[Symbol.asyncDispose]();
  }

  async #widen(): Promise<void> {
    this.#everyone = true;
    const after = this.#stream?.last;
    await this.close();
    this.#after = after;
  }

  #open(): Promise<void> {
    if (this.#stream !== undefined) return this.#opened;
    const { rest, clock, onWarning } = this.#options;
    const stream = new EventStream({
      client: rest,
      ...(this.#everyone ? { owner: '*' } : {}),
      ...(this.#after === undefined ? {} : { after: this.#after }),
      onEvent: (event) => this.#listeners.get(event.jobId)?.event(event),
      onGap: () => {
        for (const listener of this.#listeners.values()) listener.gap();
      },
      onLost: (error) => {
        // Said once: it is tried again for as long as somebody listens.
        if (this.#warned) return;
        this.#warned = true;
        const reason = error === undefined ? '' : ` ${messageOf(error)}`;
        onWarning(`The event stream of the service ended and is opened again.${reason}`);
      },
      sleep: (delayMs, signal) => sleep(clock, delayMs, signal),
      random: Math.random,
    });
    this.#stream = stream;
    this.#opened = stream.open().catch((error: unknown) => {
      if (this.#stream === stream) this.#stream = undefined;
      throw error;
    });
    return this.#opened;
  }
}
