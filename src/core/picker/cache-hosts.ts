/** Which cache hosts stand in for an origin, and for how long they are tried first (policies.md 1.6). */
export interface CacheHostRules {
  /** `host` or `host:port`, in the order they are tried. */
  readonly hosts: readonly string[];
  /**
   * Milliseconds of failing tries before the origin is asked; undefined: after the first failure;
   * -1: never.
   */
  readonly delayMs: number | undefined;
}

/**
 * Hosts that are left alone for a while, and until when in monotonic milliseconds. A host that
 * cannot be reached is so for every origin; one that refuses is so for the origin it was asked for.
 */
export interface CacheBans {
  readonly everywhere: ReadonlyMap<string, number>;
  readonly forOrigin: ReadonlyMap<string, number>;
}

export const NO_BANS: CacheBans = { everywhere: new Map(), forOrigin: new Map() };

/** What a file's tries of its cache hosts have come to so far. */
export interface CacheTries {
  /** Hosts that failed since one brought bytes, or since the round began. */
  readonly failed: readonly string[];
  /** When the first of the tries began that have failed since; undefined while none has. */
  readonly failingSinceMs: number | undefined;
  /** The file goes on with its origin. */
  readonly givenUp: boolean;
}

export const NO_TRIES: CacheTries = { failed: [], failingSinceMs: undefined, givenUp: false };

/** Who serves a file's next request. */
export type SourceChoice =
  | { readonly kind: 'origin' }
  | { readonly kind: 'cacheHost'; readonly host: string }
  /** Every host has failed in this round, and the origin is not due yet: try again later. */
  | { readonly kind: 'wait'; readonly forMs: number }
  /** Every host has failed, and the origin must never be asked. */
  | { readonly kind: 'exhausted' };

/**
 * How a request to a cache host failed. `refused`: a 4xx, or an answer that does not fit what is
 * here already; `unreachable`: no connection, no name, no answer in time; `broken`: all else.
 */
export type CacheFailure = 'refused' | 'unreachable' | 'broken';

/** How long a host is left alone (do-client-rest.md 5). */
export const CACHE_HOST_BAN_MS = 900_000;

/** Time for a connection to a cache host (http.md 7): one that is near answers sooner. */
export const CACHE_HOST_CONNECT_TIMEOUT_MS = 3_000;

/** Pause between two rounds over all hosts while the origin is not due yet. */
const ROUND_PAUSE_MS = 2_000;

/** Bans remembered at once; the oldest are dropped first. */
const MAX_BANS = 1_000;

/** What decides about the source of one request. */
export interface SourceQuestion {
  readonly rules: CacheHostRules;
  readonly bans: CacheBans;
  readonly tries: CacheTries;
  /** Host of the file's URL, without its port. */
  readonly originHost: string;
  readonly nowMs: number;
}

/**
 * Who serves the next request of a file.
 *
 * Hosts are asked in their order, one at a time. Banned ones are passed over; while the origin is
 * not due yet, one that could not be reached is better than none.
 */
export function chooseSource(question: SourceQuestion): SourceChoice {
  const { rules, bans, tries, originHost, nowMs } = question;
  const never = rules.delayMs === -1;
  if (rules.hosts.length === 0 || (!never && originIsDue(question))) return { kind: 'origin' };
  const welcome = rules.hosts.filter(
    (host) => !isBanned(bans.forOrigin, pair(host, originHost), nowMs),
  );
  if (welcome.length === 0 && !never) return { kind: 'origin' };
  const untried = (welcome.length === 0 ? rules.hosts : welcome).filter(
    (host) => !tries.failed.includes(host),
  );
  const reachable = untried.find((host) => !isBanned(bans.everywhere, host, nowMs));
  if (reachable !== undefined) return { kind: 'cacheHost', host: reachable };
  if (rules.delayMs === undefined) return { kind: 'origin' };
  if (untried[0] !== undefined) return { kind: 'cacheHost', host: untried[0] };
  if (never) return { kind: 'exhausted' };
  const untilDueMs = (tries.failingSinceMs ?? nowMs) + rules.delayMs - nowMs;
  return { kind: 'wait', forMs: Math.min(ROUND_PAUSE_MS, Math.max(0, untilDueMs)) };
}

function originIsDue({ rules: { delayMs }, tries, nowMs }: SourceQuestion): boolean {
  if (tries.givenUp) return true;
  const { failingSinceMs } = tries;
  return delayMs !== undefined && failingSinceMs !== undefined && nowMs - failingSinceMs >= delayMs;
}

/**
 * The tries after one that failed. Without a delay the origin is next; after a refusal it is so in
 * any case, because asking the same again brings the same.
 *
 * @param sinceMs - when the try began
 */
export function afterFailure(
  tries: CacheTries,
  host: string,
  failure: CacheFailure,
  { delayMs }: CacheHostRules,
  sinceMs: number,
): CacheTries {
  return {
    failed: tries.failed.includes(host) ? tries.failed : [...tries.failed, host],
    failingSinceMs: tries.failingSinceMs ?? sinceMs,
    givenUp: tries.givenUp || delayMs === undefined || failure === 'refused',
  };
}

/** The tries once a host has brought bytes: whatever failed before is over. */
export function afterBytes(tries: CacheTries): CacheTries {
  return { ...tries, failed: [], failingSinceMs: undefined };
}

/** The tries at the beginning of another round. */
export function nextRound(tries: CacheTries): CacheTries {
  return { ...tries, failed: [] };
}

/** The bans after a failure. */
export function banAfter(
  bans: CacheBans,
  host: string,
  originHost: string,
  failure: CacheFailure,
  nowMs: number,
): CacheBans {
  switch (failure) {
    case 'refused':
      return { ...bans, forOrigin: ban(bans.forOrigin, pair(host, originHost), nowMs) };
    case 'unreachable':
      return { ...bans, everywhere: ban(bans.everywhere, host, nowMs) };
    case 'broken':
      return bans;
  }
}

/** Whether a host is left alone just now, for this origin or for all. */
export function isHostBanned(
  bans: CacheBans,
  host: string,
  originHost: string,
  nowMs: number,
): boolean {
  return (
    isBanned(bans.everywhere, host, nowMs) ||
    isBanned(bans.forOrigin, pair(host, originHost), nowMs)
  );
}

/**
 * The URL under which a cache host has what `url` has: another authority, the rest as it is, and the
 * original host at the end of the query (do-client-rest.md 5). With https the cache host has to
 * prove its own name.
 */
export function cacheHostUrl(url: string, host: string): string {
  const [, scheme = '', rest = ''] = /^(https?:\/\/)[^/?#]*([^#]*)/i.exec(url) ?? [];
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  const separator = target.includes('?') ? '&' : '?';
  return `${scheme}${host}${target}${separator}cacheHostOrigin=${originHostOf(url)}`;
}

/** The host of a URL without its port. */
export function originHostOf(url: string): string {
  return new URL(url).hostname;
}

function ban(
  banned: ReadonlyMap<string, number>,
  key: string,
  nowMs: number,
): ReadonlyMap<string, number> {
  const left = [...banned].filter(([other, untilMs]) => other !== key && untilMs > nowMs);
  return new Map([...left.slice(1 - MAX_BANS), [key, nowMs + CACHE_HOST_BAN_MS]]);
}

function isBanned(banned: ReadonlyMap<string, number>, key: string, nowMs: number): boolean {
  return (banned.get(key) ?? -Infinity) > nowMs;
}

function pair(host: string, originHost: string): string {
  return `${host} ${originHost}`;
}
