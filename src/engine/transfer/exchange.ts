import { DeliveryOptimizationError, maskUrl } from '../../core/errors.ts';
import type { HeaderList } from '../../core/http/fields.ts';
import { nextHop } from '../../core/http/redirect.ts';
import type { ResumeCondition } from '../../core/http/representation.ts';
import { requestHeaders } from '../../core/http/request.ts';
import { statusDisposition } from '../../core/http/status.ts';
import { sameOrigin } from '../../core/http/url.ts';
import { singleValue } from '../../core/http/fields.ts';
import { CONNECT_TIMEOUT_MS, HEADERS_TIMEOUT_MS } from '../../core/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpResponse, HttpTransport } from '../../ports/http-transport.ts';

/** One GET, before redirects. */
export interface ExchangeRequest {
  readonly url: string;
  readonly range: { readonly start: number; readonly end?: number } | undefined;
  readonly condition: ResumeCondition;
  readonly noCache: boolean;
  readonly userAgent: string;
  readonly customHeaders: HeaderList;
}

/** The answer that the redirects led to. */
export interface ExchangeResult {
  readonly response: HttpResponse;
  /** URL of the last request, which is what the answer speaks for. */
  readonly url: string;
}

/**
 * Sends a GET and follows its redirects. Every attempt starts at the original URL again: where a
 * redirect leads may be a link that lives for minutes (http.md 5).
 */
export async function exchange(
  transport: HttpTransport,
  request: ExchangeRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<ExchangeResult> {
  const visited: string[] = [];
  let url = request.url;
  for (let hop = 0; ; hop += 1) {
    visited.push(url);
    const headers = requestHeaders({
      condition: request.condition,
      noCache: request.noCache,
      userAgent: request.userAgent,
      customHeaders: request.customHeaders,
      sameOriginAsFirst: sameOrigin(url, request.url),
      ...(request.range === undefined ? {} : { range: request.range }),
    });
    const response = await sendOnce(transport, url, headers, clock, signal);
    if (statusDisposition(response.status) !== 'followed') return { response, url };
    response.discard();
    const next = nextHop({
      from: url,
      status: response.status,
      location: singleValue(response.headers, 'location'),
      hop,
      visited,
      allowSecureToNonSecure: false,
    });
    if (next.kind === 'failed') throw next.error;
    url = next.url;
  }
}

/**
 * A kept connection may be closed by the server just as the request goes out; no byte of an answer
 * has been seen then, so the request is repeated once, at once, on a new one (RFC 9112 §9.3.1).
 */
async function sendOnce(
  transport: HttpTransport,
  url: string,
  headers: HeaderList,
  clock: Clock,
  signal: AbortSignal,
): Promise<HttpResponse> {
  try {
    return await sendInTime(transport, url, headers, clock, signal);
  } catch (error) {
    if (signal.aborted || !isClosedConnection(error)) throw error;
    return sendInTime(transport, url, headers, clock, signal);
  }
}

/**
 * A server can keep a client waiting with interim answers for ever, each of which looks like an
 * answer that goes on; so the head as a whole has its time, connection included (http.md 7).
 */
async function sendInTime(
  transport: HttpTransport,
  url: string,
  headers: HeaderList,
  clock: Clock,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const late = new AbortController();
  const cancel = clock.after(HEAD_TIMEOUT_MS, () => {
    late.abort(
      new DeliveryOptimizationError(
        'ERROR_WINHTTP_TIMEOUT',
        `${maskUrl(url)} did not answer within ${HEAD_TIMEOUT_MS / 1_000} s.`,
        { url },
      ),
    );
  });
  try {
    return await transport.send(
      { method: 'GET', url, headers },
      AbortSignal.any([signal, late.signal]),
    );
  } finally {
    cancel();
  }
}

const HEAD_TIMEOUT_MS = CONNECT_TIMEOUT_MS + HEADERS_TIMEOUT_MS;

function isClosedConnection(error: unknown): boolean {
  return (
    error instanceof DeliveryOptimizationError && error.code === 'ERROR_WINHTTP_CONNECTION_ERROR'
  );
}
