import { resolve } from 'node:path';

import { isProblem, knownKey, type ValuePlace } from './check-value.ts';
import type { Environment } from './environment.ts';
import type { ConfigProblem } from './problems.ts';
import type { FileContent } from './read-config-file.ts';
import { type ConfigKey, SECTIONS, suggestKey, suggestSection } from './schema/schema.ts';

/** Where values come from, the weakest first. */
export const PROVIDERS = ['default', 'system', 'user', 'environment', 'override', 'flag'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** A value as one source gives it, not looked at yet. */
export interface RawValue extends ValuePlace {
  readonly known: ConfigKey;
  readonly raw: unknown;
  readonly provider: Provider;
}

/** What one source gives. */
export interface Layer {
  readonly values: readonly RawValue[];
  readonly problems: readonly ConfigProblem[];
}

/** The values of a file. */
export function fileLayer(
  path: string,
  provider: 'system' | 'user',
  { document, lineOf }: Pick<FileContent, 'document' | 'lineOf'>,
): Layer {
  const entries: (readonly [string, unknown])[] = [];
  const problems: ConfigProblem[] = [];
  for (const [section, content] of Object.entries(document)) {
    const message = sectionProblem(section, content);
    if (message === undefined) {
      for (const [name, raw] of Object.entries(content as object)) {
        entries.push([`${section}.${name}`, raw]);
      }
    } else {
      problems.push({ source: path, line: lineOf([section]), key: section, message });
    }
  }
  const layer = gather(entries, provider, { source: path, lineOf });
  return { values: layer.values, problems: [...problems, ...layer.problems] };
}

/**
 * The values of the environment: `HAULYARD_SECTION__KEY`. Variables without the double underscore
 * are not settings of the file, and an empty one counts as absent.
 *
 * @param cwd - relative paths count from here
 */
export function environmentLayer(env: Environment, cwd: string): Layer {
  const values: RawValue[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(env)) {
    const [, section, key] = /^HAULYARD_([A-Z0-9_]*?)__([A-Z0-9_]+)$/i.exec(name) ?? [];
    if (section === undefined || key === undefined || text === undefined || text === '') continue;
    const layer = gather([[`${section}.${key}`.toLowerCase(), text]], 'environment', {
      source: name,
    });
    values.push(...layer.values.map((value) => fromText(value, cwd)));
    problems.push(...layer.problems);
  }
  return { values, problems };
}

/** The values of the command line, by `section.key`; texts are read as in the environment. */
export function flagLayer(flags: Readonly<Record<string, unknown>>, cwd: string): Layer {
  const set = Object.entries(flags).filter(([, value]) => value !== undefined);
  const layer = gather(set, 'flag', { source: 'the command line' });
  return { ...layer, values: layer.values.map((value) => fromText(value, cwd)) };
}

/** The values that were stored through the service, by `section.key`, as they would stand in a file. */
export function overrideLayer(overrides: Readonly<Record<string, unknown>>): Layer {
  return gather(Object.entries(overrides), 'override', { source: 'the stored settings' });
}

/** A text from the environment or the command line as the file would have it. */
export function fromText(value: RawValue, cwd: string | undefined): RawValue {
  const { raw, known } = value;
  if (typeof raw !== 'string') return value;
  const isRelative = known.spec.isPath === true && cwd !== undefined && !/^(~\/|\\\\)/.test(raw);
  return { ...value, raw: isRelative ? resolve(cwd, raw) : known.spec.type.fromText(raw) };
}

function gather(
  entries: readonly (readonly [string, unknown])[],
  provider: Provider,
  place: ValuePlace,
): Layer {
  const values: RawValue[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, raw] of entries) {
    const known = knownKey(name, place);
    if (isProblem(known)) problems.push(known);
    else values.push({ known, raw, provider, ...place });
  }
  return { values, problems };
}

function sectionProblem(section: string, content: unknown): string | undefined {
  const isTable = typeof content === 'object' && content !== null && !Array.isArray(content);
  if (SECTIONS.includes(section)) {
    return isTable && !(content instanceof Date)
      ? undefined
      : 'expected a section, [' + section + ']';
  }
  if (isTable) return `there is no such section; ${suggestSection(section)}`;
  const hint = suggestKey(section);
  return `a key has to stand in a section${hint === '' ? '' : `; ${hint}`}`;
}
