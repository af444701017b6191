import { MAX_CACHE_HOSTS, MAX_SECONDS } from './limits.ts';

/** What the agent's two configuration files ask for. */
export interface AgentSettings {
  /** `host` or `host:port`, in the order they are tried; none: downloads go to their origins. */
  readonly cacheHosts: readonly string[];
  /** Seconds a cache host is tried before the origin; -1: for ever; undefined: its first failure. */
  readonly fallbackDelayForegroundSeconds: number | undefined;
  readonly fallbackDelayBackgroundSeconds: number | undefined;
  /** Whether peers that are not loopback are refused. Default true. */
  readonly validateRemoteAddr: boolean;
}

/** The members of a configuration file. */
export type ConfigObject = Readonly<Record<string, unknown>>;

/** `host`, `host:port`, or the same with an IPv6 address in brackets. */
const HOST = /^(?:\[[\da-f:.]+\]|[a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?)(?::\d{1,5})?$/i;
const NUMBER = /^-?\d{1,10}$/;

/**
 * The object a configuration file holds.
 *
 * @returns undefined for text that is not a JSON object
 */
export function parseConfig(text: string): ConfigObject | undefined {
  let value: unknown;
  try {
    // Editors of some systems put a byte order mark first.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as ConfigObject)
    : undefined;
}

/**
 * Reads the settings. A value that cannot be used counts as absent, and `warn` hears of it.
 *
 * @param admin - of the administrator, whose word on cache hosts wins, an empty one included
 * @param sdk - written by client programs
 */
export function settingsFrom(
  admin: ConfigObject,
  sdk: ConfigObject,
  warn: (message: string) => void,
): AgentSettings {
  return {
    cacheHosts: cacheHosts(admin, sdk, warn),
    fallbackDelayForegroundSeconds: seconds(admin, 'DODelayCacheServerFallbackForeground', warn),
    fallbackDelayBackgroundSeconds: seconds(admin, 'DODelayCacheServerFallbackBackground', warn),
    validateRemoteAddr: boolean(admin, 'RestControllerValidateRemoteAddr', warn) ?? true,
  };
}

function cacheHosts(
  admin: ConfigObject,
  sdk: ConfigObject,
  warn: (message: string) => void,
): readonly string[] {
  const ours = own(admin, 'DOCacheHost');
  if (typeof ours === 'string') return hostList(ours, 'DOCacheHost', warn);
  if (ours !== undefined) warn('DOCacheHost is not a string and is ignored.');
  const connection = own(sdk, 'ADUC_IoTConnectionString');
  if (connection === undefined) return [];
  if (typeof connection !== 'string') {
    warn('ADUC_IoTConnectionString is not a string and is ignored.');
    return [];
  }
  const gateway = connection
    .split(';')
    .map((part) => part.trim())
    .findLast((part) => /^GatewayHostName=/i.test(part));
  // The string holds a key as well, so nothing else of it is looked at or repeated.
  return hostList(gateway?.slice('GatewayHostName='.length) ?? '', 'GatewayHostName', warn);
}

function hostList(text: string, key: string, warn: (message: string) => void): readonly string[] {
  const named = text
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');
  const usable = [...new Set(named.filter((host) => isHost(host)))];
  if (named.some((host) => !isHost(host))) {
    warn(`${key} names a host that is neither "host" nor "host:port"; it is ignored.`);
  }
  if (usable.length > MAX_CACHE_HOSTS) {
    warn(`${key} names ${usable.length} hosts; only the first ${MAX_CACHE_HOSTS} are used.`);
  }
  return usable.slice(0, MAX_CACHE_HOSTS);
}

function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`http://${text}/`);
}

function seconds(
  config: ConfigObject,
  key: string,
  warn: (message: string) => void,
): number | undefined {
  const value = own(config, key);
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= -1) {
    if (number <= MAX_SECONDS) return number;
  }
  warn(`${key} is not a number of seconds (-1 for never) and is ignored.`);
  return undefined;
}

function boolean(
  config: ConfigObject,
  key: string,
  warn: (message: string) => void,
): boolean | undefined {
  const value = own(config, key);
  if (value === undefined) return undefined;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : JSON.stringify(value);
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0') return false;
  warn(`${key} is neither true nor false and is ignored.`);
  return undefined;
}

/** Keeps a key such as "constructor" from finding what every object inherits. */
function own(config: ConfigObject, key: string): unknown {
  return Object.hasOwn(config, key) ? config[key] : undefined;
}
