import {
  DeliveryOptimizationError,
  isDeliveryOptimizationError,
  messageOf,
} from '../core/errors.ts';
import type { DownloadStream } from '../core/interfaces/download.ts';
import { sleep } from './client-clock.ts';
import type { ContentStream, PendingStart, Remote } from './remote.ts';

/** Wait before the content is asked for again, while a start is under way. */
const RETRY_MS = 50;

/** How often an earlier reading may be found not to have ended yet. */
const MAX_BUSY_TRIES = 100;

/**
 * Brings the content of a download into the stream of this process, chunk by chunk: the next one is
 * taken from the connection when the stream has taken the last.
 */
export class ContentReader implements ContentStream {
  readonly #remote: Remote;
  readonly #id: string;
  readonly #stream: DownloadStream;
  #stop: AbortController | undefined;
  #ended: Promise<void> = Promise.resolve();
  #failure: DeliveryOptimizationError | undefined;
  /** Bytes that came in over the connection since the portion began. */
  #received = 0;
  /** The connection broke, so bytes that were on their way may be lost. */
  #broken = false;

  constructor(remote: Remote, id: string, stream: DownloadStream) {
    this.#remote = remote;
    this.#id = id;
    this.#stream = stream;
  }

  get stream(): DownloadStream {
    return this.#stream;
  }

  get running(): boolean {
    return this.#stop !== undefined;
  }

  get failure(): DeliveryOptimizationError | undefined {
    return this.#failure;
  }

  get ended(): Promise<void> {
    return this.#ended;
  }

  assertWhole(transferred: number): void {
    if (!this.#broken || this.running || this.#received >= transferred) return;
    throw new DeliveryOptimizationError(
      'DO_E_FATAL_CORE_ERROR',
      `The connection that carried the content of download ${this.#id} broke off, so its stream may lack bytes: abort it and make a new one.`,
      { failureClass: 'fatal' },
    );
  }

  begin(start: PendingStart): void {
    if (this.running) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#failure = undefined;
    this.#broken = false;
    const signal = AbortSignal.any([stop.signal, this.#remote.signal]);
    this.#ended = this.#read(start, signal)
      .catch((error: unknown) => {
        // The status of the download says what went wrong; a reader that was stopped says nothing.
        if (!signal.aborted) this.#broken = true;
        if (error instanceof StreamRefusal) this.#failure = error.refusal;
      })
      .finally(() => {
        this.#stop = undefined;
        this.#remote.statusCallbacks.changed(this.#id);
      });
  }

  startOver(): void {
    this.#received = 0;
  }

  stop(): void {
    this.#stop?.abort();
  }

  async #read(start: PendingStart, signal: AbortSignal): Promise<void> {
    for (let busy = 0; ;) {
      const answered = start.settled;
      try {
        await this.#pipe(signal);
        // What was transferred before the start may have been complete before it.
        if (answered) return;
      } catch (error) {
        busy += 1;
        if (!isBusy(error) || busy > MAX_BUSY_TRIES) throw error;
      }
      await sleep(this.#remote.clock, RETRY_MS, signal);
    }
  }

  async #pipe(signal: AbortSignal): Promise<void> {
    const params = { id: this.#id };
    const { body } = await this.#remote.rest.stream('readDownload', { params, signal });
    for await (const chunk of body) {
      this.#received += chunk.length;
      try {
        await this.#stream.write(chunk);
      } catch (cause) {
        throw new StreamRefusal(
          new DeliveryOptimizationError(
            'DO_E_FATAL_CORE_ERROR',
            `The stream did not take ${chunk.length} bytes of download ${this.#id}: ${messageOf(cause)}`,
            { cause, failureClass: 'fatal' },
          ),
        );
      }
    }
  }
}

/** The stream of this process did not take a chunk. */
class StreamRefusal extends Error {
  readonly refusal: DeliveryOptimizationError;

  constructor(refusal: DeliveryOptimizationError) {
    super(refusal.message, { cause: refusal });
    this.refusal = refusal;
  }
}

/** Another reading has not ended yet, or the service does not know of the stream yet. */
function isBusy(error: unknown): boolean {
  return isDeliveryOptimizationError(error) && error.code === 'DO_E_INVALID_STATE';
}
