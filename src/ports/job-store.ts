import type { BG_JOB_STATE } from '../core/constants.ts';
import type { JobFile } from '../core/job/file.ts';
import type { NewEvent } from '../core/facts/event.ts';
import type { Job } from '../core/job/job.ts';
import type { EventLog } from './event-log.ts';
import type { NoteStore } from './note-store.ts';
import type { AnsweredRequest, RequestLedger } from './request-ledger.ts';
import type { TrafficLedger } from './traffic-ledger.ts';

/** A final event that waits until a callback has acknowledged it. */
export interface OutboxRow {
  /** Ascending over the whole store. */
  readonly sequence: number;
  readonly jobId: string;
  readonly event: 'transferred' | 'error';
}

/** Everything one transition changes; stored as a whole or not at all. */
export interface StoreChange {
  /** Inserted or replaced. Volatile parts (`trouble`, `pendingRemoteName`) are not stored. */
  readonly job?: Job;
  /** Inserted or replaced, by job and index. */
  readonly files?: readonly JobFile[];
  /** Events to keep until they are acknowledged. */
  readonly outbox?: readonly Pick<OutboxRow, 'jobId' | 'event'>[];
  /** Drops the unacknowledged events of this job. */
  readonly clearOutboxOf?: string;
  /** Sets or removes the custom headers of a job with it. */
  readonly customHeaders?: { readonly jobId: string; readonly headers: string | undefined };
  /** Appended to the event log. */
  readonly events?: readonly NewEvent[];
  /** The change answers this request: its key is remembered with it. */
  readonly answers?: AnsweredRequest & {
    readonly owner: string;
    readonly key: string;
    readonly atMs: number;
  };
  /**
   * It survives a power cut when `commit` returns, which waits for the disk: for a record that the
   * next act on the files themselves would make untrue. Not to be used within `together`.
   * Default: false, and {@link JobStore.flushed} tells when it does.
   */
  readonly flushed?: boolean;
}

/**
 * What a checkpoint survives when it returns. `flushed`: a power cut. `written`: a crash of this
 * process alone.
 *
 * `grown` is for a set of flushed bytes that has only become larger. It is flushed within about 100 ms,
 * and a power cut before that takes it: the store then says less than the disk, never more.
 */
export type CheckpointDurability = 'flushed' | 'grown' | 'written';

/** How far a file has come: the frequent, small change. */
export interface FileCheckpoint {
  readonly job: Job;
  readonly file: JobFile;
  readonly durability: CheckpointDurability;
}

/** Which jobs a list holds. */
export interface JobFilter {
  readonly owner?: string;
  readonly states?: readonly BG_JOB_STATE[];
  readonly includeFinal: boolean;
  /** Jobs, downloads of the IDO family, or both. */
  readonly family: 'job' | 'download' | 'both';
}

/** Which of them a page of the list holds. */
export interface JobQuery extends JobFilter {
  /** The last job of the page before; absent for the first page. An id that is gone: as if it were there. */
  readonly afterId?: string;
  /** 1 to 1,000. */
  readonly limit: number;
  /** Which end of the list its first page stands at. Default: `oldest`. */
  readonly first?: 'oldest' | 'newest';
}

/** A record that could not be read, and was left alone. */
export interface UnreadableRecord {
  readonly jobId: string;
  readonly reason: string;
}

/**
 * Jobs on disk. One process at a time. Every call is synchronous and has survived the process when it
 * returns. A power cut takes the store back to what it was after some commit: at or after the last one
 * that was flushed, never to one without those before it. `commit`, `together`, `acknowledge`,
 * `setDiscarded` and checkpoints leave the flush to {@link JobStore.flushed} unless they say otherwise;
 * every other call here is flushed when it returns.
 */
export interface JobStore extends Disposable {
  readonly events: EventLog;
  readonly notes: NoteStore;
  readonly requests: RequestLedger;
  readonly traffic: TrafficLedger;
  /** Largest `queueOrder` ever stored, 0 for a new store. */
  readonly maxQueueOrder: number;
  /** Jobs whose records cannot be read; each loses itself alone. */
  unreadable(): readonly UnreadableRecord[];
  loadJob(id: string): Job | undefined;
  /** The files of a job by index. */
  loadFiles(jobId: string): readonly JobFile[];
  /** Jobs in order of creation; final ones only when asked for. */
  list(options: { readonly includeFinal: boolean }): readonly Job[];
  /**
   * Up to `limit` jobs that follow the given one, in order of creation or against it: one page of a
   * long list, at the price of a page wherever in the list it is.
   * Throws E_INVALIDARG for a limit that is not an integer from 1 to 1,000.
   */
  page(query: JobQuery): readonly Job[];
  /** The same page as ids, without the price of reading its jobs. */
  pageOfIds(query: JobQuery): readonly string[];
  /** How many jobs all pages together have. Kept count of, not counted. */
  count(filter: JobFilter): number;
  /** How many jobs there are in each state; `owner` counts only theirs. Kept count of, not counted. */
  countByState(owner?: string): ReadonlyMap<BG_JOB_STATE, number>;
  /** Ids of QUEUED jobs, foreground ones or all others, by queueOrder. */
  queued(foreground: boolean, limit: number): readonly string[];
  /** The smallest and the largest `queueOrder` in that queue; undefined when it is empty. */
  queueBounds(foreground: boolean): { readonly first: number; readonly last: number } | undefined;
  /** The next smaller and the next larger `queueOrder` in that queue, where there is one. */
  queueNeighbours(
    foreground: boolean,
    queueOrder: number,
  ): { readonly before: number | undefined; readonly after: number | undefined };
  /** Non-final jobs created before `wallMs`. */
  createdBefore(wallMs: number): readonly string[];
  /** Unacknowledged events of a job, oldest first. */
  outboxOf(jobId: string): readonly OutboxRow[];
  acknowledge(sequence: number): void;
  commit(change: StoreChange): void;
  /**
   * Resolves once everything stored before this call survives a power cut. Those who wait share
   * flushes, and the caller's thread goes on meanwhile; what nobody waits for is flushed within about
   * 100 ms. Rejects with the store's error when the disk fails: what was stored since the last flush
   * may or may not be there after a power cut, and goes on being there until then.
   */
  flushed(): Promise<void>;
  /**
   * Runs `work`, and stores every change it commits in one transaction: all of them or none, at the
   * price of one. A change that fails by itself is left out. Not to be used within itself.
   */
  together(work: () => void): void;
  checkpoint(change: FileCheckpoint): void;
  /** Final jobs whose partial files could not be deleted yet. */
  undiscarded(): readonly string[];
  /** Notes that a final job has left no file behind, or that it has. */
  setDiscarded(jobId: string, discarded: boolean): void;
  /**
   * Forgets final jobs last modified before `wallMs` whose files are gone, the oldest first and at
   * most so many; all of them unless told. Returns how many that were.
   */
  purgeFinal(wallMs: number, atMost?: number): number;
  /** Forgets one final job at once, whatever is left of its files. Nothing for any other. */
  deleteFinal(jobId: string): void;
  /** Custom header block of a job, or undefined. Held encrypted (http.md 9). */
  loadCustomHeaders(jobId: string): string | undefined;
  saveCustomHeaders(jobId: string, headers: string | undefined): void;
  /** A secret of a job other than its custom headers, such as `authHeaders`. Held encrypted. */
  loadSecret(jobId: string, name: string): string | undefined;
  saveSecret(jobId: string, name: string, secret: string | undefined): void;
}
