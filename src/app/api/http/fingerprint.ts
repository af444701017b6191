import { createHash } from 'node:crypto';

import type { Idempotency } from '../../../engine/service/transfer-service.ts';
import { badRequest } from './refusal.ts';

/** The key of a request and what it asks for; undefined for a request without a key. */
export function idempotencyOf(
  key: string | readonly string[] | undefined,
  body: unknown,
): Idempotency | undefined {
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw badRequest('headers.idempotency-key', 'must be 1 to 200 visible ASCII characters');
  }
  return { key, fingerprint: fingerprintOf(body) };
}

/** SHA-256 of a value, the same for every order of its keys. */
export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** Bodies are bounded in depth before they get here. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
