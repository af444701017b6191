import type * as z from 'zod';

import {
  CONTRACT,
  type ParsedBody,
  type ParsedParams,
  type ParsedQuery,
  type RouteSchemas,
} from '../../../rest/contract.ts';
import type { RouteName } from '../../../rest/routes.ts';
import { MAX_ISSUES } from '../limits.ts';
import { Refusal, type Issue } from './refusal.ts';

/** The parts of a request as they came. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** The parts of a request as a handler gets them. */
export interface ParsedRequest<Name extends RouteName> {
  readonly params: ParsedParams<Name>;
  readonly query: ParsedQuery<Name>;
  readonly body: ParsedBody<Name>;
}

/**
 * Checks a request against its route's schemas, all parts of it, so that the answer lists everything
 * that is wrong at once. A part the route has no schema for must be empty.
 */
export function validateRequest<Name extends RouteName>(
  name: Name,
  raw: RawRequest,
): ParsedRequest<Name> {
  const schemas: RouteSchemas = CONTRACT[name];
  const issues: Issue[] = [];
  const parsed = {
    params: check('params', schemas.params, raw.params, issues),
    query: check('query', schemas.query, raw.query, issues),
    // No body is an empty one: a route that needs something says what is missing.
    body: check('body', schemas.body, raw.body ?? {}, issues),
  };
  if (issues.length === 0) return parsed as ParsedRequest<Name>;
  const [first] = issues;
  const others = issues.length - 1;
  throw new Refusal(
    400,
    'E_INVALIDARG',
    `${first!.path}: ${first!.message}${others === 0 ? '' : ` (and ${others} more; see issues)`}`,
    { issues: shortened(issues) },
  );
}

function check(
  part: string,
  schema: z.ZodType | undefined,
  value: unknown,
  issues: Issue[],
): unknown {
  if (schema === undefined) {
    if (typeof value !== 'object' || value === null || Object.keys(value).length > 0) {
      issues.push({ path: part, message: 'must be empty: this route takes nothing here' });
    }
    return undefined;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) issues.push(...explained(part, issue));
  return undefined;
}

/** One problem in words, at its place; of a union, what its members would have taken. */
function explained(part: string, issue: z.core.$ZodIssue): Issue[] {
  const path = placeOf(part, issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: placeOf(part, [...issue.path, key]),
      message: 'unknown key',
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const messages = issue.errors.flatMap(([first]) =>
      first === undefined ? [] : [first.message],
    );
    return [{ path, message: [...new Set(messages)].join('; or: ') }];
  }
  return [{ path, message: issue.message }];
}

/** `body.files[3].url`. */
function placeOf(part: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (place, step) =>
      place + (typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, 80)}`),
    part,
  );
}

function shortened(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length <= MAX_ISSUES) return issues;
  const left = issues.length - MAX_ISSUES;
  return [...issues.slice(0, MAX_ISSUES), { path: '', message: `${left} more problems` }];
}
