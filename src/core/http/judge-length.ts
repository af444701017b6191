import { maskUrl } from '../errors.ts';
import { failed, type RequestFacts, type Verdict } from './exchange.ts';
import { exceedsSafeInteger, fieldValues, parseContentLength } from './fields.ts';
import type { ResponseHead } from './response-head.ts';

/** Bytes the body announces, `undefined` when it does not say, or why the answer is refused. */
export type AnnouncedLength =
  { readonly bytes: number | undefined } | { readonly refused: Verdict };

/** Reads Content-Length, which Transfer-Encoding makes void (RFC 9112 §6.3). */
export function announcedLength(request: RequestFacts, head: ResponseHead): AnnouncedLength {
  if (fieldValues(head.headers, 'transfer-encoding').length > 0) return { bytes: undefined };
  const bytes = parseContentLength(head.headers);
  if (bytes !== 'invalid') return { bytes };
  if (exceedsSafeInteger(head.headers, 'content-length')) return { refused: tooLarge(request) };
  const message = `${maskUrl(request.url)} answered with a Content-Length that is no single number.`;
  // Truncation could not be told from the end of the body, so the whole answer is void.
  return { refused: failed(request, 'ERROR_WINHTTP_INVALID_SERVER_RESPONSE', message) };
}

/** The size cannot be counted exactly, so no offset near its end could be trusted. */
export function tooLarge(request: RequestFacts): Verdict {
  const message = `${maskUrl(request.url)} announces a file of more than 2^53-1 bytes.`;
  return failed(request, 'ERROR_FILE_TOO_LARGE', message, { failureClass: 'fatal' });
}

/** The fatal verdict when the server's size is not the one the caller gave. */
export function unexpectedSize(
  request: RequestFacts,
  head: ResponseHead,
  sizeBytes: number | undefined,
): Verdict | undefined {
  const { expectedSizeBytes } = request;
  if (expectedSizeBytes === undefined || sizeBytes === undefined) return undefined;
  if (sizeBytes === expectedSizeBytes) return undefined;
  const [coding] = fieldValues(head.headers, 'content-encoding');
  const message =
    `${maskUrl(request.url)} has ${sizeBytes} bytes, but ${expectedSizeBytes} were expected` +
    (coding === undefined ? '.' : `; the server encoded them, although identity was asked for.`);
  return failed(request, 'DO_E_HTTP_BLOCKSIZE_MISMATCH', message, {
    failureClass: 'fatal',
    httpStatus: head.status,
  });
}
