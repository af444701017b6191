import type { BG_JOB_STATE } from '../../core/constants.ts';
import { BG_NOTIFY } from '../../core/constants.ts';
import type { IBackgroundCopyJob, JobFailure } from '../../core/interfaces/job.ts';
import { knownSize } from './known-size.ts';

/** A job at one moment. */
export interface JobLook {
  readonly state: BG_JOB_STATE;
  /** Bytes; undefined while a size is unknown. */
  readonly bytesTotal: number | undefined;
  readonly bytesTransferred: number;
  readonly filesTotal: number;
  readonly filesTransferred: number;
  /** Why the job failed last; null when nothing went wrong. */
  readonly failure: JobFailure | null;
}

/** What a command asks of a job it brings to its end, wherever the job lives. */
export interface RunnableJob {
  /** Has `ring` called whenever something about the job may have changed. */
  listen(ring: () => void): Promise<void>;
  look(): Promise<JobLook>;
  resume(): Promise<void>;
  suspend(): Promise<void>;
  /** @returns S_OK, BG_S_PARTIAL_COMPLETE or BG_S_UNABLE_TO_DELETE_FILES */
  complete(): Promise<number>;
}

/** What a command hears of a job of the engine in this process. */
export const HEARD_EVENTS: number =
  BG_NOTIFY.JOB_TRANSFERRED | BG_NOTIFY.JOB_ERROR | BG_NOTIFY.JOB_MODIFICATION;

/** A job of the engine in this process. */
export function embeddedJob(job: IBackgroundCopyJob): RunnableJob {
  return {
    async listen(ring) {
      // A call that sets what is set already would still be stored.
      if ((await job.getNotifyFlags()) !== HEARD_EVENTS) await job.setNotifyFlags(HEARD_EVENTS);
      await job.setNotifyInterface({ jobTransferred: ring, jobError: ring, jobModification: ring });
    },
    async look() {
      const progress = await job.getProgress();
      return {
        ...progress,
        state: await job.getState(),
        bytesTotal: knownSize(progress.bytesTotal),
        failure: await job.getLastFailure(),
      };
    },
    resume: () => job.resume(),
    suspend: () => job.suspend(),
    complete: () => job.complete(),
  };
}
