import type { Representation } from '../http/representation.ts';
import { sizeOfRanges, type FileRanges } from '../piece/file-ranges.ts';
import { EMPTY_SET, setSize, type IntervalSet } from '../piece/interval-set.ts';
import { NO_FILES, type FileCounters } from './job.ts';

/** A digest of the whole local file, as its caller knows it. */
export interface FileDigest {
  readonly algorithm: 'sha-256' | 'sha-512';
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

/** Integrity and encryption data of DOFilePropertyId, kept as given (api.md 7). */
export interface IntegrityProperties {
  readonly integrityCheckInfo?: string;
  readonly integrityCheckMandatory?: boolean;
}

/**
 * One file of a job. Two sets say which bytes are here: `flushed` holds what survives a power cut,
 * `written` what was handed to the operating system as well, and so survives the process alone
 * (docs/on-disk.md).
 */
export interface JobFile {
  readonly jobId: string;
  /** Counts from 0, in the order of adding. */
  readonly index: number;
  /** Identifies the content for its publisher; unique within the job. */
  readonly fileId: string;
  /** The URL, as the caller gave it. */
  readonly remoteName: string;
  /** Set by SetRemoteName and not yet persisted by Resume: used already, lost at a restart. */
  readonly pendingRemoteName?: string;
  /** Absolute path of the file to be; absent until the sink of a Job2 file is set. */
  readonly localName?: string;
  readonly ranges: FileRanges;
  /** Size of the remote file as the caller expects it, in bytes. */
  readonly expectedSizeBytes?: number;
  readonly digest?: FileDigest;
  readonly integrity: IntegrityProperties;
  /** What the origin's answers said of the remote file. */
  readonly representation?: Representation;
  /** Size of the local file: the remote size, or the sum of the ranges. */
  readonly sizeBytes?: number;
  readonly flushed: IntervalSet;
  readonly written: IntervalSet;
  /** Every byte is here, flushed and checked; the file waits under its temporary name. */
  readonly done: boolean;
  /** The file stands under its final name. */
  readonly published: boolean;
  /** Identity of the partial file at the time `complete` set out to rename it. */
  readonly publishedInode?: string;
  /** The head of the last answer, for HTTP_RESPONSE_HEADERS. */
  readonly responseHeaders?: string;
  readonly statistics: FileStatistics;
}

/** What a file's transfer has cost so far. */
export interface FileStatistics {
  /** Content bytes received from the origin, repeated ones included. */
  readonly bytesFromHttp: number;
  /** Content bytes received from cache hosts, repeated ones included; not part of `bytesFromHttp`. */
  readonly bytesFromCacheHost: number;
  /** Milliseconds during which the file was being transferred. */
  readonly durationMs: number;
}

export const NO_STATISTICS: FileStatistics = {
  bytesFromHttp: 0,
  bytesFromCacheHost: 0,
  durationMs: 0,
};

/** A file as it is when just added. */
export function newFile(
  wanted: Pick<JobFile, 'jobId' | 'index' | 'fileId' | 'remoteName' | 'ranges'> &
    Partial<Pick<JobFile, 'localName' | 'expectedSizeBytes' | 'digest'>>,
): JobFile {
  const sizeBytes =
    sizeOfRanges(wanted.ranges) ??
    (wanted.ranges.length === 0 ? wanted.expectedSizeBytes : undefined);
  return {
    ...wanted,
    integrity: {},
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    flushed: EMPTY_SET,
    written: EMPTY_SET,
    done: false,
    published: false,
    statistics: NO_STATISTICS,
  };
}

/** The URL the next request goes to. */
export function remoteNameInForce(file: JobFile): string {
  return file.pendingRemoteName ?? file.remoteName;
}

/** Bytes of the file that are here, as BG_FILE_PROGRESS counts them. */
export function bytesTransferred(file: JobFile): number {
  return setSize(file.written);
}

/** The file with nothing of it here any more: its content changed, or cannot be continued. */
export function startedOver(file: JobFile): JobFile {
  const { representation: _old, sizeBytes: _size, ...rest } = file;
  const sizeBytes =
    sizeOfRanges(file.ranges) ?? (file.ranges.length === 0 ? file.expectedSizeBytes : undefined);
  return {
    ...rest,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    flushed: EMPTY_SET,
    written: EMPTY_SET,
    done: false,
  };
}

/** The counters after a file changed from `before` (undefined: it is new) to `after`. */
export function recount(
  counters: FileCounters,
  before: JobFile | undefined,
  after: JobFile,
): FileCounters {
  const old = before === undefined ? NO_FILES : contribution(before);
  const now = contribution(after);
  return {
    total: counters.total + now.total - old.total,
    transferred: counters.transferred + now.transferred - old.transferred,
    unknownSize: counters.unknownSize + now.unknownSize - old.unknownSize,
    withoutSink: counters.withoutSink + now.withoutSink - old.withoutSink,
    bytesTotal: counters.bytesTotal + now.bytesTotal - old.bytesTotal,
    bytesTransferred: counters.bytesTransferred + now.bytesTransferred - old.bytesTransferred,
  };
}

/** The counters of a whole list of files. */
export function countFiles(files: readonly JobFile[]): FileCounters {
  return files.reduce((counters, file) => recount(counters, undefined, file), NO_FILES);
}

function contribution(file: JobFile): FileCounters {
  return {
    total: 1,
    transferred: file.done ? 1 : 0,
    unknownSize: file.sizeBytes === undefined ? 1 : 0,
    withoutSink: file.localName === undefined ? 1 : 0,
    bytesTotal: file.sizeBytes ?? 0,
    bytesTransferred: bytesTransferred(file),
  };
}
