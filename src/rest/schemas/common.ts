import * as z from 'zod';

import type * as T from '../resources/common.ts';
import { PRIORITY_NAMES, STATE_NAMES } from '../resources/common.ts';

export { PRIORITY_NAMES, STATE_NAMES };

/**
 * A number that may arrive as text, as it does in paths and queries. Decimal digits only: what
 * `Number` makes of blanks, signs, exponents or nothing at all is not what anybody meant.
 */
export function fromText<Schema extends z.ZodType>(schema: Schema): z.ZodPreprocess<Schema> {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value),
    schema,
  );
}

/** UUID of a job or download, in lower case whatever the case it was written in. */
export const Id: z.ZodType<string, string> = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, 'must be a UUID')
  .toLowerCase()
  .describe('UUID');

export const Bytes: z.ZodType<number, number> = z.int().min(0).describe('Bytes');
export const BytesPerSecond: z.ZodType<number, number> = z
  .int()
  .min(0)
  .describe('Bytes per second; 0 lets nothing pass');
export const Time: z.ZodType<string, string> = z.iso.datetime().describe('UTC time, RFC 3339');
export const Cursor: z.ZodType<string, string> = z
  .string()
  .max(200)
  .describe('Opaque; from `next` of the page before');
export const Limit: z.ZodType<number> = fromText(z.int().min(1).max(1000))
  .default(100)
  .describe('Items a page');
/** Place of a file in its job. */
export const FileIndex: z.ZodType<number> = fromText(z.int().min(0).max(99_999)).describe(
  'Counts from 0',
);

/** BG_JOB_STATE by name; the position is the documented number. */
export const StateName: z.ZodType<T.StateName, T.StateName> = z.enum(STATE_NAMES);

/** BG_JOB_PRIORITY by name; the position is the documented number. */
export const PriorityName: z.ZodType<T.PriorityName, T.PriorityName> = z.enum(PRIORITY_NAMES);

/** Why something failed, as errors.md counts failures. */
export const Failure: z.ZodType<T.Failure, T.Failure> = z.strictObject({
  kind: z.enum(['fatal', 'transient', 'policy']),
  code: z.string().describe('Stable symbolic code, such as HTTP_E_STATUS_NOT_FOUND'),
  hresult: z.int().describe('The same as signed 32-bit number'),
  message: z.string(),
  extendedHresult: z.int().optional(),
  httpStatus: z.int().optional(),
  url: z.string().optional().describe('Without user-info and query'),
  retryAfterMs: z.number().optional(),
  fileIndex: z.int().optional(),
});

/** RFC 9457 problem details; every answer that is no success has this body. */
export const Problem: z.ZodType<T.Problem, T.Problem> = z.strictObject({
  type: z.string().describe('URI reference that names the code: `urn:haulyard:error:CODE`'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe('Stable symbolic code'),
  hresult: z.int().describe('The same as signed 32-bit number'),
  instance: z.string().optional(),
  issues: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .optional()
    .describe('What is wrong with the request, by place'),
  extendedHresult: z.int().optional(),
  httpStatus: z.int().optional(),
});
