import type { Config } from '../config.ts';
import { suggest } from '../suggest.ts';
import type { KeySpec, SectionSpec } from './key-spec.ts';
import { CACHE_KEYS, PEER_KEYS } from './peer-keys.ts';
import {
  AGENT_KEYS,
  DAEMON_KEYS,
  LOG_KEYS,
  METRICS_KEYS,
  NOTIFY_KEYS,
  UI_KEYS,
} from './service-keys.ts';
import { BANDWIDTH_KEYS, HTTP_KEYS, JOBS_KEYS, NETWORK_KEYS } from './transfer-keys.ts';

/** Every key, by section and property. */
const CONFIG_SCHEMA: {
  readonly [Section in keyof Config]: SectionSpec<Config[Section]>;
} = {
  daemon: DAEMON_KEYS,
  jobs: JOBS_KEYS,
  http: HTTP_KEYS,
  bandwidth: BANDWIDTH_KEYS,
  network: NETWORK_KEYS,
  peer: PEER_KEYS,
  cache: CACHE_KEYS,
  agent: AGENT_KEYS,
  notify: NOTIFY_KEYS,
  log: LOG_KEYS,
  metrics: METRICS_KEYS,
  ui: UI_KEYS,
};

/** A key with its place in the file and in {@link Config}. */
export interface ConfigKey {
  /** `section.key`, as people write it. */
  readonly key: string;
  readonly section: keyof Config;
  readonly property: string;
  readonly spec: KeySpec<unknown>;
}

/** Every key by `section.key`, in the order of the sections. */
export const CONFIG_KEYS: ReadonlyMap<string, ConfigKey> = new Map(
  Object.entries(CONFIG_SCHEMA).flatMap(([section, specs]) =>
    Object.entries(specs as Readonly<Record<string, KeySpec<unknown>>>).map(([property, spec]) => {
      const key = `${section}.${spec.name}`;
      return [key, { key, section: section as keyof Config, property, spec }] as const;
    }),
  ),
);

export const SECTIONS: readonly string[] = Object.keys(CONFIG_SCHEMA);

/** A sentence on what an unknown key probably means; empty when nothing is like it. */
export function suggestKey(key: string): string {
  const meant = likelyKey(key);
  return meant === undefined ? '' : `did you mean "${meant}"?`;
}

/** The same for a section. */
export function suggestSection(section: string): string {
  const meant = suggest(section, SECTIONS);
  return meant === undefined ? `known are ${SECTIONS.join(', ')}` : `did you mean "${meant}"?`;
}

/** The key that is spelt like it, has its last part, or stands for the policy of that name. */
function likelyKey(key: string): string | undefined {
  const last = key.slice(key.lastIndexOf('.') + 1);
  const ofPolicy = [...CONFIG_KEYS.values()].find(
    ({ spec }) => spec.policy?.toLowerCase() === last.toLowerCase(),
  );
  if (ofPolicy !== undefined) return ofPolicy.key;
  const section = key.includes('.') ? key.slice(0, key.indexOf('.')) : undefined;
  const siblings = [...CONFIG_KEYS.values()].filter((known) => known.section === section);
  const sibling = suggest(
    last,
    siblings.map(({ spec }) => spec.name),
  );
  if (sibling !== undefined) return `${section}.${sibling}`;
  const elsewhere = [...CONFIG_KEYS.values()].find(({ spec }) => spec.name === last);
  return elsewhere?.key ?? suggest(key, CONFIG_KEYS.keys());
}
