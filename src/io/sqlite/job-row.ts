import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

import { BG_JOB_PRIORITY, BG_JOB_STATE, BG_JOB_TYPE } from '../../core/constants.ts';
import type { Job } from '../../core/job/job.ts';
import { Fields } from './fields.ts';
import { downloadFromJson, downloadToJson, failureFromJson } from './json-columns.ts';

const STATES = Object.values(BG_JOB_STATE);
const PRIORITIES = Object.values(BG_JOB_PRIORITY);
const TYPES = Object.values(BG_JOB_TYPE);

/** The columns of `job` that a `Job` becomes. */
export const JOB_COLUMNS = [
  'id',
  'display_name',
  'type',
  'owner',
  'state',
  'priority',
  'notify_flags',
  'no_progress_timeout_s',
  'cost_flags',
  'notification_clsid',
  'max_bytes_per_second',
  'download',
  'created_ms',
  'modified_ms',
  'transferred_ms',
  'resumed',
  'queue_order',
  'publishing',
  'files_total',
  'files_transferred',
  'files_unknown_size',
  'files_without_sink',
  'bytes_total',
  'bytes_transferred',
  'last_failure',
] as const;

export type JobRow = Record<(typeof JOB_COLUMNS)[number], SQLInputValue>;

/** The columns that a checkpoint renews. */
export type ProgressRow = Pick<
  JobRow,
  | 'modified_ms'
  | 'files_total'
  | 'files_transferred'
  | 'files_unknown_size'
  | 'files_without_sink'
  | 'bytes_total'
  | 'bytes_transferred'
>;

/** `trouble` has no column: a restart forgets it (job-lifecycle.md 10). */
export function jobToRow(job: Job): JobRow {
  return {
    id: job.id,
    display_name: job.displayName,
    type: job.type,
    owner: job.owner,
    state: job.state,
    priority: job.priority,
    notify_flags: job.notifyFlags,
    no_progress_timeout_s: job.noProgressTimeoutSeconds ?? null,
    cost_flags: job.costFlags ?? null,
    notification_clsid: job.notificationClsid,
    max_bytes_per_second: job.maxBytesPerSecond ?? null,
    download: job.download === undefined ? null : downloadToJson(job.download),
    created_ms: job.createdAtMs,
    transferred_ms: job.transferredAtMs ?? null,
    resumed: job.resumed ? 1 : 0,
    queue_order: job.queueOrder,
    publishing: job.publishing ? 1 : 0,
    last_failure: job.lastFailure === undefined ? null : JSON.stringify(job.lastFailure),
    ...progressToRow(job),
  };
}

export function progressToRow({ modifiedAtMs, files }: Job): ProgressRow {
  return {
    modified_ms: modifiedAtMs,
    files_total: files.total,
    files_transferred: files.transferred,
    files_unknown_size: files.unknownSize,
    files_without_sink: files.withoutSink,
    bytes_total: files.bytesTotal,
    bytes_transferred: files.bytesTransferred,
  };
}

/**
 * SQL that is true only for rows that {@link jobFromRow} accepts: how 100,000 jobs are checked in a
 * tenth of the time that decoding them takes. A row it is not true for is decoded, and may be good.
 */
export const SOUND_JOB: string = [
  ...['id', 'display_name', 'owner', 'notification_clsid'].map(
    (name) => `typeof(${name}) = 'text'`,
  ),
  `type IN (${TYPES.join()})`,
  `state IN (${STATES.join()})`,
  `priority IN (${PRIORITIES.join()})`,
  'resumed IN (0, 1)',
  'publishing IN (0, 1)',
  isInteger('queue_order'),
  ...['created_ms', 'modified_ms'].map(isCount),
  ...['notify_flags', 'files_total', 'files_transferred', 'files_unknown_size'].map(isCount),
  ...['files_without_sink', 'bytes_total', 'bytes_transferred'].map(isCount),
  ...['no_progress_timeout_s', 'cost_flags', 'max_bytes_per_second', 'transferred_ms'].map(
    (name) => `(${name} IS NULL OR ${isCount(name)})`,
  ),
  'download IS NULL',
  'last_failure IS NULL',
].join(' AND ');

function isCount(name: string): string {
  return isInteger(name, 0);
}

function isInteger(name: string, smallest: number = Number.MIN_SAFE_INTEGER): string {
  const range = `BETWEEN ${smallest} AND ${Number.MAX_SAFE_INTEGER}`;
  return `(typeof(${name}) = 'integer' AND ${name} ${range})`;
}

/** Throws a {@link BadRecord} when the row is not what {@link jobToRow} writes. */
export function jobFromRow(row: Record<string, SQLOutputValue>): Job {
  const fields = new Fields(row);
  const failure = fields.optionalJson('last_failure');
  const download = fields.optionalJson('download');
  return {
    id: fields.text('id'),
    displayName: fields.text('display_name'),
    type: fields.oneOf('type', TYPES),
    owner: fields.text('owner'),
    state: fields.oneOf('state', STATES),
    priority: fields.oneOf('priority', PRIORITIES),
    notifyFlags: fields.count('notify_flags'),
    noProgressTimeoutSeconds: fields.optionalCount('no_progress_timeout_s'),
    costFlags: fields.optionalCount('cost_flags'),
    notificationClsid: fields.text('notification_clsid'),
    maxBytesPerSecond: fields.optionalCount('max_bytes_per_second'),
    download: download === undefined ? undefined : downloadFromJson(download),
    createdAtMs: fields.integer('created_ms'),
    modifiedAtMs: fields.integer('modified_ms'),
    transferredAtMs: fields.optionalInteger('transferred_ms'),
    resumed: fields.flag('resumed'),
    queueOrder: fields.integer('queue_order'),
    publishing: fields.flag('publishing'),
    files: {
      total: fields.count('files_total'),
      transferred: fields.count('files_transferred'),
      unknownSize: fields.count('files_unknown_size'),
      withoutSink: fields.count('files_without_sink'),
      bytesTotal: fields.count('bytes_total'),
      bytesTransferred: fields.count('bytes_transferred'),
    },
    lastFailure: failure === undefined ? undefined : failureFromJson(failure),
    trouble: undefined,
  };
}
