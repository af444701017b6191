import { codeInfo } from '../core/codes.ts';
import type { DeliveryOptimizationError } from '../core/errors.ts';
import { toSigned } from '../core/hresult.ts';
import type { ProblemResource } from './contract.ts';
import { problemStatus } from './problem-table.ts';

/** What a problem says beyond its error. */
export interface ProblemExtras {
  /** Replaces the status of the table, where HTTP has a more exact one. */
  readonly status?: number | undefined;
  /** Path of the request. */
  readonly instance?: string | undefined;
  readonly issues?: ProblemResource['issues'];
}

/** The media type of every answer that is no success (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The body that tells an error to a client. Takes nothing but the facts meant for callers. */
export function problemOf(
  error: DeliveryOptimizationError,
  extras: ProblemExtras = {},
): ProblemResource {
  const { code, hresult, message, extendedHresult, httpStatus } = error;
  return {
    type: `urn:haulyard:error:${code}`,
    title: codeInfo(code).meaning,
    status: extras.status ?? problemStatus(error),
    detail: message,
    code,
    hresult: toSigned(hresult),
    ...(extras.instance === undefined ? {} : { instance: extras.instance }),
    ...(extras.issues === undefined ? {} : { issues: extras.issues }),
    ...(extendedHresult === undefined ? {} : { extendedHresult: toSigned(extendedHresult) }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
  };
}
