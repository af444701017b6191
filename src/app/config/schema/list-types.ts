import * as z from 'zod';

import { suggest } from '../suggest.ts';
import { listFromText, structureFromText, type ValueType } from './value-type.ts';

/** A list of values of one type, without repetitions where it is a set. */
export function list<T>(
  of: ValueType<T>,
  { min = 0, max = 100 }: { readonly min?: number; readonly max?: number } = {},
): ValueType<readonly T[]> {
  const expected = `a list of ${min} to ${max} values, each ${of.expected}`;
  return {
    schema: z
      .array(of.schema, { error: `expected ${expected}` })
      .min(min, { error: `expected ${expected}` })
      .max(max, { error: `expected ${expected}` }),
    expected,
    fromText: listFromText,
  };
}

/** A list of tables, each read by one schema. */
export function tables<T>(of: ValueType<T>, max: number): ValueType<readonly T[]> {
  return { ...list(of, { max }), fromText: structureFromText };
}

/** A table whose keys the user chooses. */
export function dictionary<T>(
  names: ValueType<string>,
  of: ValueType<T>,
  max: number,
): ValueType<Readonly<Record<string, T>>> {
  const expected = `a table of at most ${max} entries, each ${of.expected}`;
  return {
    schema: z
      .record(z.string(), of.schema, { error: `expected ${expected}` })
      .superRefine((entries, context) => {
        if (Object.keys(entries).length > max) {
          context.addIssue({ code: 'custom', message: `expected ${expected}` });
        }
        for (const name of Object.keys(entries)) {
          if (names.schema.safeParse(name).success) continue;
          const message = `its name is not allowed: expected ${names.expected}`;
          context.addIssue({ code: 'custom', message, path: [name] });
        }
      }),
    expected,
    fromText: structureFromText,
  };
}

/**
 * A table with known keys. Others are refused, with the one that was probably meant.
 *
 * @param rule - what holds between the values: a problem, or undefined
 */
export function table<Shape extends z.ZodRawShape, T>(
  expected: string,
  shape: Shape,
  make: (values: z.output<z.ZodObject<Shape>>) => T,
  rule: (values: z.output<z.ZodObject<Shape>>) => string | undefined = () => undefined,
): ValueType<T> {
  const object = z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? unknownKeys(issue.keys, Object.keys(shape))
        : `expected ${expected}`,
  });
  const schema = object.transform((values, context): T => {
    const problem = rule(values);
    if (problem === undefined) return make(values);
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });
  return { schema, expected, fromText: structureFromText };
}

function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  return keys
    .map((key) => {
      const meant = suggest(key, known);
      const hint =
        meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`;
      return `there is no "${key}" here; ${hint}`;
    })
    .join('; ');
}
