import type { Config } from './config.ts';
import type { ProvidedValue } from './assemble.ts';
import type { ConfigProblem } from './problems.ts';

/**
 * What holds between keys, and what depends on the platform.
 *
 * @param faulty - keys whose own values are wrong: nothing more is said of them
 */
export function crossCheck(
  { daemon, http, notify }: Config,
  provenance: readonly ProvidedValue[],
  platform: NodeJS.Platform,
  faulty: ReadonlySet<string>,
): readonly ConfigProblem[] {
  const longest = MAX_SOCKET_BYTES[platform] ?? DEFAULT_MAX_SOCKET_BYTES;
  const rules: readonly Rule[] = [
    {
      keys: ['http.retry_min', 'http.retry_max'],
      isBroken: http.retryMinMs > http.retryMaxMs,
      message: 'it must not be longer than http.retry_max',
    },
    {
      keys: ['notify.retry_min', 'notify.retry_max'],
      isBroken: notify.retryMinMs > notify.retryMaxMs,
      message: 'it must not be longer than notify.retry_max',
    },
    {
      keys: ['daemon.socket'],
      isBroken: Buffer.byteLength(daemon.socket) > longest,
      message: `the path of a socket has at most ${longest} bytes on this system`,
    },
  ];
  return rules
    .filter(({ keys, isBroken }) => isBroken && !keys.some((key) => faulty.has(key)))
    .map(({ keys: [key], message }) => {
      const given = provenance.find((provided) => provided.key === key);
      const source = given === undefined || given.source === '' ? 'the defaults' : given.source;
      return { source, line: given?.line, key, value: given?.value, message };
    });
}

interface Rule {
  /** The keys it is about; the first one is blamed. */
  readonly keys: readonly string[];
  readonly isBroken: boolean;
  readonly message: string;
}

/** What the address of a Unix socket holds; a pipe of Windows has a name of up to 256 characters. */
const MAX_SOCKET_BYTES: Partial<Record<NodeJS.Platform, number>> = { linux: 107, win32: 256 };
const DEFAULT_MAX_SOCKET_BYTES = 103;
