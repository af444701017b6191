import { maskUrl } from '../errors.ts';
import { failed, inconsistent, type RequestFacts, type Verdict } from './exchange.ts';
import {
  exceedsSafeInteger,
  fieldValues,
  formatRange,
  parseContentRange,
  parseEntityTag,
  singleValue,
} from './fields.ts';
import { announcedLength, tooLarge, unexpectedSize } from './judge-length.ts';
import { type Representation, representationOf, sameValidators } from './representation.ts';
import type { ResponseHead } from './response-head.ts';

/**
 * Judges a 206 (http.md §4): first whether it is the range that was asked for, then whether it is
 * of the file that was begun. Nothing of it may be written before both are certain.
 */
export function judgePartial(request: RequestFacts, head: ResponseHead): Verdict {
  const { range, known } = request;
  const answer = `${maskUrl(request.url)} answered HTTP 206`;
  const contradicts = (how: string): Verdict => inconsistent(request, `${answer} ${how}.`, 206);

  if (range === undefined) return contradicts('although no range was asked for');
  if (isMultipart(head)) return contradicts('with multipart/byteranges, which is never asked for');
  const asked = `"${formatRange(range.start, range.end)}" was asked for`;
  if (exceedsSafeInteger(head.headers, 'content-range')) return tooLarge(request);
  const field = singleValue(head.headers, 'content-range');
  const answered = parseContentRange(field ?? '');
  if (answered?.kind !== 'range') {
    return contradicts(`without a readable Content-Range, where ${asked}`);
  }
  const { start, end, total } = answered;
  // A start before the one asked for would be usable, but is refused as well (N-15).
  if (start !== range.start || end > (range.end ?? Number.MAX_SAFE_INTEGER)) {
    return contradicts(`with "${field}", where ${asked}`);
  }
  const length = announcedLength(request, head);
  if ('refused' in length) return length.refused;
  if (length.bytes !== undefined && length.bytes !== end - start) {
    return contradicts(`with "${field}" and a Content-Length of ${length.bytes}`);
  }
  const sizeBytes = total ?? known?.sizeBytes ?? request.expectedSizeBytes;
  const unexpected = unexpectedSize(request, head, sizeBytes);
  if (unexpected !== undefined) return unexpected;
  if (sizeBytes === undefined) {
    const message = `${answer} with "${field}", and the size of the file is not known otherwise.`;
    return failed(request, 'DO_E_FILE_SIZE_UNKNOWN_HTTP_206', message, {
      failureClass: 'fatal',
      httpStatus: 206,
    });
  }
  const seen = representationOf(head, sizeBytes, request.remoteUrl ?? request.url);
  if (known === undefined) {
    if (end > sizeBytes) return contradicts(`with "${field}" of ${sizeBytes} bytes`);
    return { kind: 'body', start, end, representation: seen };
  }

  const sameSize = known.sizeBytes === undefined || known.sizeBytes === sizeBytes;
  if (!vouchesFor(request, known, seen)) return { kind: 'changed', representation: seen };
  if (!sameSize) {
    // Another URL promises nothing about its size, so there it is another file.
    if (known.url !== seen.url) return { kind: 'changed', representation: seen };
    return contradicts(
      `with a total of ${sizeBytes} bytes, where ${known.sizeBytes} were known under the same ` +
        'validators',
    );
  }
  if (end > sizeBytes) return contradicts(`with "${field}" of ${sizeBytes} bytes`);
  return { kind: 'body', start, end, representation: continued(known, seen) };
}

/** Whether the answer is of the representation that was begun. */
function vouchesFor(request: RequestFacts, known: Representation, seen: Representation): boolean {
  const { conditional, restarts } = request;
  if (sameValidators(known, seen, { conditional, restarts })) return true;
  // The caller's ranges need one request each, so a server that sends no validators at all could
  // never deliver a second one. Equal sizes are all there is to compare.
  return (
    request.callerRanges &&
    [known, seen].every(
      ({ entityTag, lastModified }) => entityTag === undefined && lastModified === undefined,
    ) &&
    known.url === seen.url &&
    known.sizeBytes === seen.sizeBytes
  );
}

/**
 * What is known after one more part. The first validators stay: a 206 may leave some out (RFC 9110
 * §15.3.7), and a later look at an old date does not make the first bytes any surer.
 */
function continued(known: Representation, seen: Representation): Representation {
  const { sizeBytes = seen.sizeBytes } = known;
  const size = sizeBytes === undefined ? {} : { sizeBytes };
  if (known.url !== seen.url) {
    // Date and coding of the first answer go on, but its tag means nothing at the new URL.
    const { entityTag: _old, ...rest } = known;
    const tag = seen.entityTag === undefined ? {} : { entityTag: seen.entityTag };
    return { ...rest, ...size, ...tag, acceptsRanges: 'bytes', url: seen.url };
  }
  const isStrongTag = parseEntityTag(known.entityTag ?? '')?.weak === false;
  if (isStrongTag && seen.entityTag !== undefined && seen.entityTag !== known.entityTag) {
    // Accepted by its date only (N-12): with the tag kept, the next resume would start over again.
    const { entityTag: _unlike, ...rest } = known;
    return { ...rest, ...size, acceptsRanges: 'bytes' };
  }
  return { ...known, ...size, acceptsRanges: 'bytes' };
}

function isMultipart(head: ResponseHead): boolean {
  return fieldValues(head.headers, 'content-type').some((type) =>
    type.toLowerCase().startsWith('multipart/byteranges'),
  );
}
