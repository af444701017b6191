import { DeliveryOptimizationError } from '../errors.ts';

/** Longest remote name, in characters (`ibackgroundcopyfile2-setremotename-method.md`). */
const MAX_REMOTE_URL_LENGTH = 2_200;

/** Scheme and authority of an absolute http or https URL. */
const PREFIX = /^https?:\/\/([^/?#]*)/i;

/**
 * Checks a remote name (api.md §2.4 #3) and returns it as given: the engine escapes nothing.
 *
 * The fragment may stay in the name; it is never sent (RFC 9110 §4.2.5).
 *
 * @throws DeliveryOptimizationError E_INVALIDARG with the rule that was broken. The message never
 *   repeats the URL, which may hold a secret in its query or user-info.
 */
export function checkRemoteUrl(text: string): string {
  if (text.length > MAX_REMOTE_URL_LENGTH) {
    throw invalid(
      `The URL has ${text.length} characters, more than the ${MAX_REMOTE_URL_LENGTH} allowed.`,
    );
  }
  const illegalAt = text.search(/[^\x21-\x7e]/);
  if (illegalAt >= 0) {
    throw invalid(
      `The URL has a space, control or non-ASCII character at position ${illegalAt}; ` +
        'it has to be percent-encoded.',
    );
  }
  // Parsers disagree on whether "\" ends the host, so it could send the request elsewhere.
  if (text.includes('\\')) throw invalid('The URL has a backslash, which has to be "%5C".');

  const unescaped = /["<>^`]/.exec(text)?.[0];
  if (unescaped !== undefined) {
    throw invalid(`The URL has the character ${unescaped}, which has to be percent-encoded.`);
  }

  const authority = PREFIX.exec(text)?.[1];
  if (authority === undefined) throw invalid('The URL is not an absolute http or https URL.');
  if (authority.includes('@')) {
    throw invalid(
      'The URL holds a user name or password; send an Authorization header instead ' +
        '(HttpCustomHeaders or HttpCustomAuthHeaders).',
    );
  }
  if (authority === '') throw invalid('The URL has no host.');
  if (!URL.canParse(text)) throw invalid('The URL has a host or port that cannot be read.');
  return text;
}

/**
 * Scheme, host and port in one comparable string, such as `https://example.com:8443`.
 *
 * @throws DeliveryOptimizationError E_INVALIDARG when the URL is not absolute http or https
 */
export function originOf(url: string): string {
  const parsed = PREFIX.test(url) ? URL.parse(url) : null;
  if (parsed === null) {
    throw invalid('The origin was asked of text that is not an absolute http or https URL.');
  }
  return parsed.origin;
}

/** Whether scheme, host and port are equal; `false` when either is not an http or https URL. */
export function sameOrigin(a: string, b: string): boolean {
  const isComparable = (url: string): boolean => PREFIX.test(url) && URL.canParse(url);
  if (a === b) return isComparable(a);
  return isComparable(a) && isComparable(b) && originOf(a) === originOf(b);
}

/** Whether a URL's host is this machine itself. */
export function isLoopbackUrl(url: string): boolean {
  const host = new URL(url).hostname;
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    // The URL parser writes every form of an IPv4 address with four numbers.
    /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}

function invalid(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_INVALIDARG', message);
}
