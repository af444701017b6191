import type { LiveJob } from '../live-job.ts';

/** The text of ExtendedErrorInfo: a JSON object, or nothing without an error. */
export function extendedErrorInfo(live: LiveJob): string {
  const { trouble } = live.job;
  if (trouble === undefined || !trouble.reported) return '';
  const { hresult, extendedHresult, httpStatus, url, fileIndex, code, message } = trouble.failure;
  return JSON.stringify({
    HResult: hresult,
    ...(extendedHresult === undefined ? {} : { ExtendedHResult: extendedHresult }),
    ...(httpStatus === undefined ? {} : { HttpStatus: httpStatus }),
    ...(url === undefined ? {} : { Url: url }),
    ...(fileIndex === undefined ? {} : { FileId: live.files[fileIndex]?.fileId }),
    Code: code,
    Message: message,
  });
}
