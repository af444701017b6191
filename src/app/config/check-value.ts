import type { ConfigProblem } from './problems.ts';
import { hideSecrets } from './schema/notify-types.ts';
import {
  CONFIG_KEYS,
  type ConfigKey,
  suggestKey,
  suggestSection,
  SECTIONS,
} from './schema/schema.ts';
import type { TomlPath } from './toml-lines.ts';

/** What became of a raw value. */
export type CheckedValue =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Where a value was found. */
export interface ValuePlace {
  readonly source: string;
  /** The line of a part of the value, by its path from the section on. */
  readonly lineOf?: ((path: TomlPath) => number | undefined) | undefined;
}

/** Reads one raw value of a known key; every problem of it is told. */
export function checkRaw(known: ConfigKey, raw: unknown, place: ValuePlace): CheckedValue {
  const result = known.spec.type.schema.safeParse(raw);
  if (result.success) return { ok: true, value: result.data };
  const safe = displayed(known, raw);
  const problems = result.error.issues.map((issue): ConfigProblem => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    return {
      source: place.source,
      line: place.lineOf?.([known.section, known.spec.name, ...path]),
      key: path.reduce<string>(
        (text, part) => text + (typeof part === 'number' ? `[${part}]` : `.${part}`),
        known.key,
      ),
      value: valueAt(safe, path),
      message: issue.message,
    };
  });
  return { ok: false, problems };
}

/** A raw value as it may be shown: secrets hidden. */
export function displayed({ spec }: ConfigKey, raw: unknown): unknown {
  if (spec.secret !== true) return raw;
  // Text in place of a table is one that nobody could read, so nobody knows where its secret is.
  return typeof raw === 'object' || raw === undefined ? hideSecrets(raw) : '***';
}

/** The key of a name, or the problem with the name. */
export function knownKey(name: string, place: ValuePlace): ConfigKey | ConfigProblem {
  const known = CONFIG_KEYS.get(name);
  if (known !== undefined) return known;
  const [section = '', ...rest] = name.split('.');
  const line = place.lineOf?.([section, ...rest]);
  if (rest.length > 0 && !SECTIONS.includes(section)) {
    const message = `there is no section "${section}"; ${suggestSection(section)}`;
    return { source: place.source, line, key: name, message };
  }
  const hint = suggestKey(name);
  const message = hint === '' ? 'there is no such key' : `there is no such key; ${hint}`;
  return { source: place.source, line, key: name, message };
}

/** Whether {@link knownKey} found none. */
export function isProblem(found: ConfigKey | ConfigProblem): found is ConfigProblem {
  return 'message' in found;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[part];
  }
  return at;
}
