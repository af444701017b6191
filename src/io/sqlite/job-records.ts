import type { SQLInputValue, StatementSync } from 'node:sqlite';

import { unexpected } from '../../core/errors.ts';
import type { JobFile } from '../../core/job/file.ts';
import type { Job } from '../../core/job/job.ts';
import type { UnreadableRecord } from '../../ports/job-store.ts';
import { collectRows, type Row } from './collect-rows.ts';
import { BadRecord } from './fields.ts';
import { fileFromRow } from './file-row.ts';
import { jobFromRow } from './job-row.ts';
import type { StoreSession } from './store-session.ts';

/**
 * Rows of jobs and files, decoded. A job with a record that does not decode is left out of every
 * list from then on, and never written: it loses itself alone.
 */
export class JobRecords {
  readonly #session: StoreSession;
  readonly #bootId: string | undefined;
  readonly #unreadable = new Map<string, UnreadableRecord>();

  /** Checks the rows of all jobs, so that unreadable ones are known from the start. */
  constructor(session: StoreSession, bootId: string | undefined) {
    this.#session = session;
    this.#bootId = bootId;
    collectRows(session.sql.suspectJobs, [], (row) => {
      this.decodeJob(row);
      return undefined;
    });
  }

  unreadable(): readonly UnreadableRecord[] {
    return [...this.#unreadable.values()];
  }

  jobs(statement: StatementSync, parameters: readonly SQLInputValue[], limit?: number): Job[] {
    return collectRows(statement, parameters, (row) => this.decodeJob(row), limit);
  }

  ids(statement: StatementSync, parameters: readonly SQLInputValue[], limit?: number): string[] {
    return collectRows(statement, parameters, (row) => this.readableId(row), limit);
  }

  /** The id in a row, or undefined when the job is known to be unreadable. */
  readableId({ id }: Row): string | undefined {
    return typeof id === 'string' && !this.#unreadable.has(id) ? id : undefined;
  }

  /** The job, or undefined when its row or one of its files is known to be unreadable. */
  decodeJob(row: Row): Job | undefined {
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

  decodeFile(row: Row, jobId: string): JobFile {
    try {
      return fileFromRow(row, jobId, this.#bootId);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      this.#report(jobId, `file ${Number(row['idx'])}: ${error.message}`);
      this.refuseUnreadable(jobId);
      throw error;
    }
  }

  /** The row of a job; undefined when there is none. */
  seqOf(jobId: string): number | undefined {
    const seq = this.#session.sql.seqOfJob.get(jobId)?.['seq'];
    return seq === undefined ? undefined : Number(seq);
  }

  /** The row of a job that is to be written. Throws E_UNEXPECTED for none, or an unreadable one. */
  writableSeqOf(jobId: string): number {
    this.refuseUnreadable(jobId);
    const seq = this.seqOf(jobId);
    if (seq === undefined) throw unexpected(`There is no job ${jobId} in the store.`);
    return seq;
  }

  refuseUnreadable(jobId: string): void {
    const record = this.#unreadable.get(jobId);
    if (record === undefined) return;
    throw unexpected(
      `The record of job ${jobId} cannot be read, and is left alone: ${record.reason}.`,
    );
  }

  #report(jobId: string, reason: string): void {
    this.#unreadable.set(jobId, { jobId, reason });
    this.#session.warn(`The record of job ${jobId} cannot be read, and is left alone: ${reason}.`);
  }
}
