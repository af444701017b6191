import { BG_JOB_STATE, type DODownloadState } from '../../../src/core/constants.ts';
import { NEW_DOWNLOAD, type DownloadRecord } from '../../../src/core/download/record.ts';
import type { TransferFailure } from '../../../src/core/job/failure.ts';
import { newFile, type JobFile } from '../../../src/core/job/file.ts';
import type { Job, Trouble } from '../../../src/core/job/job.ts';
import { jobIn } from '../job/fixtures.ts';

export const ID = '0190163d-8694-739b-aea5-966c26f8ad91';

/** The job of a download; started unless told otherwise. */
export function downloadIn(
  state: BG_JOB_STATE,
  changes: Partial<Job> = {},
  record: Partial<DownloadRecord> = {},
): Job {
  return jobIn(state, { download: { ...NEW_DOWNLOAD, started: true, ...record }, ...changes });
}

/** A job whose download is in the given state, for each of the six. */
export const JOB_OF_STATE: Readonly<Record<DODownloadState, Job>> = {
  0: downloadIn(BG_JOB_STATE.SUSPENDED, {}, { started: false }),
  1: downloadIn(BG_JOB_STATE.TRANSFERRING),
  2: downloadIn(BG_JOB_STATE.TRANSFERRED),
  3: downloadIn(BG_JOB_STATE.ACKNOWLEDGED),
  4: downloadIn(BG_JOB_STATE.CANCELLED),
  5: downloadIn(BG_JOB_STATE.SUSPENDED),
};

/** The one file of a download, whose size an answer has told unless told otherwise. */
export function fileOf(changes: Partial<JobFile> = {}): JobFile {
  return {
    ...newFile({
      jobId: ID,
      index: 0,
      fileId: `${ID}/0`,
      remoteName: 'http://origin.test/file',
      ranges: [],
      localName: '/data/file',
    }),
    representation: {
      sizeBytes: 1_000,
      lastModifiedStrong: false,
      acceptsRanges: 'bytes',
      url: 'http://origin.test/file',
    },
    sizeBytes: 1_000,
    written: [{ start: 0, end: 400 }],
    ...changes,
  };
}

export function troubled(failure: TransferFailure, changes: Partial<Trouble> = {}): Trouble {
  return {
    failure,
    lastTransient: failure.kind === 'transient' ? failure : undefined,
    reported: true,
    failures: 1,
    noProgressSinceMs: undefined,
    blockedSinceMs: undefined,
    retryAtMs: undefined,
    ...changes,
  };
}
