import type { SQLInputValue, StatementSync } from 'node:sqlite';

import type { EventRecord, NewEvent } from '../../core/facts/event.ts';
import type { EventFilter, EventLog } from '../../ports/event-log.ts';
import { checkTrim } from './checks.ts';
import { collectRows, type Row } from './collect-rows.ts';
import { eventFromRow, eventToRow } from './event-row.ts';
import { BadRecord } from './fields.ts';
import type { StoreSession } from './store-session.ts';
import { inTransaction } from './transaction.ts';

/** Events that one transaction of `trim` deletes, which bounds the log and the wait of others. */
const TRIM_BATCH_EVENTS = 1_000;

/** Bad rows that a warning tells of; the log is read again and again, and they stay bad. */
const MAX_BAD_ROWS_TOLD = 100;

/** The event log in the table `event`, whose AUTOINCREMENT uses no number twice. */
export class SqliteEventLog implements EventLog {
  readonly #session: StoreSession;
  readonly #badRowsTold = new Set<number>();
  #lastSequence = 0;
  #trimmedSequence = 0;

  constructor(session: StoreSession) {
    this.#session = session;
    this.reload();
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  get trimmedSequence(): number {
    return this.#trimmedSequence;
  }

  /**
   * Stores events in the transaction that is under way, and returns the number of the last one: to
   * be handed to {@link committed} when the transaction has been.
   */
  append(events: readonly NewEvent[]): number {
    let last = this.#lastSequence;
    for (const event of events) {
      last = Number(this.#session.sql.addEvent.run(...eventToRow(event)).lastInsertRowid);
    }
    return last;
  }

  committed(lastSequence: number): void {
    this.#lastSequence = lastSequence;
  }

  /** Reads its numbers anew, after a transaction that events were a part of came to nothing. */
  reload(): void {
    const { lastEvent, trimmedEvents } = this.#session.sql;
    this.#lastSequence = Number(lastEvent.get()?.['sequence'] ?? 0);
    this.#trimmedSequence = Number(trimmedEvents.get()?.['trimmed'] ?? 0);
  }

  read(after: number, limit: number, filter: EventFilter = {}): readonly EventRecord[] {
    return this.#session.guard('read its events', () => {
      const [statement, parameters] = this.#query(after, filter);
      return collectRows(statement, parameters, (row) => this.#decode(row), limit);
    });
  }

  /**
   * Deletes from the oldest on, up to the first that is to be kept. So an event that is old but
   * stands behind a younger one, because the clock was put back, waits until that one is old too.
   */
  trim({ beforeMs, keep, protectedSequence, atMost }: Parameters<EventLog['trim']>[0]): number {
    checkTrim([beforeMs, keep, protectedSequence, atMost]);
    return this.#session.guard('forget old events', () => {
      const { firstEvent, firstEventSince, keptEvent } = this.#session.sql;
      const most = atMost ?? Number.POSITIVE_INFINITY;
      const last = Math.min(this.#lastSequence, protectedSequence ?? this.#lastSequence);
      const oldest = Number(firstEvent.get()?.['sequence'] ?? Number.POSITIVE_INFINITY);
      // The newest of those that are too many; numbers that were skipped are none.
      const surplus =
        this.#lastSequence - oldest < keep ? 0 : Number(keptEvent.get(keep)?.['sequence'] ?? 0);
      let trimmed = 0;
      while (trimmed < most) {
        const first = Number(firstEvent.get()?.['sequence'] ?? Number.POSITIVE_INFINITY);
        if (first > last) return trimmed;
        const end = Math.min(last, first + Math.min(TRIM_BATCH_EVENTS, most - trimmed) - 1);
        // What is too many goes whatever its age; only what follows is asked how old it is.
        const young = firstEventSince.get(beforeMs, Math.max(surplus + 1, first), end);
        const boundary = young === undefined ? end : Number(young['sequence']) - 1;
        if (first > boundary) return trimmed;
        trimmed += this.#deleteUpTo(boundary);
      }
      return trimmed;
    });
  }

  #deleteUpTo(sequence: number): number {
    const { deleteEvents, setTrimmedEvents } = this.#session.sql;
    const deleted = inTransaction(this.#session.db, () => {
      setTrimmedEvents.run(sequence);
      return Number(deleteEvents.run(sequence).changes);
    });
    this.#trimmedSequence = sequence;
    return deleted;
  }

  #query(after: number, { owner, jobId }: EventFilter): [StatementSync, SQLInputValue[]] {
    const { eventsAfter, eventsOfJob, eventsOfOwner, eventsOfJobAndOwner } = this.#session.sql;
    if (jobId === undefined) {
      return owner === undefined ? [eventsAfter, [after]] : [eventsOfOwner, [owner, after]];
    }
    return owner === undefined
      ? [eventsOfJob, [jobId, after]]
      : [eventsOfJobAndOwner, [jobId, after, owner]];
  }

  #decode(row: Row): EventRecord | undefined {
    try {
      return eventFromRow(row);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      this.#tellOnce(Number(row['sequence']), error.message);
      return undefined;
    }
  }

  #tellOnce(sequence: number, reason: string): void {
    const told = this.#badRowsTold;
    if (told.has(sequence) || told.size >= MAX_BAD_ROWS_TOLD) return;
    told.add(sequence);
    this.#session.warn(`Event ${sequence} of the log cannot be read, and is skipped: ${reason}.`);
  }
}
