import type { BG_JOB_PRIORITY, BG_JOB_STATE, BG_JOB_TYPE } from '../constants.ts';
import type { DownloadRecord } from '../download/record.ts';
import type { TransferFailure } from './failure.ts';

/**
 * A job: everything the engine decides by, and nothing that grows with its files. What a list of
 * files would tell is kept as counters, so a job of ten thousand files moves through its states
 * at the price of one.
 *
 * The states are those of BITS (job-lifecycle.md 0):
 *
 * - SUSPENDED is where a job begins and where `suspend` puts it. Nothing moves.
 * - QUEUED waits for a slot. `resume`, a retry that is due and a lost slot lead here.
 * - CONNECTING is part of the documented numbers and never entered.
 * - TRANSFERRING holds a slot and moves data.
 * - TRANSIENT_ERROR failed and will go on by itself: after a delay, or when what blocks it ends.
 * - ERROR failed and needs the caller.
 * - TRANSFERRED has every file under its temporary name, and waits for `complete`.
 * - ACKNOWLEDGED and CANCELLED are final.
 */
export interface Job {
  readonly id: string;
  /** At most 256 characters; need not be unique. */
  readonly displayName: string;
  readonly type: BG_JOB_TYPE;
  /** Who made it: a user name. */
  readonly owner: string;
  readonly state: BG_JOB_STATE;
  readonly priority: BG_JOB_PRIORITY;
  /** Mask of BG_NOTIFY bits. */
  readonly notifyFlags: number;
  /** Seconds, once SetNoProgressTimeout was called; until then the default follows the priority. */
  readonly noProgressTimeoutSeconds: number | undefined;
  /** BITS_JOB_PROPERTY_ID.COST_FLAGS, once set; until then the default follows the priority. */
  readonly costFlags: number | undefined;
  /** BITS_JOB_PROPERTY_ID.NOTIFICATION_CLSID, or GUID_NULL. */
  readonly notificationClsid: string;
  /** Bytes per second this job may take; undefined: as the policies say. */
  readonly maxBytesPerSecond: number | undefined;
  /** Set for a download of the IDO family: it is listed there, and not among the jobs. */
  readonly download: DownloadRecord | undefined;
  /** Wall-clock milliseconds since 1970, as the three times of BG_JOB_TIMES. */
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly transferredAtMs: number | undefined;
  /** True once `resume` succeeded: file properties are fixed from then on. */
  readonly resumed: boolean;
  /** Place in the queue: lower goes first. Meaningful while QUEUED. */
  readonly queueOrder: number;
  /** True from the first rename of `complete` on: some files may stand under their final names. */
  readonly publishing: boolean;
  readonly files: FileCounters;
  /** Why the job is where it is; kept for people. The error object of GetError is `trouble`. */
  readonly lastFailure: TransferFailure | undefined;
  /** What goes wrong just now. Lives in memory only: a restart forgets it (job-lifecycle.md 10). */
  readonly trouble: Trouble | undefined;
}

/** What the files of a job add up to. */
export interface FileCounters {
  readonly total: number;
  /** Files with all bytes written; published ones included. */
  readonly transferred: number;
  /** Files whose size is not known yet. */
  readonly unknownSize: number;
  /** Files that have no local name yet. */
  readonly withoutSink: number;
  /** Sum of the known sizes, in bytes. */
  readonly bytesTotal: number;
  readonly bytesTransferred: number;
}

/** The failure a job is suffering from, and its clocks. All times are monotonic milliseconds. */
export interface Trouble {
  readonly failure: TransferFailure;
  /** The last failure that was worth another try; a policy that blocked since does not hide it. */
  readonly lastTransient: TransferFailure | undefined;
  /** Whether GetError answers: true in TRANSIENT_ERROR, ERROR and until data flows again. */
  readonly reported: boolean;
  /** Attempts that failed since a byte was written. */
  readonly failures: number;
  /** When the no-progress clock would have started, moved forward by every blocked time. */
  readonly noProgressSinceMs: number | undefined;
  /** Set while a policy or the network blocks the job: the clock stands still since then. */
  readonly blockedSinceMs: number | undefined;
  /** When the next attempt is due; undefined while an event, not a timer, ends the wait. */
  readonly retryAtMs: number | undefined;
}

export const NO_FILES: FileCounters = {
  total: 0,
  transferred: 0,
  unknownSize: 0,
  withoutSink: 0,
  bytesTotal: 0,
  bytesTransferred: 0,
};

export const GUID_NULL = '00000000-0000-0000-0000-000000000000';

/** Every byte of every file is here. A job without files is never complete by itself. */
export function allTransferred(files: FileCounters): boolean {
  return files.total > 0 && files.transferred === files.total;
}
