import { BG_NOTIFY } from '../../core/constants.ts';
import type { IBackgroundCopyCallback, IBackgroundCopyJob } from '../../core/interfaces/job.ts';
import { wants } from '../../core/job/step.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';
import { NotificationQueue } from '../../notify/notification-queue.ts';
import { pendingFinal } from '../pending-final.ts';
import { BackgroundCopyError } from '../../core/objects/error.ts';
import { BackgroundCopyFile } from './file.ts';

/**
 * Makes `callback` the one that hears of the job; null clears. A final event that nobody has
 * acknowledged is told to it at once (job-lifecycle.md 4).
 */
export function registerCallback(
  engine: Engine,
  live: LiveJob,
  callback: IBackgroundCopyCallback | null,
  job: IBackgroundCopyJob,
): void {
  const previous = live.notifications?.close() ?? Promise.resolve();
  live.notifications = undefined;
  live.callback = callback ?? undefined;
  if (callback !== null) {
    live.notifications = new NotificationQueue({
      clock: engine.ports.clock,
      slots: engine.callbackSlots,
      previous,
      callsAnswered: () => live.answered,
      callback: {
        final: (event) =>
          event === 'transferred'
            ? callback.jobTransferred(job)
            : callback.jobError(job, currentError(engine, live)),
        // The mask may have changed since the event: what it mutes now is not told any more.
        file: (index) =>
          wants(live.job, BG_NOTIFY.FILE_TRANSFERRED)
            ? callback.fileTransferred?.(job, new BackgroundCopyFile(engine, live, index))
            : undefined,
        modification: () =>
          wants(live.job, BG_NOTIFY.JOB_MODIFICATION)
            ? callback.jobModification(job, 0)
            : undefined,
      },
      pendingFinal: () => pendingFinal(engine, live),
      acknowledge: (sequence) => engine.acknowledge(live, sequence),
    });
    live.notifications.poke();
  }
  engine.jobs.review(live);
}

/** After a restart GetError knows nothing any more, but the event still says what went wrong. */
function currentError(engine: Engine, live: LiveJob): BackgroundCopyError {
  const failure = live.job.trouble?.failure ?? live.job.lastFailure;
  if (failure === undefined) throw new Error(`Job ${live.id} is in ERROR without a failure.`);
  const { fileIndex } = failure;
  return new BackgroundCopyError(
    failure,
    fileIndex === undefined ? undefined : new BackgroundCopyFile(engine, live, fileIndex),
  );
}
