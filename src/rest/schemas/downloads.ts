import * as z from 'zod';

import { DOWNLOAD_STATE_NAMES } from '../resources/common.ts';
import type * as T from '../resources/downloads.ts';
import { Bytes, Cursor, fromText, Id, Limit } from './common.ts';

/** DODownloadProperty, or a number that may become one: which are known is the engine's to say. */
export const PropertyId: z.ZodType<number> = fromText(z.int().min(0).max(0xffff_ffff)).describe(
  'DODownloadProperty',
);

export const Download: z.ZodType<T.Download, T.Download> = z.strictObject({
  id: Id,
  bytesTotal: Bytes,
  bytesTransferred: Bytes,
  state: z.enum(DOWNLOAD_STATE_NAMES),
  error: z.int().describe('HRESULT, signed; 0 without an error'),
  extendedError: z.int().describe('HRESULT, signed; 0 when there is none'),
});

export const DownloadList: z.ZodType<T.DownloadList, T.DownloadList> = z.strictObject({
  downloads: z.array(Download).describe('With `property`, those of the page that have the value'),
  next: Cursor.nullable(),
});

export const DownloadQuery: z.ZodType<T.DownloadQuery, T.DownloadQueryInput> = z.strictObject({
  limit: Limit,
  cursor: Cursor.optional(),
  property: PropertyId.optional(),
  value: z.string().max(8192).optional(),
});

export const StartDownload: z.ZodType<T.StartDownload, T.StartDownload> = z.strictObject({
  ranges: z
    .array(z.strictObject({ offset: z.number(), length: z.number().nullable() }))
    .max(20_000)
    .nullable()
    .optional()
    .describe('Empty: the whole file; null: those in force; absent: whichever fits'),
});

/** A value with its kind, so that bytes survive JSON. */
export const PropertyValue: z.ZodType<T.PropertyValue, T.PropertyValue> = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('string'), value: z.string().max(131_072) }),
    z.strictObject({ type: z.literal('number'), value: z.number() }),
    z.strictObject({ type: z.literal('boolean'), value: z.boolean() }),
    z.strictObject({ type: z.literal('bytes'), value: z.base64().max(131_072) }),
    z.strictObject({ type: z.literal('stream') }).describe('Read its content with GET …/content'),
    z.strictObject({ type: z.literal('null') }),
  ],
);
