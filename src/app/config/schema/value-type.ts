import { parse } from 'smol-toml';
import * as z from 'zod';

/** A kind of value: how it is written, what it becomes, and how people are told. */
export interface ValueType<T> {
  /** Takes what stands in the file; the message of an issue goes on after "KEY = VALUE: ". */
  readonly schema: z.ZodType<T>;
  /** What is expected, as in "expected …". */
  readonly expected: string;
  /** What would stand in the file for a text from the environment or the command line. */
  readonly fromText: (text: string) => unknown;
}

/** What a reader makes of a raw value: the value, or why it is none. */
export type Reading<T> = { readonly value: T } | { readonly problem: string };

/**
 * A kind of value that one function reads.
 *
 * @param read - undefined for what is not of the kind; a `problem` where more can be said
 */
export function valueType<T>(
  expected: string,
  read: (raw: unknown) => Reading<T> | undefined,
  fromText: (text: string) => unknown = (text) => text,
): ValueType<T> {
  const schema = z.unknown().transform((raw, context): T => {
    const reading = read(raw) ?? { problem: `expected ${expected}` };
    if ('value' in reading) return reading.value;
    context.addIssue({ code: 'custom', message: reading.problem });
    return z.NEVER;
  });
  return { schema, expected, fromText };
}

/** `{ value }`, for readers; undefined, "not of the kind", stays undefined. */
export function found<T>(value: T | undefined): Reading<T> | undefined {
  return value === undefined ? undefined : { value };
}

/** A number or truth value in text, as the file would have it; other text stays what it is. */
export function scalarFromText(text: string): unknown {
  const trimmed = text.trim();
  const word = trimmed.toLowerCase();
  if (['true', 'yes', 'on'].includes(word)) return true;
  if (['false', 'no', 'off'].includes(word)) return false;
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(trimmed) ? Number(trimmed) : text;
}

/** A list in text: `["a", "b"]` as in the file, or `a, b`. */
export function listFromText(text: string): unknown {
  if (text.trim().startsWith('[')) return structureFromText(text);
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A table or list of tables in text, in TOML as in the file or in JSON; other text stays text. */
export function structureFromText(text: string): unknown {
  // Without line breaks no second key can follow the one asked for.
  if (/[\r\n]/.test(text)) return jsonFromText(text);
  try {
    return parse(`value = ${text}`, { maxDepth: MAX_DEPTH, unsafeKeyBehaviour: 'throw' })['value'];
  } catch {
    return jsonFromText(text);
  }
}

/** Deeper nesting than any key has. */
const MAX_DEPTH = 16;

function jsonFromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Neither notation: the key's own check then says what it expects, and shows the text.
    return text;
  }
}
