import { DODownloadProperty, DODownloadState } from '../constants.ts';

/** What a property holds: the VARIANT of api.md 3.5, as TypeScript has it. */
export type PropertyKind =
  | 'text'
  /** VT_UI4 */
  | 'uint32'
  /** VT_UI8, as far as a number is exact */
  | 'uint64'
  | 'boolean'
  /** VT_ARRAY | VT_UI1 */
  | 'bytes'
  | 'callback'
  | 'stream';

/** Where the value of a property lives. */
export type PropertyHome =
  /** In the record of the download. */
  | 'record'
  /** In the job: traits.ts. */
  | 'job'
  /** Encrypted, beside the job. */
  | 'secret'
  /** In this process, never stored. */
  | 'memory'
  /** Comes from the engine or the last answer; nobody sets it. */
  | 'engine'
  /** Nowhere: every value is refused. */
  | 'refused';

/** One row of api.md 3.5. */
export interface DownloadPropertyRow {
  readonly id: DODownloadProperty;
  readonly name: keyof typeof DODownloadProperty;
  readonly kind: PropertyKind;
  readonly access: 'read' | 'write' | 'both';
  /** States in which it may be set; none for what is read-only. */
  readonly settableIn: readonly DODownloadState[];
  readonly home: PropertyHome;
  /** What reading gives while nothing was set; undefined: E_NOT_SET, or a rule of its own. */
  readonly fallback?: string | number | boolean;
}

const { Created, Paused, Transferring, Transferred } = DODownloadState;
const C: readonly DODownloadState[] = [Created];
const CP: readonly DODownloadState[] = [Created, Paused];
const CPT: readonly DODownloadState[] = [Created, Paused, Transferring];
const CPTX: readonly DODownloadState[] = [Created, Paused, Transferring, Transferred];

/** Seconds between two status callbacks while nothing else is set (api.md 3.5). */
export const DEFAULT_CALLBACK_SECONDS = 1;

type RowFacts = Omit<DownloadPropertyRow, 'id' | 'name'>;

const ROWS: Readonly<Record<keyof typeof DODownloadProperty, RowFacts>> = {
  Id: { kind: 'text', access: 'read', settableIn: [], home: 'engine' },
  Uri: { kind: 'text', access: 'both', settableIn: CP, home: 'record' },
  ContentId: { kind: 'text', access: 'both', settableIn: C, home: 'record' },
  DisplayName: { kind: 'text', access: 'both', settableIn: CP, home: 'record' },
  LocalPath: { kind: 'text', access: 'both', settableIn: C, home: 'record' },
  HttpCustomHeaders: { kind: 'text', access: 'both', settableIn: CP, home: 'secret' },
  CostPolicy: { kind: 'uint32', access: 'both', settableIn: CPT, home: 'record' },
  SecurityFlags: { kind: 'uint32', access: 'write', settableIn: C, home: 'record' },
  CallbackFreqPercent: { kind: 'uint32', access: 'both', settableIn: CPT, home: 'record' },
  CallbackFreqSeconds: {
    kind: 'uint32',
    access: 'both',
    settableIn: CPT,
    home: 'record',
    fallback: DEFAULT_CALLBACK_SECONDS,
  },
  NoProgressTimeoutSeconds: { kind: 'uint32', access: 'both', settableIn: CPTX, home: 'job' },
  ForegroundPriority: { kind: 'boolean', access: 'both', settableIn: CPT, home: 'job' },
  BlockingMode: {
    kind: 'boolean',
    access: 'both',
    settableIn: CP,
    home: 'record',
    fallback: false,
  },
  CallbackInterface: { kind: 'callback', access: 'both', settableIn: CPTX, home: 'memory' },
  StreamInterface: { kind: 'stream', access: 'both', settableIn: C, home: 'memory' },
  SecurityContext: { kind: 'bytes', access: 'write', settableIn: C, home: 'secret' },
  NetworkToken: { kind: 'boolean', access: 'write', settableIn: CP, home: 'record' },
  CorrelationVector: { kind: 'text', access: 'both', settableIn: C, home: 'record' },
  DecryptionInfo: { kind: 'text', access: 'write', settableIn: C, home: 'refused' },
  IntegrityCheckInfo: { kind: 'text', access: 'write', settableIn: C, home: 'record' },
  IntegrityCheckMandatory: {
    kind: 'boolean',
    access: 'both',
    settableIn: C,
    home: 'record',
    fallback: false,
  },
  TotalSizeBytes: { kind: 'uint64', access: 'both', settableIn: C, home: 'record' },
  DisallowOnCellular: {
    kind: 'boolean',
    access: 'both',
    settableIn: CPT,
    home: 'record',
    fallback: false,
  },
  // Readable in one source and not in another; credentials are better not handed out again.
  HttpCustomAuthHeaders: { kind: 'text', access: 'write', settableIn: CP, home: 'secret' },
  HttpAllowSecureToNonSecureRedirect: {
    kind: 'boolean',
    access: 'both',
    settableIn: CP,
    home: 'record',
    fallback: false,
  },
  NonVolatile: { kind: 'boolean', access: 'both', settableIn: C, home: 'record', fallback: false },
  HttpRedirectionTarget: { kind: 'text', access: 'read', settableIn: [], home: 'engine' },
  HttpResponseHeaders: { kind: 'text', access: 'read', settableIn: [], home: 'engine' },
  HttpServerIPAddress: { kind: 'text', access: 'read', settableIn: [], home: 'engine' },
  HttpStatusCode: { kind: 'uint32', access: 'read', settableIn: [], home: 'engine' },
};

/** Every property, by id. */
export const DOWNLOAD_PROPERTIES: readonly DownloadPropertyRow[] = (
  Object.keys(ROWS) as (keyof typeof DODownloadProperty)[]
).map((name) => ({ id: DODownloadProperty[name], name, ...ROWS[name] }));

/** The row of an id, or undefined: callers find out so what an older system does not have. */
export function downloadProperty(id: unknown): DownloadPropertyRow | undefined {
  return DOWNLOAD_PROPERTIES.find((row) => row.id === id);
}
