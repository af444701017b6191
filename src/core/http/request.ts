import { formatRange } from './fields.ts';
import type { ResumeCondition } from './representation.ts';

/** What one GET asks for, and on whose behalf. */
export interface RequestOptions {
  /** Half-open offsets of the remote file; absent asks for all of it. */
  readonly range?: { readonly start: number; readonly end?: number };
  readonly condition: ResumeCondition;
  /** A previous answer was inconsistent, so caches are asked to look again (RFC 9111 §5.2.1.4). */
  readonly noCache: boolean;
  /** Product token, `haulyard/<version>` (RFC 9110 §10.1.5). */
  readonly userAgent: string;
  readonly customHeaders: readonly (readonly [name: string, value: string])[];
  /** HttpCustomAuthHeaders: given only after a challenge (http.md §9). */
  readonly authHeaders?: readonly (readonly [name: string, value: string])[];
  /** Whether this hop goes to the origin of the remote name. */
  readonly sameOriginAsFirst: boolean;
}

/**
 * The header fields of a GET (http.md §2). Host and Connection belong to the HTTP layer.
 *
 * A field the caller gives replaces the engine's User-Agent, and auth headers replace custom ones
 * of the same name. Neither leaves the origin it was given for (http.md §5).
 */
export function requestHeaders(options: RequestOptions): [name: string, value: string][] {
  const { range, condition, noCache, userAgent, sameOriginAsFirst } = options;
  const authHeaders = sameOriginAsFirst ? (options.authHeaders ?? []) : [];
  const authNames = namesOf(authHeaders);
  const customHeaders = (sameOriginAsFirst ? options.customHeaders : []).filter(
    ([name]) => !authNames.has(name.toLowerCase()),
  );

  // Offsets refer to the encoded bytes, so nothing may be encoded on the way (RFC 9110 §14.1).
  const headers: [name: string, value: string][] = [['Accept-Encoding', 'identity']];
  const givenNames = new Set([...authNames, ...namesOf(customHeaders)]);
  if (!givenNames.has('user-agent')) headers.push(['User-Agent', userAgent]);
  if (range !== undefined) {
    headers.push(['Range', formatRange(range.start, range.end)]);
    // If-Range without Range must not be sent (RFC 9110 §13.1.5).
    if (condition.kind === 'if-range') headers.push(['If-Range', condition.value]);
  }
  if (noCache) headers.push(['Cache-Control', 'no-cache']);
  for (const [name, value] of [...customHeaders, ...authHeaders]) headers.push([name, value]);
  return headers;
}

function namesOf(headers: readonly (readonly [name: string, value: string])[]): Set<string> {
  return new Set(headers.map(([name]) => name.toLowerCase()));
}
