import { maskUrl } from '../errors.ts';
import { failed, type RequestFacts, type Verdict } from './exchange.ts';
import { announcedLength, unexpectedSize } from './judge-length.ts';
import { representationOf, sameRepresentation } from './representation.ts';
import type { ResponseHead } from './response-head.ts';

/** Judges a 200, or a 203, whose body is the whole file (http.md §4). */
export function judgeWhole(request: RequestFacts, head: ResponseHead): Verdict {
  const { known, range, restarts } = request;
  if (request.callerRanges) return judgeWholeForRanges(request, head);
  const length = announcedLength(request, head);
  if ('refused' in length) return length.refused;
  const { bytes: end } = length;
  const unexpected = unexpectedSize(request, head, end);
  if (unexpected !== undefined) return unexpected;
  const isSizeMissing = end === undefined && request.expectedSizeBytes === undefined;
  if (isSizeMissing && request.sizeNeeded === true) {
    const message = `${maskUrl(request.url)} answered HTTP ${head.status} without a length, and no size was given.`;
    return failed(request, 'DO_E_FILE_SIZE_UNKNOWN_HTTP_200', message, {
      failureClass: 'fatal',
      httpStatus: head.status,
    });
  }

  const representation = representationOf(head, end, request.remoteUrl ?? request.url);
  const isSame = known === undefined || sameRepresentation(known, representation, { restarts });
  // Old bytes behind a shorter new body would stay in the file, so they are dropped even when
  // nobody asked for a range (http.md §10). And where nothing is stored yet, another connection may
  // be about to write what is known: bytes of another version must not come beside them.
  if (range === undefined && request.storedBytes === 0 && isSame) {
    return { kind: 'body', start: 0, end, representation };
  }
  return { kind: 'restart', end, representation, reason: isSame ? 'ranges-ignored' : 'changed' };
}

/** A whole file where the caller asked for parts: of no use, but it may tell why it came. */
function judgeWholeForRanges(request: RequestFacts, head: ResponseHead): Verdict {
  const { known, conditional, restarts } = request;
  const length = announcedLength(request, head);
  const sizeBytes = 'refused' in length ? undefined : length.bytes;
  const seen = representationOf(head, sizeBytes, request.remoteUrl ?? request.url);
  // A server answers If-Range like this when the file has changed: the ranges that are here are
  // void (RFC 9110 §15.3.7.3). Asked again without a condition, one that has no ranges says so.
  if (conditional && known !== undefined && !sameRepresentation(known, seen, { restarts })) {
    return { kind: 'changed', representation: seen };
  }
  const message = `${maskUrl(request.url)} answered HTTP ${head.status} with the whole file instead of a range.`;
  return failed(request, 'DO_E_INSUFFICIENT_RANGE_SUPPORT', message, {
    failureClass: 'fatal',
    httpStatus: head.status,
  });
}
