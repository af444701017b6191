import { toSigned } from '../../../core/hresult.ts';
import type { TransferFailure } from '../../../core/job/failure.ts';
import type { JobResource } from '../../../rest/contract.ts';

type FailureResource = NonNullable<JobResource['error']>;

/** A failure with its numbers signed, as COM callers see them. */
export function failureDto(failure: TransferFailure): FailureResource {
  const { kind, code, hresult, message, extendedHresult } = failure;
  const { httpStatus, url, retryAfterMs, fileIndex } = failure;
  return {
    kind,
    code,
    hresult: toSigned(hresult),
    message,
    ...(extendedHresult === undefined ? {} : { extendedHresult: toSigned(extendedHresult) }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(url === undefined ? {} : { url }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(fileIndex === undefined ? {} : { fileIndex }),
  };
}

export function failureOrNull(failure: TransferFailure | undefined): FailureResource | null {
  return failure === undefined ? null : failureDto(failure);
}
