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
import type { HttpRequest, HttpResponse, HttpTransport } from '../../ports/http-transport.ts';
import type { Credentials } from './transfer-context.ts';

/** One GET, before redirects. */
export interface ExchangeRequest {
  readonly url: string;
  readonly range: { readonly start: number; readonly end?: number } | undefined;
  readonly condition: ResumeCondition;
  readonly noCache: boolean;
  readonly userAgent: string;
  readonly customHeaders: HeaderList;
  readonly credentials?: Credentials | undefined;
  readonly allowSecureToNonSecure?: boolean | undefined;
  /** Not on a connection that an earlier request has used. */
  readonly fresh?: boolean | undefined;
  readonly connectTimeoutMs?: number | undefined;
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
    const target = url;
    const sameOriginAsFirst = sameOrigin(target, request.url);
    const response = await authorised(
      sameOriginAsFirst ? request.credentials : undefined,
      (authHeaders) => {
        const headers = requestHeaders({
          condition: request.condition,
          noCache: request.noCache,
          userAgent: request.userAgent,
          customHeaders: request.customHeaders,
          authHeaders,
          sameOriginAsFirst,
          ...(request.range === undefined ? {} : { range: request.range }),
        });
        return sendOnce(
          transport,
          { ...connectionOf(request), url: target, headers },
          clock,
          signal,
        );
      },
    );
    if (statusDisposition(response.status) !== 'followed') return { response, url };
    response.discard();
    const next = nextHop({
      from: url,
      status: response.status,
      location: singleValue(response.headers, 'location'),
      hop,
      visited,
      allowSecureToNonSecure: request.allowSecureToNonSecure ?? false,
    });
    if (next.kind === 'failed') throw next.error;
    url = next.url;
  }
}

/**
 * Sends a request, and a second time with the credentials when the origin asks for them. From then on
 * they go out at once (http.md 9); an origin that asks again has refused them.
 */
async function authorised(
  credentials: Credentials | undefined,
  send: (authHeaders: HeaderList) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const sent = credentials?.challenged === true;
  const response = await send(sent ? credentials.headers : []);
  const asked = statusDisposition(response.status) === 'challenge';
  if (credentials === undefined || sent || !asked) return response;
  response.discard();
  credentials.challenged = true;
  return send(credentials.headers);
}

function connectionOf({
  fresh = false,
  connectTimeoutMs,
}: ExchangeRequest): Pick<HttpRequest, 'method' | 'fresh' | 'connectTimeoutMs'> {
  return {
    method: 'GET',
    ...(fresh ? { fresh } : {}),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
  };
}

/**
 * A kept connection may be closed by the server just as the request goes out; no byte of an answer
 * has been seen then, so the request is repeated once, at once, on a new one (RFC 9112 §9.3.1).
 */
async function sendOnce(
  transport: HttpTransport,
  request: HttpRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<HttpResponse> {
  try {
    return await sendInTime(transport, request, clock, signal);
  } catch (error) {
    if (signal.aborted || !isClosedConnection(error)) throw error;
    return sendInTime(transport, { ...request, fresh: true }, clock, signal);
  }
}

/**
 * A server can keep a client waiting with interim answers for ever, each of which looks like an
 * answer that goes on; so the head as a whole has its time, connection included (http.md 7).
 */
async function sendInTime(
  transport: HttpTransport,
  request: HttpRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { url, connectTimeoutMs = CONNECT_TIMEOUT_MS } = request;
  const limitMs = connectTimeoutMs + HEADERS_TIMEOUT_MS;
  const late = new AbortController();
  const cancel = clock.after(limitMs, () => {
    late.abort(
      new DeliveryOptimizationError(
        'ERROR_WINHTTP_TIMEOUT',
        `${maskUrl(url)} did not answer within ${limitMs / 1_000} s.`,
        { url },
      ),
    );
  });
  try {
    return await transport.send(request, AbortSignal.any([signal, late.signal]));
  } finally {
    cancel();
  }
}

function isClosedConnection(error: unknown): boolean {
  return (
    error instanceof DeliveryOptimizationError && error.code === 'ERROR_WINHTTP_CONNECTION_ERROR'
  );
}
