import {
  banAfter,
  isHostBanned,
  NO_BANS,
  originHostOf,
  type CacheBans,
  type CacheFailure,
} from '../../core/picker/cache-hosts.ts';

/** The cache hosts of an engine that are left alone for a while; forgotten with the process. */
export class CacheHostBans {
  #bans: CacheBans = NO_BANS;

  get current(): CacheBans {
    return this.#bans;
  }

  note(host: string, originHost: string, failure: CacheFailure, nowMs: number): void {
    this.#bans = banAfter(this.#bans, host, originHost, failure, nowMs);
  }

  /** Whether a host is left alone just now for the origin of a URL. */
  isBanned(host: string, url: string, nowMs: number): boolean {
    return isHostBanned(this.#bans, host, originHostOf(url), nowMs);
  }
}
