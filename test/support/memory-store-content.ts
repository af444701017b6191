import type { EventRecord } from '../../src/core/facts/event.ts';
import type { JobFile } from '../../src/core/job/file.ts';
import type { Job } from '../../src/core/job/job.ts';
import type { OutboxRow } from '../../src/ports/job-store.ts';
import type { AnsweredRequest } from '../../src/ports/request-ledger.ts';
import type { MonthlyTraffic } from '../../src/ports/traffic-ledger.ts';

export interface StoredFile {
  readonly file: JobFile;
  /** What the file's `written` set is worth: nothing under another boot id. */
  readonly bootId: string | undefined;
}

export interface StoredJob {
  readonly job: Job;
  readonly files: ReadonlyMap<number, StoredFile>;
  readonly discarded: boolean;
  readonly headers: string | undefined;
  /** By name. */
  readonly secrets: ReadonlyMap<string, string>;
}

export interface StoredRequest extends AnsweredRequest {
  readonly atMs: number;
}

/** All that a store in memory holds, as one value: a change makes another one. */
export interface Content {
  /** In order of creation. */
  readonly jobs: ReadonlyMap<string, StoredJob>;
  readonly outbox: readonly OutboxRow[];
  readonly lastSequence: number;
  readonly maxQueueOrder: number;
  /** By sequence number. */
  readonly events: readonly EventRecord[];
  readonly lastEvent: number;
  readonly trimmedEvent: number;
  /** The boot under which numbers were given; undefined before the first opening. */
  readonly bootId: string | undefined;
  readonly notes: ReadonlyMap<string, string>;
  /** By owner and key, as JSON. */
  readonly requests: ReadonlyMap<string, StoredRequest>;
  /** By month and source. */
  readonly traffic: ReadonlyMap<string, MonthlyTraffic>;
}

export const EMPTY_CONTENT: Content = {
  jobs: new Map(),
  outbox: [],
  lastSequence: 0,
  maxQueueOrder: 0,
  events: [],
  lastEvent: 0,
  trimmedEvent: 0,
  bootId: undefined,
  notes: new Map(),
  requests: new Map(),
  traffic: new Map(),
};

/** Where the parts of an open store find the content and put the next one; throws once it is closed. */
export interface ContentPlace {
  content: Content;
}

export function requestKey(owner: string, key: string): string {
  return JSON.stringify([owner, key]);
}

/** As SQLite orders texts: by their bytes in UTF-8. */
export function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  return new Map([...map].filter(([name]) => name !== key));
}
