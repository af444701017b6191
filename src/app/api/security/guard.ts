import type { IncomingMessage } from 'node:http';

import type { Caller } from '../../../engine/service/transfer-service.ts';
import type { Authenticator } from '../service-host.ts';
import { Refusal } from '../http/refusal.ts';

/** Where requests come in, and what is known of whoever sends them. */
export type ListenerRules =
  /** A Unix socket or pipe that only one user can open: whoever is there is that user. */
  | { readonly kind: 'socket'; readonly caller: Caller }
  /** Loopback TCP, open to every program and to every page in a browser of this machine. */
  | {
      readonly kind: 'tcp';
      /** Names beside localhost, 127.0.0.1 and [::1]; with a port, or else with the listener's. */
      readonly allowedHosts: readonly string[];
      /** Origins of pages that may send requests, such as `http://localhost:8080`. */
      readonly allowedOrigins: readonly string[];
    };

/**
 * Refuses what a page in a browser could be made to send: a request for another name (421, DNS
 * rebinding), of a foreign page (403). There are no CORS headers at all, so that no page of another
 * origin ever reads an answer.
 */
export function assertNotForged(rules: ListenerRules, request: IncomingMessage): void {
  const { headers } = request;
  // An absolute address in the request line would outrank the Host field.
  if (request.url?.startsWith('/') !== true) {
    throw new Refusal(400, 'E_INVALIDARG', 'The request line must hold a path, and no address.');
  }
  if (rules.kind === 'tcp' && !isOurName(rules.allowedHosts, headers.host, request)) {
    throw new Refusal(
      421,
      'E_ACCESSDENIED',
      'This service does not answer under the name in the Host field; use localhost or add the name to the allowed hosts.',
    );
  }
  const { origin } = headers;
  const known =
    rules.kind === 'tcp' &&
    origin !== undefined &&
    rules.allowedOrigins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase());
  if (origin !== undefined && !known) {
    throw new Refusal(
      403,
      'E_ACCESSDENIED',
      'Pages of this Origin may not use the service; programs send no Origin field.',
    );
  }
  const site = headers['sec-fetch-site'];
  // Another port of localhost counts as the same site, and is as foreign as any.
  if (site === 'cross-site' || (site === 'same-site' && !known)) {
    throw new Refusal(403, 'E_ACCESSDENIED', 'Pages of other sites may not use the service.');
  }
}

function isOurName(
  allowed: readonly string[],
  host: string | undefined,
  request: IncomingMessage,
): boolean {
  if (host === undefined) return false;
  const port = request.socket.localPort;
  const wanted = withPort(host.toLowerCase(), 80);
  return ['localhost', '127.0.0.1', '[::1]', ...allowed].some(
    (name) => withPort(name.toLowerCase(), port) === wanted,
  );
}

function withPort(name: string, port: number | undefined): string {
  return /^(\[[^\]]*\]|[^:]*):\d{1,5}$/.test(name) ? name : `${name}:${port}`;
}

/** Who calls; 401 on TCP without a token that stands for somebody. */
export function callerOf(
  rules: ListenerRules,
  authenticator: Authenticator,
  request: IncomingMessage,
): Caller {
  if (rules.kind === 'socket') return rules.caller;
  const { authorization } = request.headers;
  if (authorization === undefined) {
    throw unauthorised(
      'Send the token as "Authorization: Bearer TOKEN".',
      'Bearer realm="haulyard"',
    );
  }
  const token = /^Bearer +([\w.~+/=-]{1,512})$/i.exec(authorization)?.[1];
  const caller = token === undefined ? undefined : authenticator.byToken(token);
  if (caller !== undefined) return caller;
  throw unauthorised(
    'The token is not known here; it may have been replaced.',
    'Bearer realm="haulyard", error="invalid_token"',
  );
}

/** 403 for a route that only administrators may use. */
export function assertAdministrator(caller: Caller): void {
  if (caller.administrator) return;
  throw new Refusal(403, 'E_ACCESSDENIED', 'Only administrators may do this.');
}

function unauthorised(message: string, challenge: string): Refusal {
  return new Refusal(401, 'E_ACCESSDENIED', message, {
    headers: { 'www-authenticate': challenge },
  });
}
