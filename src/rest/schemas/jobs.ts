import * as z from 'zod';

import type * as T from '../resources/jobs.ts';
import {
  Bytes,
  BytesPerSecond,
  Cursor,
  Failure,
  Id,
  Limit,
  PriorityName,
  StateName,
  Time,
} from './common.ts';

export const PendingEvent: z.ZodType<T.PendingEvent, T.PendingEvent> = z.strictObject({
  sequence: z.int(),
  event: z.enum(['transferred', 'error']),
});

export const Job: z.ZodType<T.Job, T.Job> = z.strictObject({
  id: Id,
  family: z.enum(['job', 'download']),
  displayName: z.string(),
  owner: z.string(),
  state: StateName,
  priority: PriorityName,
  progress: z.strictObject({
    bytesTotal: Bytes.nullable().describe('Null until every file’s size is known'),
    bytesTransferred: Bytes,
    filesTotal: z.int(),
    filesTransferred: z.int(),
  }),
  bytesPerSecond: z.number().describe('Mean of the last few seconds'),
  createdAt: Time,
  modifiedAt: Time,
  transferredAt: Time.nullable(),
  notifyFlags: z.int(),
  noProgressTimeoutSeconds: z.int(),
  costFlags: z.int(),
  notificationClsid: z.string(),
  maxBytesPerSecond: BytesPerSecond.nullable(),
  queueOrder: z.int(),
  error: Failure.nullable().describe('What GetError reports'),
  lastFailure: Failure.nullable(),
  extendedErrorInfo: z.string(),
  retryAt: Time.nullable(),
  pendingEvent: PendingEvent.nullable(),
  revision: z.string().describe('For If-Match'),
});

export const JobList: z.ZodType<T.JobList, T.JobList> = z.strictObject({
  jobs: z.array(Job),
  next: Cursor.nullable(),
  total: z.int().min(0).describe('Jobs on all pages together, as of now'),
});

export const JobQuery: z.ZodType<T.JobQuery, T.JobQueryInput> = z.strictObject({
  limit: Limit,
  cursor: Cursor.optional(),
  state: z
    .string()
    .max(200)
    .optional()
    .describe('State names, comma separated; without it, all that are not final'),
  all: z.stringbool().default(false).describe('Final jobs too'),
  owner: z
    .string()
    .max(256)
    .optional()
    .describe('Administrators: jobs of this user, or `*` for everyone’s'),
  family: z.enum(['job', 'download', 'both']).default('job'),
  first: z
    .enum(['oldest', 'newest'])
    .default('oldest')
    .describe('Which jobs the first page has; the same for every page of a list'),
});

export const Digest: z.ZodType<T.Digest, T.Digest> = z.strictObject({
  algorithm: z.enum(['sha-256', 'sha-512']),
  hex: z.string().max(128),
});

export const Range: z.ZodType<T.Range, T.Range> = z.strictObject({
  offset: z.int().min(0),
  length: z.int().min(1).nullable().describe('Bytes; null up to the end'),
});

/** Arguments are bounded here and judged by the engine, so that both entry points say the same. */
export const NewFile: z.ZodType<T.NewFile, T.NewFile> = z.strictObject({
  remoteName: z.string().max(8192).nullable(),
  localName: z.string().max(8192).nullable().optional().describe('Absolute path; null: set later'),
  fileId: z.string().max(4096).optional(),
  ranges: z
    .array(z.strictObject({ offset: z.number(), length: z.number().nullable() }))
    .max(20_000)
    .optional(),
  sizeBytes: z.number().optional(),
  digest: z.strictObject({ algorithm: z.string().max(40), hex: z.string().max(512) }).optional(),
});

export const NewJob: z.ZodType<T.NewJob, T.NewJobInput> = z.strictObject({
  displayName: z.string().max(1024),
  type: z.number().optional().describe('BG_JOB_TYPE; 0, download'),
  priority: PriorityName.optional(),
  files: z.array(NewFile).max(10_000).optional(),
  customHeaders: z.string().max(20_000).optional(),
  maxBytesPerSecond: BytesPerSecond.nullable().optional(),
  notifyFlags: z.number().optional(),
  costFlags: z.number().optional(),
  noProgressTimeoutSeconds: z.number().optional(),
  notificationClsid: z.string().max(64).optional(),
  resume: z.boolean().default(false).describe('Start it at once'),
});

export const JobChange: z.ZodType<T.JobChange, T.JobChange> = z.strictObject({
  priority: z.union([PriorityName, z.number()]).optional(),
  notifyFlags: z.number().optional(),
  noProgressTimeoutSeconds: z.number().optional(),
  costFlags: z.union([z.number(), z.string().max(64)]).optional(),
  notificationClsid: z.union([z.string().max(64), z.number()]).optional(),
  maxBytesPerSecond: BytesPerSecond.nullable().optional(),
});

/** Result of complete and cancel: S_OK, BG_S_PARTIAL_COMPLETE or BG_S_UNABLE_TO_DELETE_FILES. */
export const JobOutcome: z.ZodType<T.JobOutcome, T.JobOutcome> = z.strictObject({
  hresult: z.int(),
  job: Job,
});

export const Order: z.ZodType<T.Order, T.Order> = z.strictObject({
  position: z.union([
    z.enum(['first', 'last']),
    z.strictObject({ before: Id }),
    z.strictObject({ after: Id }),
  ]),
});

export const Acknowledge: z.ZodType<T.Acknowledge, T.Acknowledge> = z.strictObject({
  sequence: z.int(),
});

export const SwarmStats: z.ZodType<T.SwarmStats, T.SwarmStats> = z.strictObject({
  fileId: z.string(),
  sourceURL: z.string(),
  fileSize: z.number(),
  totalBytesDownloaded: z.number(),
  bytesFromLanPeers: z.number(),
  bytesFromGroupPeers: z.number(),
  bytesFromInternetPeers: z.number(),
  bytesFromHttp: z.number(),
  bytesFromDoinc: z.number(),
  bytesToLanPeers: z.number(),
  bytesToGroupPeers: z.number(),
  bytesToInternetPeers: z.number(),
  httpConnectionCount: z.number(),
  doincConnectionCount: z.number(),
  lanConnectionCount: z.number(),
  groupConnectionCount: z.number(),
  internetConnectionCount: z.number(),
  downloadDuration: z.number(),
  downloadMode: z.number(),
  status: z.number(),
  isBackground: z.boolean(),
});

export const File: z.ZodType<T.File, T.File> = z.strictObject({
  index: z.int(),
  fileId: z.string(),
  remoteName: z.string(),
  localName: z.string().nullable(),
  ranges: z.array(Range),
  sizeBytes: Bytes.nullable(),
  remoteSizeBytes: Bytes.nullable(),
  bytesTransferred: Bytes,
  transferred: z.boolean(),
  completed: z.boolean(),
  digest: Digest.nullable(),
  integrityCheckMandatory: z.boolean().nullable(),
  responseHeaders: z.string().nullable(),
  stats: SwarmStats,
});

export const FileList: z.ZodType<T.FileList, T.FileList> = z.strictObject({
  files: z.array(File),
  next: Cursor.nullable(),
});
export const FileQuery: z.ZodType<T.FileQuery, T.FileQueryInput> = z.strictObject({
  limit: Limit,
  cursor: Cursor.optional(),
});
export const AddFiles: z.ZodType<T.AddFiles, T.AddFiles> = z.strictObject({
  files: z.array(NewFile).min(1).max(10_000),
});

export const FileChange: z.ZodType<T.FileChange, T.FileChange> = z.strictObject({
  remoteName: z.string().max(8192).optional(),
  /** DOFilePropertyId by number. */
  properties: z
    .record(
      z.string().regex(/^\d{1,10}$/),
      z.union([z.string().max(70_000), z.number(), z.boolean()]),
    )
    .optional(),
});

const Span = z.strictObject({ start: Bytes, end: Bytes.describe('First byte after it') });

export const Pieces: z.ZodType<T.Pieces, T.Pieces> = z.strictObject({
  files: z.array(
    z.strictObject({
      index: z.int(),
      pieceSizeBytes: z.int(),
      sizeBytes: Bytes.nullable(),
      written: z.array(Span),
      flushed: z.array(Span),
      piecesTotal: z.int().nullable(),
      piecesTransferred: z.int(),
    }),
  ),
  next: Cursor.nullable(),
});

export const Sources: z.ZodType<T.Sources, T.Sources> = z.strictObject({
  sources: z.array(
    z.strictObject({
      fileIndex: z.int(),
      kind: z.enum(['origin', 'cacheHost']),
      url: z.string(),
      bytesReceived: Bytes,
      connections: z.int(),
      state: z.enum(['active', 'idle', 'banned']),
    }),
  ),
});

export const Attempts: z.ZodType<T.Attempts, T.Attempts> = z.strictObject({
  attempts: z.array(
    z.strictObject({ sequence: z.int(), at: Time, state: StateName, failure: Failure }),
  ),
});

export const CustomHeaders: z.ZodType<T.CustomHeaders, T.CustomHeaders> = z.strictObject({
  headers: z.string().max(20_000).nullable(),
});
