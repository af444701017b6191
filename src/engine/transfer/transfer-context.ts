import type { HeaderList } from '../../core/http/fields.ts';
import type { JobFile } from '../../core/job/file.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Digester } from '../../ports/digester.ts';
import type { HttpTransport } from '../../ports/http-transport.ts';
import type { CheckpointDurability } from '../../ports/job-store.ts';
import type { PartialFileId, PartialFiles } from '../../ports/partial-files.ts';
import type { Workload } from '../../ports/workload.ts';
import type { TrafficSource } from '../../core/facts/traffic.ts';
import { NO_TRIES, type CacheHostRules, type CacheTries } from '../../core/picker/cache-hosts.ts';
import type { GateShare } from './bandwidth-gate.ts';
import type { OriginBudget } from './origin-budget.ts';
import type { CacheHostBans } from './cache-host-bans.ts';

/** How files are transferred; the same for all of an engine. */
export interface TransferSettings {
  readonly pieceSizeBytes: number;
  /** Less is split off a segment only where the wait for it would be long. */
  readonly minSplitBytes: number;
  /** Connections for one file; never more than the origin's cap. */
  readonly connectionsPerFile: number;
  /** Product token sent as User-Agent. */
  readonly userAgent: string;
}

/** What earlier attempts on a file have taught. Lives in memory, as long as the job is under way. */
export interface FileAttempts {
  /** Times the file started over without progress since. */
  restarts: number;
  /** Answers that contradicted the request, in a row (N-8). */
  inconsistent: number;
  /** Ask caches to look again. */
  noCache: boolean;
  /** Most bytes that were ever here: only more than that is progress. */
  highWaterBytes: number;
  /** What is known of the remote file led to a contradiction: the next attempt begins from nothing. */
  distrusted: boolean;
  /** Times the whole-file digest did not match. */
  mismatches: number;
  /** Status of the last answer that was an error. */
  previousStatus: number | undefined;
  /** How the file's cache hosts have fared, and the last failure of one. */
  cacheTries: CacheTries;
  cacheError: unknown;
}

/** Headers that are held back until their origin asks for credentials (http.md 9). */
export interface Credentials {
  readonly headers: HeaderList;
  /** The origin has asked: they go out with every request from then on. */
  challenged: boolean;
}

export function noAttempts(): FileAttempts {
  return {
    restarts: 0,
    inconsistent: 0,
    noCache: false,
    highWaterBytes: 0,
    distrusted: false,
    mismatches: 0,
    previousStatus: undefined,
    cacheTries: NO_TRIES,
    cacheError: undefined,
  };
}

/** One file's transfer and the world around it. */
export interface TransferContext {
  readonly clock: Clock;
  readonly workload: Workload;
  readonly transport: HttpTransport;
  readonly partials: PartialFiles;
  readonly digester: Digester;
  readonly origins: OriginBudget;
  readonly cacheBans: CacheHostBans;
  readonly settings: TransferSettings;
  readonly attempts: FileAttempts;
  readonly foreground: boolean;
  readonly customHeaders: HeaderList;
  readonly credentials?: Credentials;
  /** An https URL may lead to an http one. */
  readonly allowSecureToNonSecure?: boolean;
  /** Hears which URL an answer came from, after redirects. */
  readonly answered?: (url: string) => void;
  /** The transfer's way through the limits; to be left at its end. */
  joinGate(connections: () => number): GateShare;
  /** The cache hosts to be asked before the origin just now. */
  cacheHosts(): CacheHostRules | undefined;
  /** Bytes of content have arrived. */
  arrived(bytes: number): void;
  /** Bytes for the ledger, by where they came from; `wasted` for those no file keeps. */
  traffic(source: TrafficSource, bytes: number): void;
  /** The file as it is now. */
  file(): JobFile;
  partialId(): PartialFileId;
  /** Takes on a changed file, in memory; `progressed` when there are more bytes than ever before. */
  update(file: JobFile, progressed: boolean): void;
  /** The file waits for a connection that others of its origin hold, or has got one. */
  waiting(waits: boolean): void;
  /** All bytes have come and all connections have been given back; never said of a failed one. */
  fetched(): void;
  /** Stores the file as it is now. */
  checkpoint(durability: CheckpointDurability): void;
}
