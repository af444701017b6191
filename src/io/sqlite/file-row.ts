import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

import type { JobFile } from '../../core/job/file.ts';
import { formatSet, parseSet, type IntervalSet } from '../../core/piece/interval-set.ts';
import { BadRecord, Fields } from './fields.ts';
import {
  digestFromJson,
  integrityFromJson,
  present,
  rangesFromJson,
  rangesToJson,
  representationFromJson,
} from './json-columns.ts';

/** The columns of `file` that a `JobFile` becomes, but for the job it belongs to. */
export const FILE_COLUMNS = [
  'idx',
  'file_id',
  'remote_name',
  'local_name',
  'ranges',
  'expected_size',
  'digest',
  'integrity',
  'representation',
  'size',
  'flushed',
  'written',
  'written_boot_id',
  'done',
  'published',
  'published_inode',
  'response_headers',
  'bytes_from_http',
  'bytes_from_cache',
  'duration_ms',
] as const;

export type FileRow = Record<(typeof FILE_COLUMNS)[number], SQLInputValue>;

/** The columns that a checkpoint renews; one of kind `written` leaves `flushed` out. */
export type FileProgressRow = Pick<
  FileRow,
  | 'representation'
  | 'size'
  | 'written'
  | 'written_boot_id'
  | 'bytes_from_http'
  | 'bytes_from_cache'
  | 'duration_ms'
>;

/** `pendingRemoteName` has no column: a restart forgets it (job-lifecycle.md 10). */
export function fileToRow(file: JobFile, bootId: string | undefined): FileRow {
  return {
    idx: file.index,
    file_id: file.fileId,
    remote_name: file.remoteName,
    local_name: file.localName ?? null,
    ranges: rangesToJson(file.ranges),
    expected_size: file.expectedSizeBytes ?? null,
    digest: file.digest === undefined ? null : JSON.stringify(file.digest),
    integrity: JSON.stringify(file.integrity),
    flushed: formatSet(file.flushed),
    done: file.done ? 1 : 0,
    published: file.published ? 1 : 0,
    published_inode: file.publishedInode ?? null,
    response_headers: file.responseHeaders ?? null,
    ...fileProgressToRow(file, bootId),
  };
}

export function fileProgressToRow(file: JobFile, bootId: string | undefined): FileProgressRow {
  const { representation, statistics } = file;
  return {
    representation: representation === undefined ? null : JSON.stringify(representation),
    size: file.sizeBytes ?? null,
    written: formatSet(file.written),
    written_boot_id: bootId ?? null,
    bytes_from_http: statistics.bytesFromHttp,
    bytes_from_cache: statistics.bytesFromCacheHost,
    duration_ms: statistics.durationMs,
  };
}

/**
 * Throws a {@link BadRecord} when the row is not what {@link fileToRow} writes.
 *
 * @param bootId - the present boot: what another one only handed to its system is not believed
 */
export function fileFromRow(
  row: Record<string, SQLOutputValue>,
  jobId: string,
  bootId: string | undefined,
): JobFile {
  const fields = new Fields(row);
  const flushed = setFrom(fields, 'flushed');
  const written = setFrom(fields, 'written');
  const sameBoot = bootId !== undefined && fields.optionalText('written_boot_id') === bootId;
  const digest = fields.optionalJson('digest');
  const representation = fields.optionalJson('representation');
  return {
    jobId,
    index: fields.count('idx'),
    fileId: fields.text('file_id'),
    remoteName: fields.text('remote_name'),
    ...present('localName', fields.optionalText('local_name')),
    ranges: rangesFromJson(fields.json('ranges')),
    ...present('expectedSizeBytes', fields.optionalCount('expected_size')),
    ...(digest !== undefined && { digest: digestFromJson(digest) }),
    integrity: integrityFromJson(fields.json('integrity')),
    ...(representation !== undefined && { representation: representationFromJson(representation) }),
    ...present('sizeBytes', fields.optionalCount('size')),
    flushed,
    written: sameBoot ? written : flushed,
    done: fields.flag('done'),
    published: fields.flag('published'),
    ...present('publishedInode', fields.optionalText('published_inode')),
    ...present('responseHeaders', fields.optionalText('response_headers')),
    statistics: {
      bytesFromHttp: fields.count('bytes_from_http'),
      bytesFromCacheHost: fields.count('bytes_from_cache'),
      durationMs: fields.amount('duration_ms'),
    },
  };
}

function setFrom(fields: Fields, name: string): IntervalSet {
  const set = parseSet(fields.text(name));
  if (set === undefined) throw new BadRecord(`${name} is not a set of ranges`);
  return set;
}
