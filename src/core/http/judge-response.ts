import { httpStatusError } from '../errors.ts';
import type { RequestFacts, Verdict } from './exchange.ts';
import { parseRetryAfter, singleValue } from './fields.ts';
import { judgePartial } from './judge-partial.ts';
import { judgeUnsatisfied, startOverOnce } from './judge-unsatisfied.ts';
import { judgeWhole } from './judge-whole.ts';
import type { ResponseHead } from './response-head.ts';
import { statusDisposition } from './status.ts';

export type { RequestFacts, Verdict } from './exchange.ts';
export type { ResponseHead } from './response-head.ts';

/**
 * Decides what an answer to a GET means for the file, before the first byte of its body is read
 * (http.md §3 to §6). Never throws, whatever the server sends.
 *
 * @param nowMs - stands in for a missing Date when Retry-After is a date
 */
export function judgeResponse(request: RequestFacts, head: ResponseHead, nowMs: number): Verdict {
  const { status } = head;
  switch (statusDisposition(status)) {
    case 'content':
      return judgeWhole(request, head);
    case 'partial':
      return judgePartial(request, head);
    case 'special-416':
      return judgeUnsatisfied(request, head);
    case 'special-412':
      return startOverOnce(request, head);
    case 'followed':
      // Two locations that differ leave no way to choose: as bad as none.
      return { kind: 'redirect', location: singleValue(head.headers, 'location') };
    case 'challenge':
      return { kind: 'challenge', status: status === 407 ? 407 : 401 };
    case 'transient-once':
      return request.previousStatus === status
        ? failedStatus(request, head, 'fatal', nowMs)
        : failedStatus(request, head, 'transient', nowMs);
    case 'unusable-success':
    case 'transient':
      return failedStatus(request, head, 'transient', nowMs);
    case 'fatal':
      return failedStatus(request, head, 'fatal', nowMs);
  }
}

function failedStatus(
  request: RequestFacts,
  head: ResponseHead,
  failureClass: 'transient' | 'fatal',
  nowMs: number,
): Verdict {
  const retryAfterMs = parseRetryAfter(head.headers, nowMs);
  const error = httpStatusError(head.status, { url: request.url, failureClass, retryAfterMs });
  return { kind: 'failed', error };
}
