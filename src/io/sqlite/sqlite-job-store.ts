import type { DatabaseSync } from 'node:sqlite';

import { unexpected } from '../../core/errors.ts';
import type { BG_JOB_STATE } from '../../core/constants.ts';
import type { JobFile } from '../../core/job/file.ts';
import type { Job } from '../../core/job/job.ts';
import { formatSet } from '../../core/piece/interval-set.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type {
  FileCheckpoint,
  JobFilter,
  JobQuery,
  JobStore,
  OutboxRow,
  StoreChange,
  UnreadableRecord,
} from '../../ports/job-store.ts';
import type { NoteStore } from '../../ports/note-store.ts';
import type { RequestLedger } from '../../ports/request-ledger.ts';
import type { TrafficLedger } from '../../ports/traffic-ledger.ts';
import { collectRows, type Row } from './collect-rows.ts';
import { BadRecord, Fields } from './fields.ts';
import { fileProgressToRow, fileToRow } from './file-row.ts';
import { JobLists } from './job-lists.ts';
import { JobRecords } from './job-records.ts';
import { jobToRow, progressToRow } from './job-row.ts';
import { JobSecrets } from './job-secrets.ts';
import { LogFlusher } from './log-flusher.ts';
import type { SecretBox } from './secret-box.ts';
import { skipNumbersAfterReboot } from './skip-numbers.ts';
import { storeError } from './sqlite-errors.ts';
import { SqliteEventLog } from './sqlite-event-log.ts';
import { SqliteNoteStore } from './sqlite-note-store.ts';
import { SqliteRequestLedger } from './sqlite-request-ledger.ts';
import { SqliteTrafficLedger } from './sqlite-traffic-ledger.ts';
import { StoreSession } from './store-session.ts';
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
 * Jobs in SQLite (docs/on-disk.md), and what is kept beside them. Nothing read is kept: what is asked
 * for twice is read twice, and SQLite's own cache of 2 MB is all the memory the store has.
 */
export class SqliteJobStore implements JobStore {
  readonly #parts: SqliteJobStoreParts;
  readonly #session: StoreSession;
  readonly #records: JobRecords;
  readonly #lists: JobLists;
  readonly #secrets: JobSecrets;
  readonly #events: SqliteEventLog;
  readonly #requests: SqliteRequestLedger;
  readonly notes: NoteStore;
  readonly traffic: TrafficLedger;
  readonly #log: LogFlusher;
  #maxQueueOrder = 0;

  /** Checks the rows of all jobs, so that unreadable ones are known from the start. */
  constructor(parts: SqliteJobStoreParts) {
    const session = new StoreSession(parts.db, parts.warn);
    this.#parts = parts;
    this.#session = session;
    this.#maxQueueOrder = this.#storedMaxQueueOrder();
    this.#records = new JobRecords(session, parts.bootId);
    this.#lists = new JobLists(session, this.#records);
    this.#secrets = new JobSecrets(session, this.#records, parts.secrets);
    skipNumbersAfterReboot(session, parts.bootId);
    this.#events = new SqliteEventLog(session);
    this.#requests = new SqliteRequestLedger(session);
    this.notes = new SqliteNoteStore(session);
    this.traffic = new SqliteTrafficLedger(session);
    this.#log = new LogFlusher({
      path: `${parts.db.location()}-wal`,
      empty: () => parts.db.exec('PRAGMA wal_checkpoint(TRUNCATE)'),
      warn: parts.warn,
    });
  }

  get events(): EventLog {
    return this.#events;
  }

  get requests(): RequestLedger {
    return this.#requests;
  }

  get maxQueueOrder(): number {
    return this.#maxQueueOrder;
  }

  unreadable(): readonly UnreadableRecord[] {
    return this.#records.unreadable();
  }

  loadJob(id: string): Job | undefined {
    const { sql } = this.#session;
    return this.#session.guard('read a job', () => this.#records.jobs(sql.job, [id], 1)[0]);
  }

  loadFiles(jobId: string): readonly JobFile[] {
    return this.#session.guard('read the files of a job', () => {
      this.#records.refuseUnreadable(jobId);
      const seq = this.#records.seqOf(jobId);
      if (seq === undefined) return [];
      const decode = (row: Row): JobFile => this.#records.decodeFile(row, jobId);
      return collectRows(this.#session.sql.files, [seq], decode);
    });
  }

  list({ includeFinal }: { readonly includeFinal: boolean }): readonly Job[] {
    return this.#lists.all(includeFinal);
  }

  page(query: JobQuery): readonly Job[] {
    return this.#lists.page(query);
  }

  pageOfIds(query: JobQuery): readonly string[] {
    return this.#lists.pageOfIds(query);
  }

  count(filter: JobFilter): number {
    return this.#lists.count(filter);
  }

  countByState(owner?: string): ReadonlyMap<BG_JOB_STATE, number> {
    return this.#lists.countByState(owner);
  }

  queued(foreground: boolean, limit: number): readonly string[] {
    return this.#lists.queued(foreground, limit);
  }

  queueBounds(foreground: boolean): ReturnType<JobStore['queueBounds']> {
    return this.#lists.queueBounds(foreground);
  }

  queueNeighbours(foreground: boolean, order: number): ReturnType<JobStore['queueNeighbours']> {
    return this.#lists.queueNeighbours(foreground, order);
  }

  createdBefore(wallMs: number): readonly string[] {
    return this.#lists.createdBefore(wallMs);
  }

  outboxOf(jobId: string): readonly OutboxRow[] {
    return this.#session.guard('read its outbox', () => {
      const seq = this.#records.seqOf(jobId);
      if (seq === undefined) return [];
      const { outbox } = this.#session.sql;
      return collectRows(outbox, [seq], (row) => this.#decodeOutboxRow(row, jobId));
    });
  }

  acknowledge(sequence: number): void {
    const { db, sql } = this.#session;
    this.#session.guard('acknowledge an event', () =>
      // What a power cut takes back is told once more.
      inUnflushedTransaction(db, () => sql.acknowledge.run(sequence)),
    );
    this.#log.committed();
  }

  flushed(): Promise<void> {
    return this.#log.flushed();
  }

  commit(change: StoreChange): void {
    const { job, files = [], outbox = [], clearOutboxOf, events = [], answers } = change;
    const { customHeaders, flushed = false } = change;
    const { db, sql } = this.#session;
    const run = flushed ? inTransaction<number> : inUnflushedTransaction<number>;
    const maxQueueOrder = Math.max(this.#maxQueueOrder, job?.queueOrder ?? 0);
    const lastEvent = this.#session.guard('store a change', () =>
      run(db, () => {
        if (job !== undefined) this.#putJob(job);
        if (maxQueueOrder > this.#maxQueueOrder) sql.setMaxQueueOrder.run(maxQueueOrder);
        // Cleared first: what the same change puts into the outbox is newer and stays.
        if (clearOutboxOf !== undefined) this.#clearOutbox(clearOutboxOf);
        for (const file of files) this.#putFile(file);
        if (customHeaders !== undefined) {
          this.#secrets.saveHeaders(customHeaders.jobId, customHeaders.headers);
        }
        for (const { jobId, event } of outbox) {
          sql.addToOutbox.run(this.#records.writableSeqOf(jobId), event);
        }
        if (answers !== undefined) this.#requests.remember(answers);
        return this.#events.append(events);
      }),
    );
    // What was counted in memory is true only now that it is stored.
    this.#maxQueueOrder = maxQueueOrder;
    this.#events.committed(lastEvent);
    this.#log.committed();
  }

  together(work: () => void): void {
    this.#session.guard('store several changes', () => {
      try {
        inUnflushedTransaction(this.#session.db, work);
      } catch (error) {
        // What the changes counted in memory has not come to be.
        this.#maxQueueOrder = this.#storedMaxQueueOrder();
        this.#events.reload();
        throw error;
      }
    });
    this.#log.committed();
  }

  checkpoint({ job, file, durability }: FileCheckpoint): void {
    const { db, sql } = this.#session;
    const flushed = durability !== 'written';
    const run = durability === 'flushed' ? inTransaction<void> : inUnflushedTransaction<void>;
    this.#session.guard('store progress', () =>
      run(db, () => {
        const seq = this.#records.writableSeqOf(file.jobId);
        const renewFile = flushed ? sql.renewFlushedFile : sql.renewFile;
        const { changes } = renewFile.run({
          ...fileProgressToRow(file, this.#parts.bootId),
          ...(flushed && { flushed: formatSet(file.flushed) }),
          job_seq: seq,
          idx: file.index,
        });
        if (changes === 0) throw unexpected(`Job ${file.jobId} has no file ${file.index}.`);
        sql.renewJob.run({ ...progressToRow(job), seq });
      }),
    );
    if (durability === 'grown') this.#log.committed();
  }

  undiscarded(): readonly string[] {
    return this.#lists.undiscarded();
  }

  setDiscarded(jobId: string, discarded: boolean): void {
    this.#session.guard('store a change', () => {
      this.#records.refuseUnreadable(jobId);
      const { db, sql } = this.#session;
      // Not flushed by itself: what a power cut takes back is looked at once more, and found done.
      inUnflushedTransaction(db, () => void sql.setDiscarded.run(discarded ? 1 : 0, jobId));
    });
  }

  purgeFinal(wallMs: number, atMost: number = Number.POSITIVE_INFINITY): number {
    const { db, sql } = this.#session;
    const decode = (row: Row): number | undefined =>
      this.#records.readableId(row) === undefined ? undefined : Number(row['seq']);
    return this.#session.guard('forget old jobs', () => {
      let purged = 0;
      for (;;) {
        const limit = Math.min(PURGE_BATCH_JOBS, atMost - purged);
        const batch = collectRows(sql.purgeable, [wallMs], decode, limit);
        inTransaction(db, () => {
          // Files, outbox, headers and secrets go with their job (ON DELETE CASCADE).
          for (const seq of batch) sql.deleteJob.run(seq);
        });
        purged += batch.length;
        if (batch.length < PURGE_BATCH_JOBS || purged >= atMost) return purged;
      }
    });
  }

  deleteFinal(jobId: string): void {
    this.#session.guard('forget a job', () => {
      this.#records.refuseUnreadable(jobId);
      this.#session.sql.deleteFinal.run(jobId);
    });
  }

  loadCustomHeaders(jobId: string): string | undefined {
    return this.#secrets.loadHeaders(jobId);
  }

  saveCustomHeaders(jobId: string, headers: string | undefined): void {
    this.#secrets.saveHeaders(jobId, headers);
  }

  loadSecret(jobId: string, name: string): string | undefined {
    return this.#secrets.load(jobId, name);
  }

  saveSecret(jobId: string, name: string, secret: string | undefined): void {
    this.#secrets.save(jobId, name, secret);
  }

  [Symbol.dispose](): void {
    const { db } = this.#session;
    if (!db.isOpen) return;
    try {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Everything is in the log already, and the next open reads it from there.
      this.#parts.warn(storeError(error, 'tidy up its log').message);
    }
    this.#log[Symbol.dispose]();
    this.#parts.beforeClose();
    db.close();
  }

  #storedMaxQueueOrder(): number {
    return Number(this.#session.sql.maxQueueOrder.get()?.['max_order'] ?? 0);
  }

  #putJob(job: Job): void {
    this.#records.refuseUnreadable(job.id);
    this.#session.sql.putJob.run(jobToRow(job));
  }

  #putFile(file: JobFile): void {
    this.#session.sql.putFile.run({
      ...fileToRow(file, this.#parts.bootId),
      job_seq: this.#records.writableSeqOf(file.jobId),
    });
  }

  #clearOutbox(jobId: string): void {
    const seq = this.#records.seqOf(jobId);
    if (seq !== undefined) this.#session.sql.clearOutbox.run(seq);
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
}
