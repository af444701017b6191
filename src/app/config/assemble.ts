import { displayed } from './check-value.ts';
import type { Config } from './config.ts';
import type { Fallbacks } from './fallbacks.ts';
import type { Provider, RawValue } from './layers.ts';
import { CONFIG_KEYS, type ConfigKey } from './schema/schema.ts';

/** A value in force and where it is from. */
export interface ProvidedValue {
  /** `section.key` */
  readonly key: string;
  /** As it would stand in a file, secrets hidden; null when it is not set. */
  readonly value: unknown;
  readonly provider: Provider;
  /** The number of the provider in Delivery Optimization's own list (policies.md 1.7). */
  readonly providerNumber: number;
  /** The file or variable; empty for a default that depends on nothing. */
  readonly source: string;
  /** The line in a file. */
  readonly line?: number;
}

/** A value that has been read, and where it is from. */
export interface ChosenValue extends RawValue {
  readonly value: unknown;
}

/**
 * The providers of Delivery Optimization: a file of the machine is what the registry is there, that
 * of the user what the settings page is; what an administrator sets by command is `admin`.
 */
const PROVIDER_NUMBERS: Readonly<Record<Provider, number>> = {
  default: 99,
  system: 5,
  user: 8,
  environment: 7,
  override: 9,
  flag: 9,
};

/** The values of all keys, chosen or by default. */
export function assemble(
  chosen: ReadonlyMap<string, ChosenValue>,
  fallbacks: Fallbacks,
): { readonly values: Config; readonly provenance: readonly ProvidedValue[] } {
  const sections: Record<string, Record<string, unknown>> = {};
  const provenance: ProvidedValue[] = [];
  for (const known of CONFIG_KEYS.values()) {
    const { value, provided } = valueOf(known, chosen.get(known.key), fallbacks);
    (sections[known.section] ??= {})[known.property] = value;
    provenance.push(provided);
  }
  // The schema is typed so that it has exactly the sections and properties of Config.
  return { values: sections as unknown as Config, provenance };
}

function valueOf(
  known: ConfigKey,
  chosen: ChosenValue | undefined,
  fallbacks: Fallbacks,
): { readonly value: unknown; readonly provided: ProvidedValue } {
  if (chosen !== undefined) {
    const line = chosen.lineOf?.([known.section, known.spec.name]);
    const provided = provide(known, chosen.raw, chosen.provider, chosen.source);
    return { value: chosen.value, provided: line === undefined ? provided : { ...provided, line } };
  }
  const fallback = fallbacks[known.key];
  if (fallback !== undefined) {
    const { raw, provider, source } = fallback;
    return { value: raw, provided: provide(known, raw, provider, source) };
  }
  const raw = known.spec.fallback;
  const value = raw === undefined ? undefined : known.spec.type.schema.parse(raw);
  return { value, provided: provide(known, raw, 'default', '') };
}

function provide(
  known: ConfigKey,
  raw: unknown,
  provider: Provider,
  source: string,
): ProvidedValue {
  const value = displayed(known, raw) ?? null;
  return { key: known.key, value, provider, providerNumber: PROVIDER_NUMBERS[provider], source };
}
