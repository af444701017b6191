import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { AgentProperty } from './agent-downloads.ts';
import { percentDecode } from './target.ts';

/** Keys of a query, spelled as the agent spells them. */
export type QueryKey = AgentProperty | 'PropertyKey';

/** The values of a query. Of a key that was repeated it has the last one. */
export type Query = ReadonlyMap<QueryKey, string>;

const PROPERTIES: ReadonlyMap<string, AgentProperty> = byLowerCase([
  'Id',
  'Uri',
  'DownloadFilePath',
  'NoProgressTimeoutSeconds',
]);
const KEYS: ReadonlyMap<string, QueryKey> = new Map<string, QueryKey>([
  ...PROPERTIES,
  ['propertykey', 'PropertyKey'],
]);

/**
 * Reads a query: keys in any case, what has no equals sign skipped.
 *
 * @param text - what follows the question mark, one character for each byte
 * @throws E_INVALIDARG for a key that is not known, ERROR_UNHANDLED_EXCEPTION for a malformed escape
 */
export function parseQuery(text: string): Query {
  const query = new Map<QueryKey, string>();
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    if (equals === -1) continue;
    const name = percentDecode(pair.slice(0, equals));
    const key = KEYS.get(name.toLowerCase());
    if (key === undefined) {
      const message = `${JSON.stringify(name.slice(0, 64))} is not a key of a query; known are ${knownKeys()}.`;
      throw new DeliveryOptimizationError('E_INVALIDARG', message);
    }
    query.set(key, percentDecode(pair.slice(equals + 1)));
  }
  return query;
}

/** The property of that name, in any case of its letters. */
export function propertyNamed(name: string): AgentProperty | undefined {
  return PROPERTIES.get(name.toLowerCase());
}

function knownKeys(): string {
  return [...KEYS.values()].join(', ');
}

function byLowerCase(names: readonly AgentProperty[]): Map<string, AgentProperty> {
  return new Map(names.map((name) => [name.toLowerCase(), name]));
}
