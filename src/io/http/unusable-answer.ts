import { DeliveryOptimizationError, maskUrl } from '../../core/errors.ts';

/** The error for an answer that is not HTTP as it should be; another attempt may get a better one. */
export function unusableAnswer(
  url: string,
  reason: string,
  {
    overflow = false,
    cause,
  }: { /** It is larger than is read. */ readonly overflow?: boolean; readonly cause?: Error } = {},
): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    overflow ? 'ERROR_WINHTTP_HEADER_SIZE_OVERFLOW' : 'ERROR_WINHTTP_INVALID_SERVER_RESPONSE',
    `Could not download ${maskUrl(url)}: ${reason}. It is tried again later.`,
    { cause, url },
  );
}
