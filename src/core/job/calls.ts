import { BG_JOB_STATE, BG_NOTIFY, type BG_JOB_PRIORITY } from '../constants.ts';
import {
  calmed,
  isFinal,
  modified,
  refuseState,
  unchanged,
  type Moment,
  type Step,
} from './step.ts';
import type { DownloadRecord } from '../download/record.ts';
import type { DownloadTraits } from '../download/traits.ts';
import { GUID_NULL, type FileCounters, type Job } from './job.ts';

/** The calls of job-lifecycle.md table A, with arguments already known to be well formed. */
export type JobCall =
  | { readonly call: 'addFile'; readonly files: FileCounters }
  | { readonly call: 'setRemoteName' }
  | { readonly call: 'setFileProperty'; readonly files: FileCounters }
  | { readonly call: 'resume' }
  | { readonly call: 'suspend' }
  | { readonly call: 'complete' }
  | { readonly call: 'cancel' }
  | { readonly call: 'setPriority'; readonly priority: BG_JOB_PRIORITY }
  | { readonly call: 'setNotifyFlags'; readonly flags: number }
  | { readonly call: 'setNotifyInterface'; readonly clears: boolean }
  | { readonly call: 'setNoProgressTimeout'; readonly seconds: number }
  | { readonly call: 'setCostFlags'; readonly costFlags: number }
  | { readonly call: 'setNotificationClsid'; readonly clsid: string }
  | { readonly call: 'setMaxBytesPerSecond'; readonly bytesPerSecond: number | undefined }
  | { readonly call: 'setQueueOrder'; readonly queueOrder: number }
  /** Properties or the file of a download; what the job has of them goes along. */
  | {
      readonly call: 'setDownload';
      readonly download: DownloadRecord;
      readonly files?: FileCounters;
      readonly traits?: DownloadTraits;
      /** The job is resumed in the same step: nobody sees it stopped in between. */
      readonly resumes?: boolean;
    }
  | { readonly call: 'setCustomHeaders' };

/**
 * What a call does to a job: job-lifecycle.md table A, cell by cell.
 *
 * `complete` is only admitted here. Its renames can fail, so the step that follows them is the
 * event `published` or `publishFailed`.
 */
export function applyCall(job: Job, input: JobCall, moment: Moment): Step {
  if (isFinal(job.state)) {
    // Clearing a callback that is gone anyway hurts nobody (table A, last column).
    if (input.call === 'setNotifyInterface' && input.clears) return unchanged(job);
    return refuseState(job, nameOf(input));
  }
  switch (input.call) {
    case 'addFile':
      return addFile(job, input.files, moment);
    case 'setFileProperty':
      // A file that has no sink at all may be given one later too: without it no Resume succeeds.
      if (job.resumed && input.files.withoutSink >= job.files.withoutSink) {
        return refuseState(job, nameOf(input));
      }
      return modified(job, moment, { files: input.files });
    case 'resume':
      return resume(job, moment);
    case 'suspend':
      return suspend(job, moment);
    case 'complete':
      return { kind: 'moved', job, effects: [{ kind: 'stop' }] };
    case 'cancel':
      return cancel(job, moment);
    case 'setPriority':
      return modified(job, moment, { priority: input.priority }, [{ kind: 'schedule' }]);
    case 'setNotifyFlags':
      return {
        kind: 'moved',
        job: { ...job, notifyFlags: input.flags, modifiedAtMs: moment.wallMs },
        effects: [],
      };
    case 'setNotifyInterface':
      return unchanged(job);
    case 'setNoProgressTimeout':
      return modified(job, moment, { noProgressTimeoutSeconds: input.seconds });
    case 'setCostFlags':
      return modified(job, moment, { costFlags: input.costFlags }, [{ kind: 'schedule' }]);
    case 'setNotificationClsid':
      return modified(job, moment, { notificationClsid: input.clsid });
    case 'setMaxBytesPerSecond':
      return modified(job, moment, { maxBytesPerSecond: input.bytesPerSecond });
    case 'setQueueOrder':
      return modified(job, moment, { queueOrder: input.queueOrder }, [{ kind: 'schedule' }]);
    case 'setDownload':
      return setDownload(job, input, moment);
    case 'setRemoteName':
    case 'setCustomHeaders':
      return modified(job, moment, {});
  }
}

function addFile(job: Job, files: FileCounters, moment: Moment): Step {
  // TRANSFERRED promises that every file is here; a new one breaks that, so the job waits for
  // Resume again (J-1).
  const state = job.state === BG_JOB_STATE.TRANSFERRED ? BG_JOB_STATE.SUSPENDED : job.state;
  return modified(job, moment, { files, state });
}

function setDownload(
  job: Job,
  { download, files = job.files, traits, resumes }: Extract<JobCall, { call: 'setDownload' }>,
  moment: Moment,
): Step {
  // Another portion of a file that was all here: as with a new file, the job waits for Resume.
  const lost = job.state === BG_JOB_STATE.TRANSFERRED && files.transferred < files.total;
  const state = lost ? BG_JOB_STATE.SUSPENDED : job.state;
  const next = { ...job, ...traits, download, files, state };
  if (resumes === true) return resume(next, moment);
  // Which links it may use is one of its properties: a running one may have to stop.
  return modified(next, moment, {}, [{ kind: 'schedule' }]);
}

function resume(job: Job, moment: Moment): Step {
  if (job.files.total === 0) {
    return {
      kind: 'refused',
      code: 'DO_E_JOB_EMPTY',
      message: `Job ${job.id} has no files: add one before resuming it.`,
    };
  }
  if (job.files.withoutSink > 0) {
    return {
      kind: 'refused',
      code: 'DO_E_LOCALPATH_NOT_SET',
      message: `${job.files.withoutSink} of the ${job.files.total} files of job ${job.id} have no local path: set DownloadSinkFilePath first.`,
    };
  }
  switch (job.state) {
    case BG_JOB_STATE.SUSPENDED:
    case BG_JOB_STATE.TRANSIENT_ERROR:
    case BG_JOB_STATE.ERROR:
      // The error object stays readable until data can flow again (job-lifecycle.md 5), but its
      // clocks start anew (J-17).
      return modified(
        job,
        moment,
        {
          state: BG_JOB_STATE.QUEUED,
          resumed: true,
          queueOrder: moment.nextQueueOrder,
          trouble: calmed(job.trouble),
        },
        [{ kind: 'schedule' }],
      );
    case BG_JOB_STATE.QUEUED:
    case BG_JOB_STATE.CONNECTING:
    case BG_JOB_STATE.TRANSFERRING:
      // No effect but on the no-progress clock, which every Resume restarts (J-17).
      return job.trouble === undefined
        ? unchanged(job)
        : unchanged({ ...job, trouble: calmed(job.trouble) });
    case BG_JOB_STATE.TRANSFERRED:
      return unchanged(job);
    default:
      return refuseState(job, 'Resume');
  }
}

function suspend(job: Job, moment: Moment): Step {
  switch (job.state) {
    case BG_JOB_STATE.QUEUED:
    case BG_JOB_STATE.CONNECTING:
    case BG_JOB_STATE.TRANSFERRING:
    case BG_JOB_STATE.TRANSIENT_ERROR:
    case BG_JOB_STATE.ERROR:
      return modified(
        job,
        moment,
        { state: BG_JOB_STATE.SUSPENDED, trouble: calmed(job.trouble) },
        [{ kind: 'stop' }, { kind: 'schedule' }],
      );
    case BG_JOB_STATE.SUSPENDED:
    case BG_JOB_STATE.TRANSFERRED:
      return unchanged(job);
    default:
      return refuseState(job, 'Suspend');
  }
}

function cancel(job: Job, moment: Moment): Step {
  return modified(job, moment, { state: BG_JOB_STATE.CANCELLED, trouble: undefined }, [
    { kind: 'stop' },
    { kind: 'discard' },
    { kind: 'release' },
    { kind: 'schedule' },
  ]);
}

function nameOf(input: JobCall): string {
  switch (input.call) {
    case 'setFileProperty':
      return 'Setting a file property after Resume';
    case 'setCostFlags':
    case 'setNotificationClsid':
      return 'SetProperty';
    default:
      return input.call[0]!.toUpperCase() + input.call.slice(1);
  }
}

/** Every bit that SetNotifyFlags takes; FILE_RANGES_TRANSFERRED is kept and has no effect (J-12). */
export const KNOWN_NOTIFY_FLAGS: number = Object.values(BG_NOTIFY).reduce(
  (mask, bit) => mask | bit,
  0,
);

/** A new job, suspended and empty (api.md 2.1). */
export function newJob(
  identity: Pick<Job, 'id' | 'displayName' | 'type' | 'owner' | 'priority' | 'queueOrder'> &
    Partial<Pick<Job, 'download'>>,
  wallMs: number,
  files: FileCounters,
): Job {
  return {
    ...identity,
    state: BG_JOB_STATE.SUSPENDED,
    notifyFlags: BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR,
    noProgressTimeoutSeconds: undefined,
    costFlags: undefined,
    notificationClsid: GUID_NULL,
    maxBytesPerSecond: undefined,
    download: identity.download,
    createdAtMs: wallMs,
    modifiedAtMs: wallMs,
    transferredAtMs: undefined,
    resumed: false,
    publishing: false,
    files,
    lastFailure: undefined,
    trouble: undefined,
  };
}
