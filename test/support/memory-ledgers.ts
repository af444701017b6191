import type { EventRecord } from '../../src/core/facts/event.ts';
import type { TrafficSource } from '../../src/core/facts/traffic.ts';
import { checkNote, checkTraffic, checkTrim, monthOf } from '../../src/io/sqlite/checks.ts';
import type { EventFilter, EventLog } from '../../src/ports/event-log.ts';
import type { NoteStore } from '../../src/ports/note-store.ts';
import type { AnsweredRequest, RequestLedger } from '../../src/ports/request-ledger.ts';
import type { MonthlyTraffic, TrafficLedger } from '../../src/ports/traffic-ledger.ts';
import { compareTexts, requestKey, without, type ContentPlace } from './memory-store-content.ts';

/** The event log of a {@link MemoryJobStore}. */
export class MemoryEventLog implements EventLog {
  readonly #place: ContentPlace;

  constructor(place: ContentPlace) {
    this.#place = place;
  }

  get lastSequence(): number {
    return this.#place.content.lastEvent;
  }

  get trimmedSequence(): number {
    return this.#place.content.trimmedEvent;
  }

  read(after: number, limit: number, { owner, jobId }: EventFilter = {}): readonly EventRecord[] {
    return this.#place.content.events
      .filter(
        (event) =>
          event.sequence > after &&
          (owner === undefined || event.owner === owner) &&
          (jobId === undefined || event.jobId === jobId),
      )
      .slice(0, Math.max(0, limit));
  }

  trim({ beforeMs, keep, protectedSequence, atMost }: Parameters<EventLog['trim']>[0]): number {
    checkTrim([beforeMs, keep, protectedSequence, atMost]);
    const { content } = this.#place;
    const { events, lastEvent } = content;
    const young = events.find(({ atMs }) => atMs >= beforeMs)?.sequence ?? lastEvent + 1;
    const surplus = events.at(-1 - keep)?.sequence ?? 0;
    const wanted = Math.max(young - 1, surplus);
    const most = (events[0]?.sequence ?? 0) + (atMost ?? events.length) - 1;
    const boundary = Math.min(wanted, protectedSequence ?? lastEvent, lastEvent, most);
    const kept = events.filter(({ sequence }) => sequence > boundary);
    if (kept.length === events.length) return 0;
    this.#place.content = { ...content, events: kept, trimmedEvent: boundary };
    return events.length - kept.length;
  }
}

/** The notes of a {@link MemoryJobStore}. */
export class MemoryNoteStore implements NoteStore {
  readonly #place: ContentPlace;

  constructor(place: ContentPlace) {
    this.#place = place;
  }

  get(name: string): string | undefined {
    return this.#place.content.notes.get(name);
  }

  set(name: string, value: string): void {
    checkNote(name, value);
    const { content } = this.#place;
    this.#place.content = { ...content, notes: new Map(content.notes).set(name, value) };
  }

  delete(name: string): void {
    const { content } = this.#place;
    this.#place.content = { ...content, notes: without(content.notes, name) };
  }

  list(prefix: string): readonly { readonly name: string; readonly value: string }[] {
    return [...this.#place.content.notes]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => ({ name, value }))
      .toSorted((a, b) => compareTexts(a.name, b.name));
  }
}

/** The answered requests of a {@link MemoryJobStore}. */
export class MemoryRequestLedger implements RequestLedger {
  readonly #place: ContentPlace;

  constructor(place: ContentPlace) {
    this.#place = place;
  }

  find(owner: string, key: string): AnsweredRequest | undefined {
    const found = this.#place.content.requests.get(requestKey(owner, key));
    return found && { fingerprint: found.fingerprint, jobId: found.jobId };
  }

  trim(wallMs: number, atMost: number = Number.POSITIVE_INFINITY): number {
    const { content } = this.#place;
    const old = [...content.requests].filter(([, { atMs }]) => atMs < wallMs);
    const gone = old.toSorted(([, a], [, b]) => a.atMs - b.atMs).slice(0, atMost);
    const kept = new Map(content.requests);
    for (const [key] of gone) kept.delete(key);
    this.#place.content = { ...content, requests: kept };
    return content.requests.size - kept.size;
  }
}

/** The traffic of a {@link MemoryJobStore}. */
export class MemoryTrafficLedger implements TrafficLedger {
  readonly #place: ContentPlace;

  constructor(place: ContentPlace) {
    this.#place = place;
  }

  add(
    wallMs: number,
    source: TrafficSource,
    bytes: { readonly down: number; readonly up: number },
  ): void {
    const month = monthOf(wallMs);
    checkTraffic(source, bytes);
    if (bytes.down === 0 && bytes.up === 0) return;
    const { content } = this.#place;
    const key = `${month} ${source}`;
    const { bytesDown = 0, bytesUp = 0 } = content.traffic.get(key) ?? {};
    const sum = {
      month,
      source,
      bytesDown: Math.min(bytesDown + bytes.down, Number.MAX_SAFE_INTEGER),
      bytesUp: Math.min(bytesUp + bytes.up, Number.MAX_SAFE_INTEGER),
    };
    this.#place.content = { ...content, traffic: new Map(content.traffic).set(key, sum) };
  }

  read(months: number): readonly MonthlyTraffic[] {
    const all = [...this.#place.content.traffic.values()];
    const newest = [...new Set(all.map(({ month }) => month))].toSorted().toReversed();
    return newest
      .slice(0, Math.max(0, months))
      .flatMap((month) =>
        all
          .filter((row) => row.month === month)
          .toSorted((a, b) => compareTexts(a.source, b.source)),
      );
  }
}
