import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { FILE_COLUMNS } from './file-row.ts';
import { JOB_COLUMNS, SOUND_JOB } from './job-row.ts';

const JOB = `SELECT seq, ${JOB_COLUMNS.join(', ')} FROM job`;
const ID = 'SELECT seq, id FROM job';
const PLACE = 'SELECT seq, id, queue_order FROM job INDEXED BY job_queued';
const EVENT = 'SELECT sequence, at_ms, job_id, owner, kind, body FROM event';

type StatementName =
  | 'seqOfJob'
  | 'job'
  | 'allJobs'
  | 'liveJobs'
  | 'suspectJobs'
  | 'seqBeforeId'
  | 'seqAfterId'
  | 'counts'
  | 'countsOfOwner'
  | 'countedAs'
  | 'queuedForeground'
  | 'queuedBackground'
  | 'queuedAfter'
  | 'queuedBefore'
  | 'createdBefore'
  | 'undiscarded'
  | 'purgeable'
  | 'putJob'
  | 'renewJob'
  | 'setDiscarded'
  | 'deleteJob'
  | 'deleteFinal'
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
  | 'deleteHeaders'
  | 'secret'
  | 'putSecret'
  | 'deleteSecret'
  | 'lastEvent'
  | 'addEvent'
  | 'eventsAfter'
  | 'eventsOfJob'
  | 'eventsOfOwner'
  | 'eventsOfJobAndOwner'
  | 'firstEvent'
  | 'firstEventSince'
  | 'deleteEvents'
  | 'trimmedEvents'
  | 'setTrimmedEvents'
  | 'keptEvent'
  | 'numbersBoot'
  | 'setNumbersBoot'
  | 'beginNumbers'
  | 'skipNumbers'
  | 'note'
  | 'putNote'
  | 'deleteNote'
  | 'notes'
  | 'request'
  | 'putRequest'
  | 'deleteRequests'
  | 'addTraffic'
  | 'traffic';

/**
 * Every statement of the store. `state` is compared with plain numbers, never with a parameter:
 * a partial index serves only a query whose text has the condition of the index in it.
 */
export const SQL: Readonly<Record<StatementName, string>> = {
  seqOfJob: 'SELECT seq FROM job WHERE id = ?',
  job: `${JOB} WHERE id = ?`,
  allJobs: `${JOB} ORDER BY seq`,
  liveJobs: `${JOB} WHERE state < 7 ORDER BY seq`,
  suspectJobs: `${JOB} WHERE (${SOUND_JOB}) IS NOT TRUE ORDER BY seq`,
  seqBeforeId: 'SELECT seq FROM job WHERE id < ? ORDER BY id DESC LIMIT 1',
  seqAfterId: 'SELECT seq FROM job WHERE id > ? ORDER BY id LIMIT 1',
  counts: 'SELECT state, is_job, jobs FROM job_count',
  countsOfOwner: 'SELECT state, is_job, jobs FROM job_count WHERE owner = ?',
  countedAs: 'SELECT owner, state, download IS NULL AS is_job, 1 AS jobs FROM job WHERE id = ?',
  queuedForeground:
    `${ID} INDEXED BY job_queued WHERE state = 0 AND (priority > 0) = 0 ` +
    'ORDER BY queue_order, seq',
  queuedBackground:
    `${ID} INDEXED BY job_queued WHERE state = 0 AND (priority > 0) = 1 ` +
    'ORDER BY queue_order, seq',
  queuedAfter:
    `${PLACE} WHERE state = 0 AND (priority > 0) = ? AND queue_order > ? ` +
    'ORDER BY queue_order, seq',
  queuedBefore:
    `${PLACE} WHERE state = 0 AND (priority > 0) = ? AND queue_order < ? ` +
    'ORDER BY queue_order DESC, seq DESC',
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
    `ON CONFLICT (id) DO UPDATE SET ${assignedFromNew(JOB_COLUMNS, 'id')}, ` +
    'discarded = CASE WHEN state < 7 THEN 0 ELSE discarded END',
  renewJob:
    'UPDATE job SET modified_ms = :modified_ms, files_total = :files_total, ' +
    'files_transferred = :files_transferred, files_unknown_size = :files_unknown_size, ' +
    'files_without_sink = :files_without_sink, bytes_total = :bytes_total, ' +
    'bytes_transferred = :bytes_transferred WHERE seq = :seq',
  setDiscarded: 'UPDATE job SET discarded = ? WHERE id = ?',
  deleteJob: 'DELETE FROM job WHERE seq = ?',
  deleteFinal: 'DELETE FROM job WHERE id = ? AND state >= 7',
  maxQueueOrder: 'SELECT max(max_order) AS max_order FROM queue',
  setMaxQueueOrder: 'UPDATE queue SET max_order = ?',
  files: `SELECT ${FILE_COLUMNS.join(', ')} FROM file WHERE job_seq = ? ORDER BY idx`,
  putFile:
    `INSERT INTO file (job_seq, ${FILE_COLUMNS.join(', ')}) ` +
    `VALUES (:job_seq, ${named(FILE_COLUMNS)}) ` +
    `ON CONFLICT (job_seq, idx) DO UPDATE SET ${assignedFromNew(FILE_COLUMNS, 'idx')}`,
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
  secret: 'SELECT box FROM secret WHERE job_seq = ? AND name = ?',
  putSecret:
    'INSERT INTO secret (job_seq, name, box) VALUES (?, ?, ?) ' +
    'ON CONFLICT (job_seq, name) DO UPDATE SET box = excluded.box',
  deleteSecret: 'DELETE FROM secret WHERE job_seq = ? AND name = ?',
  // Kept by SQLite for AUTOINCREMENT, and so still there when every event was trimmed.
  lastEvent: "SELECT seq AS sequence FROM sqlite_sequence WHERE name = 'event'",
  addEvent: 'INSERT INTO event (at_ms, job_id, owner, kind, body) VALUES (?, ?, ?, ?, ?)',
  eventsAfter: `${EVENT} WHERE sequence > ? ORDER BY sequence`,
  eventsOfJob: `${EVENT} INDEXED BY event_job WHERE job_id = ? AND sequence > ? ORDER BY sequence`,
  eventsOfOwner: `${EVENT} INDEXED BY event_owner WHERE owner = ? AND sequence > ? ORDER BY sequence`,
  eventsOfJobAndOwner:
    `${EVENT} INDEXED BY event_job WHERE job_id = ? AND sequence > ? AND owner = ? ` +
    'ORDER BY sequence',
  firstEvent: 'SELECT min(sequence) AS sequence FROM event',
  // Walks what is older, which is what is about to be deleted.
  firstEventSince:
    'SELECT sequence FROM event WHERE at_ms >= ? AND sequence BETWEEN ? AND ? ' +
    'ORDER BY sequence LIMIT 1',
  deleteEvents: 'DELETE FROM event WHERE sequence <= ?',
  trimmedEvents: 'SELECT max(trimmed) AS trimmed FROM event_log',
  setTrimmedEvents: 'UPDATE event_log SET trimmed = ?',
  keptEvent: 'SELECT sequence FROM event ORDER BY sequence DESC LIMIT 1 OFFSET ?',
  numbersBoot: 'SELECT boot_id FROM event_log',
  setNumbersBoot: 'UPDATE event_log SET boot_id = ?',
  // A row of SQLite's own that is there from the first number on.
  beginNumbers:
    "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM (SELECT 'event' AS name UNION SELECT 'outbox') " +
    'WHERE name NOT IN (SELECT name FROM sqlite_sequence)',
  skipNumbers: "UPDATE sqlite_sequence SET seq = seq + ? WHERE name IN ('event', 'outbox')",
  note: 'SELECT value FROM note WHERE name = ?',
  putNote:
    'INSERT INTO note (name, value) VALUES (?, ?) ' +
    'ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  deleteNote: 'DELETE FROM note WHERE name = ?',
  notes:
    'SELECT name, value FROM note WHERE name >= ? AND substr(name, 1, length(?)) = ? ORDER BY name',
  request: 'SELECT fingerprint, job_id FROM request WHERE owner = ? AND name = ?',
  putRequest:
    'INSERT INTO request (owner, name, fingerprint, job_id, at_ms) VALUES (?, ?, ?, ?, ?) ' +
    'ON CONFLICT (owner, name) DO UPDATE SET fingerprint = excluded.fingerprint, ' +
    'job_id = excluded.job_id, at_ms = excluded.at_ms',
  deleteRequests:
    'DELETE FROM request WHERE (owner, name) IN ' +
    '(SELECT owner, name FROM request INDEXED BY request_age WHERE at_ms < ? ORDER BY at_ms LIMIT ?)',
  // A sum stays an integer that a number holds, however much is added to it.
  addTraffic:
    'INSERT INTO traffic (month, source, bytes_down, bytes_up) VALUES (?, ?, ?, ?) ' +
    'ON CONFLICT (month, source) DO UPDATE SET ' +
    `bytes_down = min(bytes_down + excluded.bytes_down, ${Number.MAX_SAFE_INTEGER}), ` +
    `bytes_up = min(bytes_up + excluded.bytes_up, ${Number.MAX_SAFE_INTEGER})`,
  traffic:
    'SELECT month, source, bytes_down, bytes_up FROM traffic WHERE month IN ' +
    '(SELECT DISTINCT month FROM traffic ORDER BY month DESC LIMIT ?) ' +
    'ORDER BY month DESC, source',
};

/** What a page is asked for, apart from the numbers in it. */
export interface PageShape {
  /** Whether it holds the jobs of one owner alone. */
  readonly ofOwner: boolean;
  readonly newestFirst: boolean;
  /** States and families together; 1 or more. */
  readonly lists: number;
}

/**
 * A page of several lists. Each list is a stretch of an index in order of creation, and SQLite merges
 * them as it goes: it neither sorts nor reads beyond the page, nor past jobs that do not belong on it.
 * The parameters of each: the owner where there is one, the state, whether it is a job, and `seq`.
 */
export function pageSql({ ofOwner, newestFirst, lists }: PageShape, columns: 'all' | 'id'): string {
  const from = columns === 'all' ? JOB : ID;
  const list =
    (ofOwner
      ? `${from} INDEXED BY job_owner WHERE owner = ? AND `
      : `${from} INDEXED BY job_state WHERE `) +
    `state = ? AND (download IS NULL) = ? AND seq ${newestFirst ? '<' : '>'} ?`;
  const all = Array.from({ length: lists }, () => list).join(' UNION ALL ');
  return `${all} ORDER BY seq ${newestFirst ? 'DESC' : 'ASC'}`;
}

export type Statements = Readonly<Record<StatementName, StatementSync>>;

export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)] as const);
  return Object.fromEntries(prepared) as Statements;
}

function renewFile(sets: string): string {
  return (
    `UPDATE file SET ${sets}, written_boot_id = :written_boot_id, representation = :representation, ` +
    'size = :size, bytes_from_http = :bytes_from_http, bytes_from_cache = :bytes_from_cache, ' +
    'duration_ms = :duration_ms ' +
    'WHERE job_seq = :job_seq AND idx = :idx'
  );
}

function named(columns: readonly string[]): string {
  return columns.map((column) => `:${column}`).join(', ');
}

/** The key is left out: it is the same, and setting it would write its index once more. */
function assignedFromNew(columns: readonly string[], key: string): string {
  return columns
    .filter((column) => column !== key)
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');
}
