import { DeliveryOptimizationError } from '../../core/errors.ts';
import { remoteNameInForce } from '../../core/job/file.ts';
import {
  afterBytes,
  afterFailure,
  cacheHostUrl,
  chooseSource,
  nextRound,
  originHostOf,
  type CacheFailure,
} from '../../core/picker/cache-hosts.ts';
import { pause } from './pause.ts';
import type { TransferContext } from './transfer-context.ts';

/** Who is asked for the bytes of one request, and under which URL. */
export type RequestSource =
  | { readonly kind: 'origin'; readonly url: string }
  | {
      readonly kind: 'cacheHost';
      readonly url: string;
      readonly host: string;
      readonly originHost: string;
      /** The origin is never asked, so this host has the last word on the file. */
      readonly sole: boolean;
      /** Monotonic milliseconds when it was chosen. */
      readonly sinceMs: number;
    };

/**
 * Chooses who serves the next request, and waits where a delay wants the cache hosts tried again
 * before the origin. Throws the last host's failure when none is left and the origin is forbidden.
 */
export async function nextSource(
  context: TransferContext,
  signal: AbortSignal,
): Promise<RequestSource> {
  const { attempts, clock } = context;
  for (;;) {
    const url = remoteNameInForce(context.file());
    const rules = context.cacheHosts();
    if (rules === undefined) return { kind: 'origin', url };
    const originHost = originHostOf(url);
    const nowMs = clock.nowMs();
    const bans = context.cacheBans.current;
    const choice = chooseSource({ rules, bans, tries: attempts.cacheTries, originHost, nowMs });
    switch (choice.kind) {
      case 'origin':
        return { kind: 'origin', url };
      case 'cacheHost': {
        const { host } = choice;
        const sole = rules.delayMs === -1;
        return { ...choice, url: cacheHostUrl(url, host), originHost, sole, sinceMs: nowMs };
      }
      case 'wait':
        await pause(clock, choice.forMs, signal);
        attempts.cacheTries = nextRound(attempts.cacheTries);
        break;
      case 'exhausted':
        throw attempts.cacheError;
    }
  }
}

/**
 * Notes that a cache host failed. False: the failure is none of its own, and is to be thrown.
 */
export function noteFailure(
  context: TransferContext,
  source: RequestSource,
  error: unknown,
): boolean {
  if (source.kind === 'origin') return false;
  const failure = failureOf(error);
  if (failure === undefined) return false;
  const { attempts, cacheBans, clock } = context;
  const rules = context.cacheHosts() ?? { hosts: [], delayMs: undefined };
  const { host, originHost } = source;
  cacheBans.note(host, originHost, failure, clock.nowMs());
  attempts.cacheTries = afterFailure(attempts.cacheTries, host, failure, rules, source.sinceMs);
  attempts.cacheError = error;
  return true;
}

/** Notes that a source brings bytes. */
export function noteBytes(context: TransferContext, source: RequestSource): void {
  const { attempts } = context;
  if (source.kind === 'origin' || attempts.cacheTries.failingSinceMs === undefined) return;
  attempts.cacheTries = afterBytes(attempts.cacheTries);
}

/**
 * An answer of a cache host that does not fit what is here, or what its caller expects: a cache may
 * add bytes to a file and never void any, so the origin has the last word.
 */
export function unfitAnswer(status: number, url: string, cause?: unknown): Error {
  return new DeliveryOptimizationError(
    'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
    `A cache host answered HTTP ${status}, which does not fit the file that was begun.`,
    { url, httpStatus: status, cause },
  );
}

/** What an error says of a cache host; undefined when it is not about the network. */
function failureOf(error: unknown): CacheFailure | undefined {
  if (!(error instanceof DeliveryOptimizationError) || error.failureClass === 'policy')
    return undefined;
  if (error.httpStatus !== undefined) return error.httpStatus < 500 ? 'refused' : 'broken';
  switch (error.code) {
    case 'ERROR_WINHTTP_CANNOT_CONNECT':
    case 'ERROR_WINHTTP_NAME_NOT_RESOLVED':
    case 'ERROR_WINHTTP_TIMEOUT':
    // A certificate that is not the host's own: whoever answers there is not the cache host.
    case 'DO_E_HTTP_CERT_VALIDATION':
      return 'unreachable';
    case 'DO_E_HTTP_BLOCKSIZE_MISMATCH':
      return 'refused';
    default:
      return error.code.startsWith('ERROR_WINHTTP_') ? 'broken' : undefined;
  }
}
