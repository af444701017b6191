import * as z from 'zod';

import type { FileQuery, FileQueryInput } from '../resources/jobs.ts';
import type * as T from '../resources/events.ts';
import { Bytes, Cursor, Failure, fromText, Id, Limit, StateName, Time } from './common.ts';

const base = { sequence: z.int(), jobId: Id, owner: z.string(), at: Time };

/** An event of the log; its `sequence` is the id in the stream. */
export const Event: z.ZodType<T.Event, T.Event> = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.literal('job.created'), displayName: z.string() }),
  z.strictObject({ ...base, kind: z.literal('job.changed'), what: z.array(z.string()) }),
  z.strictObject({
    ...base,
    kind: z.literal('job.state'),
    from: StateName,
    to: StateName,
    failure: Failure.optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('file.transferred'),
    fileIndex: z.int(),
    fileId: z.string(),
  }),
]);

/** Sent in between, about once a second while something moves. Has no id and is never replayed. */
export const ProgressEvent: z.ZodType<T.ProgressEvent, T.ProgressEvent> = z.strictObject({
  kind: z.literal('progress'),
  jobId: Id,
  bytesTransferred: Bytes,
  bytesTotal: Bytes.nullable(),
  filesTransferred: z.int(),
  filesTotal: z.int(),
  bytesPerSecond: z.number(),
});

/** Says that events after the asked-for one are gone from the log: read the jobs again. */
export const ResetEvent: z.ZodType<T.ResetEvent, T.ResetEvent> = z.strictObject({
  kind: z.literal('reset'),
  /** Events up to this one are gone. */
  trimmed: z.int(),
  /** The newest event there is. */
  last: z.int(),
});

export const EventQuery: z.ZodType<T.EventQuery, T.EventQueryInput> = z.strictObject({
  job: Id.optional().describe('Only events of this job'),
  after: fromText(z.int().min(0))
    .optional()
    .describe('As Last-Event-ID, for those who cannot send it'),
  progress: z.stringbool().default(true).describe('Progress in between'),
  owner: z.string().max(256).optional().describe('Administrators: `*` for everyone’s jobs'),
});

export const JobEvents: z.ZodType<T.JobEvents, T.JobEvents> = z.strictObject({
  events: z.array(Event),
  next: Cursor.nullable(),
});
export const JobEventsQuery: z.ZodType<FileQuery, FileQueryInput> = z.strictObject({
  limit: Limit,
  cursor: Cursor.optional(),
});
