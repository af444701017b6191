import type { FileRanges } from '../piece/file-ranges.ts';

/**
 * What a download of the IDO family is beyond the job that carries it (job-lifecycle.md 11). The job
 * has its files, its state and its failures; properties that are secrets live in the secret store.
 */
export interface DownloadRecord {
  /** `start` has succeeded once: `start(null)` is allowed from then on. */
  readonly started: boolean;
  /** Properties as set, by id (api.md 3.5); objects (callback, stream) are never stored. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  /** The ranges in force; empty is the whole file. */
  readonly ranges: FileRanges;
  /** Bytes go to a stream in the caller's process, not to a file under a final name. */
  readonly streams: boolean;
}

/** A download that has just been made. */
export const NEW_DOWNLOAD: DownloadRecord = {
  started: false,
  properties: {},
  ranges: [],
  streams: false,
};
