import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { FILE_COLUMNS } from './file-row.ts';
import { JOB_COLUMNS, SOUND_JOB } from './job-row.ts';

const JOB = `SELECT seq, ${JOB_COLUMNS.join(', ')} FROM job`;
const ID = 'SELECT seq, id FROM job';

type StatementName =
  | 'seqOfJob'
  | 'job'
  | 'allJobs'
  | 'liveJobs'
  | 'suspectJobs'
  | 'queuedForeground'
  | 'queuedBackground'
  | 'running'
  | 'runningOrQueued'
  | 'createdBefore'
  | 'undiscarded'
  | 'purgeable'
  | 'putJob'
  | 'renewJob'
  | 'setDiscarded'
  | 'deleteJob'
  | 'maxQueueOrder'
  | 'setMaxQueueOrder'
  | 'files'
  | 'putFile'
  | 'renewFile'
  | 'renewFlushedFile'
  | 'outbox'
  | 'addToOutbox'
  | 'acknowledge'
  | 'clearOutbox'
  | 'headers'
  | 'putHeaders'
  | 'deleteHeaders';

/**
 * Every statement of the store. `state` is compared with plain numbers, never with a parameter:
 * a partial index serves only a query whose text has the condition of the index in it.
 */
export const SQL: Readonly<Record<StatementName, string>> = {
  seqOfJob: 'SELECT seq FROM job WHERE id = ?',
  job: `${JOB} WHERE id = ?`,
  allJobs: `${JOB} ORDER BY seq`,
  liveJobs: `${JOB} INDEXED BY job_live WHERE state < 7 ORDER BY seq`,
  suspectJobs: `${JOB} WHERE (${SOUND_JOB}) IS NOT TRUE ORDER BY seq`,
  queuedForeground:
    `${ID} INDEXED BY job_queued WHERE state = 0 AND (priority > 0) = 0 ` +
    'ORDER BY queue_order, seq',
  queuedBackground:
    `${ID} INDEXED BY job_queued WHERE state = 0 AND (priority > 0) = 1 ` +
    'ORDER BY queue_order, seq',
  running: `${ID} INDEXED BY job_running WHERE state IN (1, 2, 5) ORDER BY seq`,
  // Asked for once, at the start: walking all live jobs is cheaper than one more index to keep.
  runningOrQueued: `${ID} INDEXED BY job_live WHERE state < 7 AND state IN (0, 1, 2, 5) ORDER BY seq`,
  createdBefore: `${ID} INDEXED BY job_age WHERE state < 7 AND created_ms < ? ORDER BY created_ms, seq`,
  undiscarded:
    `${ID} INDEXED BY job_history WHERE state >= 7 AND discarded = 0 ` +
    'ORDER BY modified_ms, seq',
  purgeable:
    `${ID} INDEXED BY job_history WHERE state >= 7 AND discarded = 1 AND modified_ms < ? ` +
    'ORDER BY modified_ms, seq',
  // A job that becomes final has files to get rid of, whatever was noted of it before.
  putJob:
    `INSERT INTO job (${JOB_COLUMNS.join(', ')}) VALUES (${named(JOB_COLUMNS)}) ` +
    `ON CONFLICT (id) DO UPDATE SET ${assignedFromNew(JOB_COLUMNS)}, ` +
    'discarded = CASE WHEN state < 7 THEN 0 ELSE discarded END',
  renewJob:
    'UPDATE job SET modified_ms = :modified_ms, files_total = :files_total, ' +
    'files_transferred = :files_transferred, files_unknown_size = :files_unknown_size, ' +
    'files_without_sink = :files_without_sink, bytes_total = :bytes_total, ' +
    'bytes_transferred = :bytes_transferred WHERE seq = :seq',
  setDiscarded: 'UPDATE job SET discarded = ? WHERE id = ?',
  deleteJob: 'DELETE FROM job WHERE seq = ?',
  maxQueueOrder: 'SELECT max(max_order) AS max_order FROM queue',
  setMaxQueueOrder: 'UPDATE queue SET max_order = ?',
  files: `SELECT ${FILE_COLUMNS.join(', ')} FROM file WHERE job_seq = ? ORDER BY idx`,
  putFile:
    `INSERT INTO file (job_seq, ${FILE_COLUMNS.join(', ')}) ` +
    `VALUES (:job_seq, ${named(FILE_COLUMNS)}) ` +
    `ON CONFLICT (job_seq, idx) DO UPDATE SET ${assignedFromNew(FILE_COLUMNS)}`,
  renewFile: renewFile('written = :written'),
  renewFlushedFile: renewFile('written = :written, flushed = :flushed'),
  outbox: 'SELECT sequence, event FROM outbox WHERE job_seq = ? ORDER BY sequence',
  addToOutbox: 'INSERT INTO outbox (job_seq, event) VALUES (?, ?)',
  acknowledge: 'DELETE FROM outbox WHERE sequence = ?',
  clearOutbox: 'DELETE FROM outbox WHERE job_seq = ?',
  headers: 'SELECT box FROM custom_headers WHERE job_seq = ?',
  putHeaders:
    'INSERT INTO custom_headers (job_seq, box) VALUES (?, ?) ' +
    'ON CONFLICT (job_seq) DO UPDATE SET box = excluded.box',
  deleteHeaders: 'DELETE FROM custom_headers WHERE job_seq = ?',
};

export type Statements = Readonly<Record<StatementName, StatementSync>>;

export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)] as const);
  return Object.fromEntries(prepared) as Statements;
}

function renewFile(sets: string): string {
  return (
    `UPDATE file SET ${sets}, written_boot_id = :written_boot_id, representation = :representation, ` +
    'size = :size, bytes_from_http = :bytes_from_http, duration_ms = :duration_ms ' +
    'WHERE job_seq = :job_seq AND idx = :idx'
  );
}

function named(columns: readonly string[]): string {
  return columns.map((column) => `:${column}`).join(', ');
}

function assignedFromNew(columns: readonly string[]): string {
  return columns.map((column) => `${column} = excluded.${column}`).join(', ');
}
