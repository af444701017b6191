import { httpStatusError, maskUrl } from '../errors.ts';
import { failed, type RequestFacts, type Verdict } from './exchange.ts';
import { formatRange, parseContentRange, parseEntityTag, singleValue } from './fields.ts';
import { unexpectedSize } from './judge-length.ts';
import type { Representation } from './representation.ts';
import type { ResponseHead } from './response-head.ts';

/** Judges a 416 (second table of http.md §6). */
export function judgeUnsatisfied(request: RequestFacts, head: ResponseHead): Verdict {
  const { range, known, storedBytes } = request;
  const field = singleValue(head.headers, 'content-range') ?? '';
  const answered = parseContentRange(field);
  const sizeBytes = answered?.kind === 'unsatisfied' ? answered.total : undefined;
  if (sizeBytes === undefined) return startOverOnce(request, head);

  if (request.callerRanges && range !== undefined && range.start >= sizeBytes) {
    const message =
      `"${formatRange(range.start, range.end)}" lies beyond the ${sizeBytes} bytes of ` +
      `${maskUrl(request.url)}.`;
    return failed(request, 'DO_E_INVALID_RANGE', message, {
      failureClass: 'fatal',
      httpStatus: 416,
    });
  }
  const unexpected = unexpectedSize(request, head, sizeBytes);
  if (unexpected !== undefined) return unexpected;

  // A file cut to just the bytes stored is another file: the known size goes before the stored one.
  const contradictsKnown = known?.sizeBytes !== undefined && known.sizeBytes !== sizeBytes;
  const wasAsked = range !== undefined || sizeBytes === 0;
  const holdsAll = wasAsked && !request.callerRanges && sizeBytes === storedBytes;
  if (holdsAll && !contradictsKnown && !hasOtherStrongTag(request, head)) {
    return { kind: 'complete', representation: { ...(known ?? bare(request)), sizeBytes } };
  }
  return startOverOnce(request, head);
}

/**
 * The file starts over once; a server that refuses that too is not tried again. A request without
 * Range would only be repeated.
 *
 * Judges a 412 as well: no If-Match is ever sent, so it can only answer If-Range (RFC 9110
 * §15.5.13).
 */
export function startOverOnce(request: RequestFacts, head: ResponseHead): Verdict {
  if (request.range !== undefined && request.restarts === 0) return { kind: 'changed' };
  const error = httpStatusError(head.status, { url: request.url, failureClass: 'fatal' });
  return { kind: 'failed', error };
}

/** A file of which only the size is known: validators of a 416 may be those of its error page. */
function bare(request: RequestFacts): Representation {
  const url = request.remoteUrl ?? request.url;
  return { lastModifiedStrong: false, acceptsRanges: 'bytes', url };
}

/** A 416 need not repeat the tag, but one that differs says whose end was reached. */
function hasOtherStrongTag(request: RequestFacts, head: ResponseHead): boolean {
  const { known } = request;
  const seenTag = singleValue(head.headers, 'etag');
  if (known?.entityTag === undefined || seenTag === undefined) return false;
  if (known.url !== (request.remoteUrl ?? request.url)) return false;
  const areStrong = [known.entityTag, seenTag].every((tag) => parseEntityTag(tag)?.weak === false);
  return areStrong && known.entityTag !== seenTag;
}
