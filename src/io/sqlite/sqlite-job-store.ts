import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

import { unexpected } from '../../core/errors.ts';
import type { JobFile } from '../../core/job/file.ts';
import type { Job } from '../../core/job/job.ts';
import { formatSet } from '../../core/piece/interval-set.ts';
import type {
  FileCheckpoint,
  JobStore,
  OutboxRow,
  StoreChange,
  UnreadableRecord,
} from '../../ports/job-store.ts';
import { collectRows, type Row } from './collect-rows.ts';
import { BadRecord, Fields } from './fields.ts';
import { fileFromRow, fileProgressToRow, fileToRow } from './file-row.ts';
import { jobFromRow, jobToRow, progressToRow } from './job-row.ts';
import type { SecretBox } from './secret-box.ts';
import { storeError } from './sqlite-errors.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { inTransaction, inUnflushedTransaction } from './transaction.ts';

/** Jobs that one transaction of `purgeFinal` deletes, which bounds the log and the wait of others. */
const PURGE_BATCH_JOBS = 500;

const EVENTS: readonly OutboxRow['event'][] = ['transferred', 'error'];

/** What the store needs besides its database. */
export interface SqliteJobStoreParts {
  /** Open, locked and in the present format; closed by the store. */
  readonly db: DatabaseSync;
  /** The present boot, or undefined where there is no telling: see {@link JobStore.checkpoint}. */
  readonly bootId: string | undefined;
  readonly secrets: SecretBox;
  readonly warn: (message: string) => void;
  /** Called just before the database is closed, while its lock is still held. */
  readonly beforeClose: () => void;
}

/**
 * Jobs in SQLite (docs/on-disk.md). Nothing read is kept: what is asked for twice is read twice,
 * and SQLite's own cache of 2 MB is all the memory the store has.
 */
export class SqliteJobStore implements JobStore {
  readonly #parts: SqliteJobStoreParts;
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  /** Jobs with a record that does not decode, by id: left out of every list and never written. */
  readonly #unreadable = new Map<string, UnreadableRecord>();
  #maxQueueOrder = 0;

  /** Checks the rows of all jobs, so that unreadable ones are known from the start. */
  constructor(parts: SqliteJobStoreParts) {
    this.#parts = parts;
    this.#db = parts.db;
    this.#sql = prepareStatements(parts.db);
    this.#maxQueueOrder = Number(this.#sql.maxQueueOrder.get()?.['max_order'] ?? 0);
    collectRows(this.#sql.suspectJobs, [], (row) => {
      this.#decodeJob(row);
      return undefined;
    });
  }

  get maxQueueOrder(): number {
    return this.#maxQueueOrder;
  }

  unreadable(): readonly UnreadableRecord[] {
    return [...this.#unreadable.values()];
  }

  loadJob(id: string): Job | undefined {
    return this.#guard('read a job', () => this.#jobs(this.#sql.job, [id], 1)[0]);
  }

  loadFiles(jobId: string): readonly JobFile[] {
    return this.#guard('read the files of a job', () => {
      this.#refuseUnreadable(jobId);
      const seq = this.#seqOf(jobId);
      if (seq === undefined) return [];
      return collectRows(this.#sql.files, [seq], (row) => this.#decodeFile(row, jobId));
    });
  }

  list({ includeFinal }: { readonly includeFinal: boolean }): readonly Job[] {
    const statement = includeFinal ? this.#sql.allJobs : this.#sql.liveJobs;
    return this.#guard('list its jobs', () => this.#jobs(statement, []));
  }

  queued(foreground: boolean, limit: number): readonly string[] {
    const { queuedForeground, queuedBackground } = this.#sql;
    return this.#ids(foreground ? queuedForeground : queuedBackground, [], limit);
  }

  interrupted(includeQueued: boolean): readonly string[] {
    return this.#ids(includeQueued ? this.#sql.runningOrQueued : this.#sql.running, []);
  }

  createdBefore(wallMs: number): readonly string[] {
    return this.#ids(this.#sql.createdBefore, [wallMs]);
  }

  outboxOf(jobId: string): readonly OutboxRow[] {
    return this.#guard('read its outbox', () => {
      const seq = this.#seqOf(jobId);
      if (seq === undefined) return [];
      return collectRows(this.#sql.outbox, [seq], (row) => this.#decodeOutboxRow(row, jobId));
    });
  }

  acknowledge(sequence: number): void {
    this.#guard('acknowledge an event', () => this.#sql.acknowledge.run(sequence));
  }

  commit(change: StoreChange): void {
    const { job, files = [], outbox = [], clearOutboxOf } = change;
    const maxQueueOrder = Math.max(this.#maxQueueOrder, job?.queueOrder ?? 0);
    this.#guard('store a change', () =>
      inTransaction(this.#db, () => {
        if (job !== undefined) this.#putJob(job);
        if (maxQueueOrder > this.#maxQueueOrder) this.#sql.setMaxQueueOrder.run(maxQueueOrder);
        // Cleared first: what the same change puts into the outbox is newer and stays.
        if (clearOutboxOf !== undefined) this.#clearOutbox(clearOutboxOf);
        for (const file of files) this.#putFile(file);
        for (const { jobId, event } of outbox) {
          this.#sql.addToOutbox.run(this.#writableSeqOf(jobId), event);
        }
      }),
    );
    this.#maxQueueOrder = maxQueueOrder;
  }

  checkpoint({ job, file, durability }: FileCheckpoint): void {
    const flushed = durability === 'flushed';
    const run = flushed ? inTransaction<void> : inUnflushedTransaction;
    this.#guard('store progress', () =>
      run(this.#db, () => {
        const seq = this.#writableSeqOf(file.jobId);
        const renewFile = flushed ? this.#sql.renewFlushedFile : this.#sql.renewFile;
        const { changes } = renewFile.run({
          ...fileProgressToRow(file, this.#parts.bootId),
          ...(flushed && { flushed: formatSet(file.flushed) }),
          job_seq: seq,
          idx: file.index,
        });
        if (changes === 0) throw unexpected(`Job ${file.jobId} has no file ${file.index}.`);
        this.#sql.renewJob.run({ ...progressToRow(job), seq });
      }),
    );
  }

  undiscarded(): readonly string[] {
    return this.#ids(this.#sql.undiscarded, []);
  }

  setDiscarded(jobId: string, discarded: boolean): void {
    this.#guard('store a change', () => {
      this.#refuseUnreadable(jobId);
      this.#sql.setDiscarded.run(discarded ? 1 : 0, jobId);
    });
  }

  purgeFinal(wallMs: number): number {
    return this.#guard('forget old jobs', () => {
      let purged = 0;
      for (;;) {
        const batch = collectRows(
          this.#sql.purgeable,
          [wallMs],
          (row) => (this.#readableId(row) === undefined ? undefined : Number(row['seq'])),
          PURGE_BATCH_JOBS,
        );
        inTransaction(this.#db, () => {
          // Files, outbox and headers go with their job (ON DELETE CASCADE).
          for (const seq of batch) this.#sql.deleteJob.run(seq);
        });
        purged += batch.length;
        if (batch.length < PURGE_BATCH_JOBS) return purged;
      }
    });
  }

  loadCustomHeaders(jobId: string): string | undefined {
    return this.#guard('read custom headers', () => {
      const seq = this.#seqOf(jobId);
      const box = seq === undefined ? undefined : this.#sql.headers.get(seq)?.['box'];
      if (!(box instanceof Uint8Array)) return undefined;
      const headers = this.#parts.secrets.open(jobId, box);
      if (headers === undefined) {
        this.#parts.warn(
          `The custom headers of job ${jobId} cannot be deciphered: the key file is missing or ` +
            'not the one they were stored with. Requests go out without them; set them again.',
        );
      }
      return headers;
    });
  }

  saveCustomHeaders(jobId: string, headers: string | undefined): void {
    this.#guard('store custom headers', () => {
      const seq = this.#writableSeqOf(jobId);
      if (headers === undefined) this.#sql.deleteHeaders.run(seq);
      else this.#sql.putHeaders.run(seq, this.#parts.secrets.seal(jobId, headers));
    });
  }

  [Symbol.dispose](): void {
    if (!this.#db.isOpen) return;
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Everything is in the log already, and the next open reads it from there.
      this.#parts.warn(storeError(error, 'tidy up its log').message);
    }
    this.#parts.beforeClose();
    this.#db.close();
  }

  #putJob(job: Job): void {
    this.#refuseUnreadable(job.id);
    this.#sql.putJob.run(jobToRow(job));
  }

  #putFile(file: JobFile): void {
    this.#sql.putFile.run({
      ...fileToRow(file, this.#parts.bootId),
      job_seq: this.#writableSeqOf(file.jobId),
    });
  }

  #clearOutbox(jobId: string): void {
    const seq = this.#seqOf(jobId);
    if (seq !== undefined) this.#sql.clearOutbox.run(seq);
  }

  #seqOf(jobId: string): number | undefined {
    const seq = this.#sql.seqOfJob.get(jobId)?.['seq'];
    return seq === undefined ? undefined : Number(seq);
  }

  #writableSeqOf(jobId: string): number {
    this.#refuseUnreadable(jobId);
    const seq = this.#seqOf(jobId);
    if (seq === undefined) throw unexpected(`There is no job ${jobId} in the store.`);
    return seq;
  }

  #refuseUnreadable(jobId: string): void {
    const record = this.#unreadable.get(jobId);
    if (record === undefined) return;
    throw unexpected(
      `The record of job ${jobId} cannot be read, and is left alone: ${record.reason}.`,
    );
  }

  #jobs(statement: StatementSync, parameters: readonly SQLInputValue[], limit?: number): Job[] {
    return collectRows(statement, parameters, (row) => this.#decodeJob(row), limit);
  }

  #ids(
    statement: StatementSync,
    parameters: readonly SQLInputValue[],
    limit?: number,
  ): readonly string[] {
    return this.#guard('list its jobs', () =>
      collectRows(statement, parameters, (row) => this.#readableId(row), limit),
    );
  }

  #readableId({ id }: Row): string | undefined {
    return typeof id === 'string' && !this.#unreadable.has(id) ? id : undefined;
  }

  /** The job, or undefined when its row or one of its files is known to be unreadable. */
  #decodeJob(row: Row): Job | undefined {
    const { id, seq } = row;
    const jobId = typeof id === 'string' ? id : `in row ${Number(seq)}`;
    if (this.#unreadable.has(jobId)) return undefined;
    try {
      return jobFromRow(row);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      this.#report(jobId, error.message);
      return undefined;
    }
  }

  #decodeFile(row: Row, jobId: string): JobFile {
    try {
      return fileFromRow(row, jobId, this.#parts.bootId);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      this.#report(jobId, `file ${Number(row['idx'])}: ${error.message}`);
      this.#refuseUnreadable(jobId);
      throw error;
    }
  }

  #decodeOutboxRow(row: Row, jobId: string): OutboxRow | undefined {
    try {
      const fields = new Fields(row);
      return { sequence: fields.count('sequence'), jobId, event: fields.oneOf('event', EVENTS) };
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      this.#parts.warn(
        `An event of job ${jobId} cannot be read, and is skipped: ${error.message}.`,
      );
      return undefined;
    }
  }

  #report(jobId: string, reason: string): void {
    this.#unreadable.set(jobId, { jobId, reason });
    this.#parts.warn(`The record of job ${jobId} cannot be read, and is left alone: ${reason}.`);
  }

  #guard<T>(doing: string, work: () => T): T {
    if (!this.#db.isOpen) throw unexpected('The job store is closed.');
    try {
      return work();
    } catch (error) {
      throw storeError(error, doing);
    }
  }
}
