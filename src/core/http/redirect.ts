import type { ErrorCode } from '../codes.ts';
import { DeliveryOptimizationError, httpStatusError, maskUrl } from '../errors.ts';
import { statusDisposition } from './status.ts';
import { sameOrigin } from './url.ts';

/** A redirect answer and the way that led to it. */
export interface Redirect {
  /** URL of the request that was redirected. */
  readonly from: string;
  readonly status: number;
  /** The Location field; `undefined` when absent or contradictory. */
  readonly location: string | undefined;
  /** Redirects followed before this one: 0 for the first. */
  readonly hop: number;
  /** URLs requested so far, as `nextHop` gave them. */
  readonly visited?: readonly string[];
  /** File property 24: an https URL may lead to an http one. */
  readonly allowSecureToNonSecure: boolean;
}

/** Where to go on, or why not. `url` has no fragment; the job's remote name stays (http.md §5). */
export type NextHop =
  | { readonly kind: 'follow'; readonly url: string; readonly crossOrigin: boolean }
  | { readonly kind: 'failed'; readonly error: DeliveryOptimizationError };

/** Redirects followed for one request (http.md §5). */
const MAX_REDIRECTS = 10;

/** Longest target, in characters; signed links outgrow the 2,200 of a remote name. */
const MAX_TARGET_LENGTH = 8_192;

/** Resolves a redirect (RFC 9110 §10.2.2, §15.4) within the rules of http.md §5. */
export function nextHop(redirect: Redirect): NextHop {
  const { from, status, location, hop, visited = [], allowSecureToNonSecure } = redirect;
  if (statusDisposition(status) !== 'followed' || location === undefined) {
    return {
      kind: 'failed',
      error: httpStatusError(status, { url: from, failureClass: 'fatal' }),
    };
  }
  const shown = maskUrl(from);
  if (hop >= MAX_REDIRECTS) {
    return failed(from, `The request was redirected more than ${MAX_REDIRECTS} times.`);
  }
  const target = resolve(location, from);
  if (target === undefined) {
    return failed(
      from,
      `${shown} redirects to a location that is no URL of at most ${MAX_TARGET_LENGTH} characters.`,
      'ERROR_WINHTTP_INVALID_URL',
    );
  }
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    return failed(
      from,
      `${shown} redirects to the scheme "${target.protocol.slice(0, 32)}", not to http or https.`,
      'ERROR_WINHTTP_UNRECOGNIZED_SCHEME',
    );
  }
  if (target.username !== '' || target.password !== '') {
    return failed(
      from,
      `${shown} redirects to a location with a user name or password in it.`,
      'ERROR_WINHTTP_INVALID_URL',
    );
  }
  const isDowngrade = /^https:/i.test(from) && target.protocol === 'http:';
  if (isDowngrade && !allowSecureToNonSecure) {
    return failed(from, `${shown} redirects from https to http, which is not allowed.`);
  }
  const url = target.href;
  if ([from, ...visited].some((earlier) => withoutFragment(earlier) === url)) {
    return failed(from, `The redirects lead back to ${maskUrl(url)}.`);
  }
  return { kind: 'follow', url, crossOrigin: !sameOrigin(from, url) };
}

/** The target without its fragment, or `undefined` when the text makes no usable URL. */
function resolve(location: string, from: string): URL | undefined {
  if (location === '' || location.length > MAX_TARGET_LENGTH) return undefined;
  // Node hands bytes over as Latin-1: each is escaped as the byte it was, not as UTF-8 of it.
  const escaped = location.replace(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  if (/[^\t\x20-\x7e]/.test(escaped) || !URL.canParse(escaped, from)) return undefined;
  const target = new URL(escaped, from);
  target.hash = '';
  return target.href.length <= MAX_TARGET_LENGTH ? target : undefined;
}

/** Comparable with a target: a remote name is kept as given and may hold a fragment. */
function withoutFragment(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.hash = '';
  return parsed.href;
}

function failed(url: string, message: string, code?: ErrorCode): NextHop {
  const error = new DeliveryOptimizationError(code ?? 'ERROR_WINHTTP_REDIRECT_FAILED', message, {
    failureClass: 'fatal',
    url,
  });
  return { kind: 'failed', error };
}
