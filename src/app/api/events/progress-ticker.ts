import { isDeliveryOptimizationError } from '../../../core/errors.ts';
import type {
  Caller,
  ProgressFacts,
  TransferService,
} from '../../../engine/service/transfer-service.ts';
import type { EventListener } from './event-listener.ts';
import { progressFrame } from './sse-frame.ts';

/** Whose progress a listener hears of. */
interface Interest {
  readonly jobId?: string;
  /** Undefined: everyone's. */
  readonly owner: string | undefined;
}

/** Reads for all listeners at once; what each may hear of is decided here. */
const EVERYONE: Caller = { user: '', administrator: true };

/** Reports progress to the listeners that want it: one reading a tick, however many they are. */
export class ProgressTicker {
  readonly #service: TransferService;
  readonly #everyMs: number;
  readonly #listeners = new Map<EventListener, Interest>();
  #timer: NodeJS.Timeout | undefined;

  constructor(service: TransferService, everyMs: number) {
    this.#service = service;
    this.#everyMs = everyMs;
  }

  /** Begins to report; returns how to stop. Nothing ticks while nobody listens. */
  add(listener: EventListener, interest: Interest): () => void {
    this.#listeners.set(listener, interest);
    this.#timer ??= setInterval(() => this.#tick(), this.#everyMs).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #tick(): void {
    const moving = this.#moving().map((facts) => ({ facts, frame: progressFrame(facts) }));
    if (moving.length === 0) return;
    const texts = new Map<string, string>();
    for (const [listener, { jobId, owner }] of this.#listeners) {
      const key = `${jobId ?? ''} ${owner ?? ''}`;
      const text =
        texts.get(key) ??
        moving
          .filter(
            ({ facts }) =>
              (jobId === undefined || facts.jobId === jobId) &&
              (owner === undefined || facts.owner === owner),
          )
          .map(({ frame }) => frame)
          .join('');
      texts.set(key, text);
      if (text !== '') listener.offer(text);
    }
  }

  #moving(): readonly ProgressFacts[] {
    try {
      return this.#service.progress(EVERYONE, true);
    } catch (error) {
      // The engine closes before its listeners have gone: nothing moves any more.
      if (isDeliveryOptimizationError(error) && error.code === 'DO_E_NO_SERVICE') return [];
      throw error;
    }
  }
}
