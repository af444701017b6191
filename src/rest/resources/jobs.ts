import type { DOSwarmStats } from '../../core/interfaces/file.ts';
import type { Failure, PriorityName, StateName } from './common.ts';

export interface PendingEvent {
  readonly sequence: number;
  readonly event: 'transferred' | 'error';
}

/** A job. Times are RFC 3339, result codes signed; null is what is not known or not set. */
export interface Job {
  readonly id: string;
  readonly family: 'job' | 'download';
  readonly displayName: string;
  readonly owner: string;
  readonly state: StateName;
  readonly priority: PriorityName;
  readonly progress: {
    readonly bytesTotal: number | null;
    readonly bytesTransferred: number;
    readonly filesTotal: number;
    readonly filesTransferred: number;
  };
  readonly bytesPerSecond: number;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly transferredAt: string | null;
  readonly notifyFlags: number;
  readonly noProgressTimeoutSeconds: number;
  readonly costFlags: number;
  readonly notificationClsid: string;
  readonly maxBytesPerSecond: number | null;
  readonly queueOrder: number;
  readonly error: Failure | null;
  readonly lastFailure: Failure | null;
  readonly extendedErrorInfo: string;
  readonly retryAt: string | null;
  readonly pendingEvent: PendingEvent | null;
  readonly revision: string;
}

export interface JobList {
  readonly jobs: readonly Job[];
  readonly next: string | null;
  readonly total: number;
}

export interface JobQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly state?: string | undefined;
  readonly all: boolean;
  readonly owner?: string | undefined;
  readonly family: 'job' | 'download' | 'both';
  readonly first: 'oldest' | 'newest';
}
export interface JobQueryInput {
  readonly limit?: unknown;
  readonly cursor?: string | undefined;
  readonly state?: string | undefined;
  readonly all?: string | undefined;
  readonly owner?: string | undefined;
  readonly family?: 'job' | 'download' | 'both' | undefined;
  readonly first?: 'oldest' | 'newest' | undefined;
}

export interface Digest {
  readonly algorithm: 'sha-256' | 'sha-512';
  readonly hex: string;
}

export interface Range {
  readonly offset: number;
  readonly length: number | null;
}

export interface NewFile {
  readonly remoteName: string | null;
  readonly localName?: string | null | undefined;
  readonly fileId?: string | undefined;
  readonly ranges?: readonly Range[] | undefined;
  readonly sizeBytes?: number | undefined;
  readonly digest?: { readonly algorithm: string; readonly hex: string } | undefined;
}

export interface NewJobInput {
  readonly displayName: string;
  readonly type?: number | undefined;
  readonly priority?: PriorityName | undefined;
  readonly files?: readonly NewFile[] | undefined;
  readonly customHeaders?: string | undefined;
  readonly maxBytesPerSecond?: number | null | undefined;
  readonly notifyFlags?: number | undefined;
  readonly costFlags?: number | undefined;
  readonly noProgressTimeoutSeconds?: number | undefined;
  readonly notificationClsid?: string | undefined;
  readonly resume?: boolean | undefined;
}
export interface NewJob extends NewJobInput {
  readonly resume: boolean;
}

export interface JobChange {
  readonly priority?: PriorityName | number | undefined;
  readonly notifyFlags?: number | undefined;
  readonly noProgressTimeoutSeconds?: number | undefined;
  readonly costFlags?: number | string | undefined;
  readonly notificationClsid?: string | number | undefined;
  readonly maxBytesPerSecond?: number | null | undefined;
}

export interface JobOutcome {
  readonly hresult: number;
  readonly job: Job;
}

export interface Order {
  readonly position: 'first' | 'last' | { readonly before: string } | { readonly after: string };
}

export interface Acknowledge {
  readonly sequence: number;
}

export interface File {
  readonly index: number;
  readonly fileId: string;
  readonly remoteName: string;
  readonly localName: string | null;
  readonly ranges: readonly Range[];
  readonly sizeBytes: number | null;
  readonly remoteSizeBytes: number | null;
  readonly bytesTransferred: number;
  readonly transferred: boolean;
  readonly completed: boolean;
  readonly digest: Digest | null;
  readonly integrityCheckMandatory: boolean | null;
  readonly responseHeaders: string | null;
  readonly stats: SwarmStats;
}

/** DOSwarmStats, its enumerations as numbers that may be newer than this version. */
export type SwarmStats = Omit<DOSwarmStats, 'downloadMode' | 'status'> & {
  readonly downloadMode: number;
  readonly status: number;
};

export interface FileList {
  readonly files: readonly File[];
  readonly next: string | null;
}

export interface FileQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}
export interface FileQueryInput {
  readonly limit?: unknown;
  readonly cursor?: string | undefined;
}

export interface AddFiles {
  readonly files: readonly NewFile[];
}

export interface FileChange {
  readonly remoteName?: string | undefined;
  /** DOFilePropertyId by number. */
  readonly properties?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** Half-open. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Pieces {
  readonly files: readonly {
    readonly index: number;
    readonly pieceSizeBytes: number;
    readonly sizeBytes: number | null;
    readonly written: readonly Span[];
    readonly flushed: readonly Span[];
    readonly piecesTotal: number | null;
    readonly piecesTransferred: number;
  }[];
  readonly next: string | null;
}

export interface Sources {
  readonly sources: readonly {
    readonly fileIndex: number;
    readonly kind: 'origin' | 'cacheHost';
    readonly url: string;
    readonly bytesReceived: number;
    readonly connections: number;
    readonly state: 'active' | 'idle' | 'banned';
  }[];
}

export interface Attempts {
  readonly attempts: readonly {
    readonly sequence: number;
    readonly at: string;
    readonly state: StateName;
    readonly failure: Failure;
  }[];
}

export interface CustomHeaders {
  readonly headers: string | null;
}
