import { HRESULT } from '../codes.ts';
import { BG_JOB_STATE, DODownloadState } from '../constants.ts';
import type { DO_DOWNLOAD_STATUS } from '../interfaces/download.ts';
import type { TransferFailure } from '../job/failure.ts';
import { bytesTransferred, type JobFile } from '../job/file.ts';
import type { Job } from '../job/job.ts';

/** What of a job decides about the state of the download it carries. */
export type DownloadJob = Pick<Job, 'state' | 'download' | 'trouble' | 'lastFailure'>;

/**
 * The state of a download, which follows from its job's (job-lifecycle.md 11).
 *
 * A wait for a slot and a wait for the next attempt are both part of Transferring; a wait that a
 * policy or the network imposes is Paused, as is every stop that needs the caller.
 */
export function downloadState(job: DownloadJob): DODownloadState {
  switch (job.state) {
    case BG_JOB_STATE.ACKNOWLEDGED:
      return DODownloadState.Finalized;
    case BG_JOB_STATE.CANCELLED:
      return DODownloadState.Aborted;
    case BG_JOB_STATE.TRANSFERRED:
      return DODownloadState.Transferred;
    case BG_JOB_STATE.SUSPENDED:
      return job.download?.started === true ? DODownloadState.Paused : DODownloadState.Created;
    case BG_JOB_STATE.ERROR:
      return DODownloadState.Paused;
    case BG_JOB_STATE.TRANSIENT_ERROR:
      return waitsForEvent(job) ? DODownloadState.Paused : DODownloadState.Transferring;
    case BG_JOB_STATE.QUEUED:
    case BG_JOB_STATE.CONNECTING:
    case BG_JOB_STATE.TRANSFERRING:
      return DODownloadState.Transferring;
  }
}

/**
 * What GetStatus says.
 *
 * @param file - the one file of a download that has been started
 */
export function downloadStatus(job: DownloadJob, file: JobFile | undefined): DO_DOWNLOAD_STATUS {
  // Both counters are 0 until an answer has told of the file, whatever the caller expects of it.
  const known = file?.representation !== undefined;
  return {
    bytesTotal: known ? (file.sizeBytes ?? 0) : 0,
    bytesTransferred: known ? bytesTransferred(file) : 0,
    state: downloadState(job),
    ...downloadErrors(job),
  };
}

/** Why a download stands where it does, when that is a failure a caller is told of. */
export function downloadFailure(job: DownloadJob): TransferFailure | undefined {
  switch (job.state) {
    case BG_JOB_STATE.ERROR:
      // A restart forgets the failure: Paused without a code (job-lifecycle.md 11).
      return job.trouble?.failure;
    case BG_JOB_STATE.TRANSIENT_ERROR:
      return waitsForEvent(job) ? undefined : job.trouble?.failure;
    case BG_JOB_STATE.QUEUED:
      return retryWaitsForSlot(job) ? job.trouble?.failure : undefined;
    case BG_JOB_STATE.CANCELLED:
      // A download that its caller gave up has no error, whatever befell it before.
      return job.lastFailure?.code === 'DO_E_JOB_TOO_OLD' ? job.lastFailure : undefined;
    case BG_JOB_STATE.CONNECTING:
    case BG_JOB_STATE.TRANSFERRING:
    case BG_JOB_STATE.SUSPENDED:
    case BG_JOB_STATE.TRANSFERRED:
    case BG_JOB_STATE.ACKNOWLEDGED:
      return undefined;
  }
}

function downloadErrors(job: DownloadJob): { error: number; extendedError: number } {
  if (job.state === BG_JOB_STATE.TRANSIENT_ERROR && waitsForEvent(job)) {
    const failure = job.trouble?.failure;
    // A retry that the loss of the network overtook keeps its own failure for the time after.
    const reason =
      failure?.kind === 'policy' ? failure.hresult : HRESULT.DO_E_BLOCKED_BY_NO_NETWORK;
    return { error: 0, extendedError: reason };
  }
  const failure = downloadFailure(job);
  return { error: failure?.hresult ?? 0, extendedError: failure?.extendedHresult ?? 0 };
}

function waitsForEvent({ trouble }: DownloadJob): boolean {
  return trouble?.blockedSinceMs !== undefined;
}

/**
 * A retry that is due and has no slot yet: its code stays until the request goes out. A download
 * that its caller started again has no such code, and its clock does not rest in the queue.
 */
function retryWaitsForSlot({ trouble }: DownloadJob): boolean {
  return (
    trouble !== undefined &&
    trouble.reported &&
    trouble.failure.kind === 'transient' &&
    trouble.blockedSinceMs !== undefined
  );
}
