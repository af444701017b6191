import type { BG_JOB_PRIORITY, BG_JOB_STATE } from '../constants.ts';
import type { TransferFailure } from '../job/failure.ts';
import type { DOSwarmStats } from '../interfaces/file.ts';
import type { FileDigest } from '../job/file.ts';
import type { ByteRange } from '../piece/byte-range.ts';
import type { FileRanges } from '../piece/file-ranges.ts';

/** Everything about a job that may be shown, as it is at one moment. Times are wall-clock ms. */
export interface JobFacts {
  readonly id: string;
  readonly family: 'job' | 'download';
  readonly displayName: string;
  readonly owner: string;
  readonly state: BG_JOB_STATE;
  readonly priority: BG_JOB_PRIORITY;
  readonly progress: {
    /** Undefined until every file's size is known. */
    readonly bytesTotal: number | undefined;
    readonly bytesTransferred: number;
    readonly filesTotal: number;
    readonly filesTransferred: number;
  };
  /** Mean of the last few seconds; 0 while nothing is transferred. */
  readonly bytesPerSecond: number;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly transferredAtMs: number | undefined;
  readonly notifyFlags: number;
  readonly noProgressTimeoutSeconds: number;
  readonly costFlags: number;
  readonly notificationClsid: string;
  readonly maxBytesPerSecond: number | undefined;
  readonly queueOrder: number;
  /** What GetError reports; undefined when it would refuse. */
  readonly error: TransferFailure | undefined;
  /** Why the job last failed, also after a restart, until its data has arrived. */
  readonly lastFailure: TransferFailure | undefined;
  /** ExtendedErrorInfo: JSON text, empty without an error. */
  readonly extendedErrorInfo: string;
  /** When the next attempt is due; undefined when no timer runs. */
  readonly retryAtMs: number | undefined;
  /** A final event that nobody has acknowledged yet. */
  readonly pendingEvent: PendingEvent | undefined;
  /** Changes with every property a caller can set, and not with progress. */
  readonly revision: string;
}

export interface PendingEvent {
  readonly sequence: number;
  readonly event: 'transferred' | 'error';
}

/** Everything about a file that may be shown. */
export interface FileFacts {
  readonly index: number;
  readonly fileId: string;
  readonly remoteName: string;
  /** Undefined while a file of the second family has no sink. */
  readonly localName: string | undefined;
  readonly ranges: FileRanges;
  /** Bytes of the local file; undefined until known. */
  readonly sizeBytes: number | undefined;
  /** Bytes of the remote file, as found or as told; undefined until known. */
  readonly remoteSizeBytes: number | undefined;
  readonly bytesTransferred: number;
  /** Every byte is here and checked. */
  readonly transferred: boolean;
  /** It stands under its final name. */
  readonly completed: boolean;
  readonly digest: FileDigest | undefined;
  readonly integrityCheckMandatory: boolean | undefined;
  readonly responseHeaders: string | undefined;
  readonly stats: DOSwarmStats;
}

/** Which bytes of a file are here, by piece. */
export interface PieceFacts {
  readonly index: number;
  readonly pieceSizeBytes: number;
  readonly sizeBytes: number | undefined;
  /** Handed to the operating system; half-open, ascending, apart. */
  readonly written: readonly ByteRange[];
  /** Those of them that survive a power cut. */
  readonly flushed: readonly ByteRange[];
  readonly piecesTotal: number | undefined;
  readonly piecesTransferred: number;
}

/** Where the bytes of a file come from. */
export interface SourceFacts {
  readonly fileIndex: number;
  readonly kind: 'origin' | 'cacheHost';
  /** Without user-info and query. */
  readonly url: string;
  readonly bytesReceived: number;
  readonly connections: number;
  readonly state: 'active' | 'idle' | 'banned';
}

/** One failed attempt, from the event log. */
export interface AttemptFacts {
  readonly sequence: number;
  readonly atMs: number;
  readonly state: BG_JOB_STATE;
  readonly failure: TransferFailure;
}
