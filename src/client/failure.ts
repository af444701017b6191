import { toUnsigned } from '../core/hresult.ts';
import type { TransferFailure } from '../core/job/failure.ts';
import type { JobResource } from '../rest/contract.ts';

type FailureResource = NonNullable<JobResource['error']>;

/** A failure as the interfaces tell it: its numbers unsigned. */
export function failureOf(resource: FailureResource): TransferFailure {
  const { kind, code, hresult, message, extendedHresult, httpStatus, url } = resource;
  const { retryAfterMs, fileIndex } = resource;
  return {
    kind,
    code: code as TransferFailure['code'],
    hresult: toUnsigned(hresult),
    message,
    ...(extendedHresult === undefined ? {} : { extendedHresult: toUnsigned(extendedHresult) }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(url === undefined ? {} : { url }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(fileIndex === undefined ? {} : { fileIndex }),
  };
}
