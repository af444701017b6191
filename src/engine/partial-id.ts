import { DeliveryOptimizationError } from '../core/errors.ts';
import type { JobFile } from '../core/job/file.ts';
import type { PartialFileId } from '../ports/partial-files.ts';

/** Where the partial file of a file is; DO_E_LOCALPATH_NOT_SET while it has no sink. */
export function partialIdOf({ jobId, index, fileId, localName }: JobFile): PartialFileId {
  if (localName !== undefined) return { jobId, index, localName };
  throw new DeliveryOptimizationError(
    'DO_E_LOCALPATH_NOT_SET',
    `File ${fileId} of job ${jobId} has no local path: set DownloadSinkFilePath and resume the job.`,
  );
}
