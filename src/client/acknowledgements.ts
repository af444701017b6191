import { isDeliveryOptimizationError, messageOf } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { RestClient } from '../rest/client.ts';
import { sleep } from './client-clock.ts';

export interface AcknowledgementsOptions {
  readonly rest: RestClient;
  readonly clock: Clock;
  readonly onWarning: (message: string) => void;
}

/** First and longest wait before an acknowledgement is sent again. */
const MIN_RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;

/** How long one may take; it is a row in the store. */
const TIMEOUT_MS = 5_000;

/**
 * Tells the service which final events were taken, until it has heard: what a callback has taken is
 * not told to it again, and the next process is not to hear of it either.
 */
export class Acknowledgements {
  readonly #options: AcknowledgementsOptions;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: AcknowledgementsOptions) {
    this.#options = options;
  }

  send(jobId: string, sequence: number): void {
    const sent = this.#send(jobId, sequence).finally(() => this.#underWay.delete(sent));
    this.#underWay.add(sent);
  }

  /** Waits for those that are being sent, and sends none again. */
  async close(): Promise<void> {
    this.#closing.abort();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Never rejects. */
  async #send(id: string, sequence: number): Promise<void> {
    const { rest, clock, onWarning } = this.#options;
    for (let retryMs = MIN_RETRY_MS; ; retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)) {
      try {
        await rest.call('acknowledgeJob', {
          params: { id },
          body: { sequence },
          timeoutMs: TIMEOUT_MS,
        });
        return;
      } catch (error) {
        // Whoever completes or cancels the job in its callback leaves nothing to acknowledge.
        if (isAnswer(error, 'DO_E_JOB_NOT_FOUND')) return;
        if (!isUnheard(error) || this.#closing.signal.aborted) {
          onWarning(`Job ${id}: an event that was taken may be told again: ${messageOf(error)}`);
          return;
        }
      }
      try {
        await sleep(clock, retryMs, this.#closing.signal);
      } catch {
        // Closing: one last try is not worth waiting for, the event is told again instead.
        return;
      }
    }
  }
}

function isUnheard(error: unknown): boolean {
  return isAnswer(error, 'DO_E_NO_SERVICE') || isAnswer(error, 'ERROR_TIMEOUT');
}

function isAnswer(error: unknown, code: string): boolean {
  return isDeliveryOptimizationError(error) && error.code === code;
}
