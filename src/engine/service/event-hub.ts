import type { EventRecord } from '../../core/facts/event.ts';
import type { EventFilter, EventLog } from '../../ports/event-log.ts';
import type { Engine } from '../engine.ts';
import type { EventBatch, EventSubscription } from './transfer-service.ts';
import { Wait } from './wait.ts';

/** Newest events kept in memory, for listeners in step with them: they share one reading of the log. */
const RECENT_EVENTS = 1_024;

/** Events of one batch. */
const BATCH_EVENTS = 256;

/**
 * Tells listeners of the event log. Each has a place in the log and reads on from there, so none
 * misses an event or gets it twice, however late or slow it is.
 */
export class EventHub implements Disposable {
  readonly #log: EventLog;
  readonly #unsubscribe: () => void;
  /** Ascending; without a gap up to the newest event seen. */
  #recent: EventRecord[] = [];
  #seen: number;
  /** What is new in the log is about to be read. */
  #pulling = false;
  /** Listeners that have had everything there is. */
  #waiting = new Set<Wait>();

  constructor(engine: Engine) {
    this.#log = engine.ports.store.events;
    this.#seen = this.#log.lastSequence;
    this.#unsubscribe = engine.changes.on(() => {
      if (this.#pulling || this.#log.lastSequence <= this.#seen) return;
      this.#pulling = true;
      // Once the step is over: it may be a part of a transaction that comes to nothing after all.
      queueMicrotask(() => {
        this.#pulling = false;
        if (!engine.closed) engine.attempt('follow the event log', () => this.#pull());
      });
    });
  }

  subscribe(after: number, filter: EventFilter): EventSubscription {
    let place = after;
    let begun = false;
    const wait = new Wait();
    return {
      next: async (signal) => {
        wait.heed(signal);
        const { trimmedSequence, lastSequence } = this.#log;
        const first = !begun;
        begun = true;
        // A place beyond the end is one of another store: events would be missed in silence.
        if (place < trimmedSequence || (first && place > lastSequence)) {
          place = Math.max(trimmedSequence, Math.min(place, lastSequence));
          return { kind: 'reset', trimmed: trimmedSequence, last: lastSequence };
        }
        for (;;) {
          const { events, reached } = this.#read(place, filter);
          place = reached;
          if (events.length > 0) return { kind: 'events', events } satisfies EventBatch;
          // Between two stretches of the log nothing is waited for.
          if (place < this.#seen) continue;
          this.#waiting.add(wait);
          await wait.begin();
        }
      },
      [Symbol.dispose]: () => {
        this.#waiting.delete(wait);
        wait.end(new Error('The subscription has ended.'));
      },
    };
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #pull(): void {
    for (;;) {
      const events = this.#log.read(this.#seen, BATCH_EVENTS);
      const last = events.at(-1);
      if (last === undefined) break;
      this.#recent.push(...events);
      this.#seen = last.sequence;
      if (this.#recent.length > 2 * RECENT_EVENTS)
        this.#recent = this.#recent.slice(-RECENT_EVENTS);
    }
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wait of waiting) wait.over();
  }

  /** The next events that fit, and the place everything up to which has been looked at. */
  #read(
    after: number,
    filter: EventFilter,
  ): { readonly events: readonly EventRecord[]; readonly reached: number } {
    const first = this.#recent[0];
    if (after >= this.#seen) return { events: [], reached: after };
    if (first !== undefined && after >= first.sequence - 1) {
      const from = lowerBound(this.#recent, after + 1);
      const slice = this.#recent.slice(from, from + BATCH_EVENTS);
      return {
        events: slice.filter((event) => fits(event, filter)),
        reached: slice.at(-1)?.sequence ?? after,
      };
    }
    const until = this.#seen;
    const events = this.#log.read(after, BATCH_EVENTS, filter);
    const last = events.at(-1)?.sequence ?? after;
    return { events, reached: events.length < BATCH_EVENTS ? Math.max(until, last) : last };
  }
}

function fits(event: EventRecord, { owner, jobId }: EventFilter): boolean {
  return (
    (owner === undefined || event.owner === owner) && (jobId === undefined || event.jobId === jobId)
  );
}

/** Index of the first event whose number is at least `sequence`. */
function lowerBound(events: readonly EventRecord[], sequence: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (events[middle]!.sequence < sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
