import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

import * as z from 'zod';

import { parseDuration, parseRate, parseSize } from '../../../core/units.ts';
import { found, type Reading, scalarFromText, type ValueType, valueType } from './value-type.ts';

/** Bounds of a quantity, in its smallest unit, with the words for them. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** The bounds as people read them, such as `1m to 30d`. */
  readonly words?: string;
}

/** Bytes per second; `unlimited` gives undefined where it is allowed. */
export function rate(bounds?: Bounds): ValueType<number> {
  return quantity('a rate with its unit, such as "2MB/s" or "16Mbit"', parseRate, bounds);
}

/** Bytes. */
export function size(bounds?: Bounds): ValueType<number> {
  return quantity('a size with its unit, such as "500MB" or "20GB"', parseSize, bounds);
}

/** Milliseconds. */
export function duration(bounds?: Bounds): ValueType<number> {
  return quantity('a duration with its unit, such as "30s" or "1h30m"', parseDuration, bounds);
}

/** A type with one word more, in any case, that stands for a value of its own. */
export function orWord<T, W>(type: ValueType<T>, word: string, meaning: W): ValueType<T | W> {
  const expected = `${type.expected}, or "${word}"`;
  const schema = z.unknown().transform((raw, context): T | W => {
    if (typeof raw === 'string' && raw.trim().toLowerCase() === word) return meaning;
    const result = type.schema.safeParse(raw);
    if (result.success) return result.data;
    // Handed on one by one: inside a table each has its own place.
    for (const { message, path: place } of result.error.issues) {
      const isWhole = message === `expected ${type.expected}`;
      const issue = { message: isWhole ? `expected ${expected}` : message, path: [...place] };
      context.addIssue({ code: 'custom', ...issue });
    }
    return z.NEVER;
  });
  return { schema, expected, fromText: type.fromText };
}

/** A whole number. */
export function integer(min: number, max: number): ValueType<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return valueType(
    expected,
    (raw) => found(isInteger(raw) && raw >= min && raw <= max ? raw : undefined),
    scalarFromText,
  );
}

/** Percent as a whole number, or as text such as "40%". */
export function percent(min = 0): ValueType<number> {
  const expected = `a percentage, a whole number from ${min} to 100`;
  return valueType(
    expected,
    (raw) => {
      const [, digits] = typeof raw === 'string' ? (/^(\d{1,3})\s*%$/.exec(raw.trim()) ?? []) : [];
      const value = digits === undefined ? raw : Number(digits);
      return found(isInteger(value) && value >= min && value <= 100 ? value : undefined);
    },
    scalarFromText,
  );
}

export const boolean: ValueType<boolean> = valueType(
  'true or false',
  (raw) => found(typeof raw === 'boolean' ? raw : undefined),
  (text) => (text === '1' ? true : text === '0' ? false : scalarFromText(text)),
);

/** One of several words, in any case; true, false and numbers count as their words. */
export function choice<T>(meanings: Readonly<Record<string, T>>): ValueType<T> {
  const words = Object.keys(meanings);
  const numbers = Object.values(meanings).filter((meaning) => typeof meaning === 'number');
  const list = words.map((word) => (/^(true|false)$/.test(word) ? word : `"${word}"`)).join(', ');
  const expected = `one of ${list}${numbers.length > 0 ? ` or ${numbers.join(', ')}` : ''}`;
  return valueType(
    expected,
    (raw) => {
      if (!['string', 'number', 'boolean'].includes(typeof raw)) return undefined;
      const word = String(raw).trim().toLowerCase();
      if (Object.hasOwn(meanings, word)) return { value: meanings[word] as T };
      const value = Object.values(meanings).find(
        (m) => typeof m === 'number' && String(m) === word,
      );
      return found(value);
    },
    // Not as `boolean` reads it: "off" may be one of the words.
    (text) => text,
  );
}

/** A line of text. */
export function text(
  what: string,
  rules: { readonly max: number; readonly min?: number; readonly pattern?: RegExp },
): ValueType<string> {
  const { max, min = 1, pattern } = rules;
  const expected = `${what}, ${min} to ${max} characters`;
  return valueType(expected, (raw) => {
    if (typeof raw !== 'string' || raw.length < min || raw.length > max) return undefined;
    return isLine(raw) && (pattern === undefined || pattern.test(raw)) ? { value: raw } : undefined;
  });
}

/** An absolute path; `~/` means the user's home directory. */
export const path: ValueType<string> = valueType(
  'an absolute path, or one that begins with "~/"',
  (raw) => {
    if (typeof raw !== 'string' || raw.length > MAX_PATH_CHARACTERS || !isLine(raw)) {
      return undefined;
    }
    if (raw.startsWith('~/')) return { value: join(homedir(), raw.slice(2)) };
    return found(isAbsolute(raw) || raw.startsWith('\\\\.\\pipe\\') ? raw : undefined);
  },
);

/** Longest path of any system in common use. */
const MAX_PATH_CHARACTERS = 4_096;

/** Whether a text is without control characters, NUL among them. */
export function isLine(value: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return !/[\u0000-\u001f\u007f]/.test(value);
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function quantity(
  expected: string,
  parse: (text: string) => number,
  { min = 0, max = Number.MAX_SAFE_INTEGER, words }: Bounds = {},
): ValueType<number> {
  const bounded = words === undefined ? expected : `${expected}, from ${words}`;
  const read = (raw: unknown): Reading<number> | undefined => {
    const amount = amountOf(raw, parse);
    if (amount === 'without unit') {
      return { problem: `a number needs its unit here: expected ${bounded}` };
    }
    return found(amount !== undefined && amount >= min && amount <= max ? amount : undefined);
  };
  return valueType(bounded, read);
}

function amountOf(
  raw: unknown,
  parse: (text: string) => number,
): number | 'without unit' | undefined {
  // Nothing is nothing in every unit; any other bare number is a guess at one.
  if (raw === 0) return 0;
  if (typeof raw === 'number') return 'without unit';
  if (typeof raw !== 'string' || raw.length > MAX_QUANTITY_CHARACTERS) return undefined;
  const trimmed = raw.trim();
  if (/^0+$/.test(trimmed)) return 0;
  if (/^[\d.]+$/.test(trimmed)) return 'without unit';
  try {
    return parse(trimmed);
  } catch {
    // Its message gives examples of its own; the key's has its bounds as well.
    return undefined;
  }
}

const MAX_QUANTITY_CHARACTERS = 64;
