import type { JobFile } from '../core/job/file.ts';
import type { Job } from '../core/job/job.ts';

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
}

/** How far a file has come: the frequent, small change. */
export interface FileCheckpoint {
  readonly job: Job;
  readonly file: JobFile;
  /** `flushed`: survives a power cut. `written`: believed after a crash of this process alone. */
  readonly durability: 'flushed' | 'written';
}

/** A record that could not be read, and was left alone. */
export interface UnreadableRecord {
  readonly jobId: string;
  readonly reason: string;
}

/**
 * Jobs on disk. One process at a time. Every call is synchronous and durable when it returns, but
 * for `written` checkpoints, which the operating system holds.
 */
export interface JobStore extends Disposable {
  /** Largest `queueOrder` ever stored, 0 for a new store. */
  readonly maxQueueOrder: number;
  /** Jobs whose records cannot be read; each loses itself alone. */
  unreadable(): readonly UnreadableRecord[];
  loadJob(id: string): Job | undefined;
  /** The files of a job by index. */
  loadFiles(jobId: string): readonly JobFile[];
  /** Jobs in order of creation; final ones only when asked for. */
  list(options: { readonly includeFinal: boolean }): readonly Job[];
  /** Ids of QUEUED jobs, foreground ones or all others, by queueOrder. */
  queued(foreground: boolean, limit: number): readonly string[];
  /**
   * Jobs that a crash interrupts or a lost network blocks: CONNECTING, TRANSFERRING and
   * TRANSIENT_ERROR, and QUEUED ones when asked for.
   */
  interrupted(includeQueued: boolean): readonly string[];
  /** Non-final jobs created before `wallMs`. */
  createdBefore(wallMs: number): readonly string[];
  /** Unacknowledged events of a job, oldest first. */
  outboxOf(jobId: string): readonly OutboxRow[];
  acknowledge(sequence: number): void;
  commit(change: StoreChange): void;
  checkpoint(change: FileCheckpoint): void;
  /** Final jobs whose partial files could not be deleted yet. */
  undiscarded(): readonly string[];
  /** Notes that a final job has left no file behind, or that it has. */
  setDiscarded(jobId: string, discarded: boolean): void;
  /** Forgets final jobs last modified before `wallMs` whose files are gone. */
  purgeFinal(wallMs: number): number;
  /** Custom header block of a job, or undefined. Held encrypted (http.md 9). */
  loadCustomHeaders(jobId: string): string | undefined;
  saveCustomHeaders(jobId: string, headers: string | undefined): void;
}
