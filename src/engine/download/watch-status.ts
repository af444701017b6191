import { messageOf } from '../../core/errors.ts';
import { callbackFrequency } from '../../core/download/callback-frequency.ts';
import { NEW_DOWNLOAD } from '../../core/download/record.ts';
import { downloadStatus } from '../../core/download/status.ts';
import type {
  DO_DOWNLOAD_STATUS,
  IDODownload,
  IDODownloadStatusCallback,
} from '../../core/interfaces/download.ts';
import { isFinal } from '../../core/job/step.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';
import { memoryOf } from './memory-of.ts';
import { StatusTeller } from '../../notify/status-teller.ts';

/** What GetStatus says just now. */
export function statusOf(live: LiveJob): DO_DOWNLOAD_STATUS {
  return downloadStatus(live.job, live.job.files.total === 0 ? undefined : live.files[0]);
}

/** Makes `callback` the one that hears of the download; null clears. It lives with this process. */
export function watchStatus(
  engine: Engine,
  live: LiveJob,
  callback: IDODownloadStatusCallback | null,
  download: IDODownload,
): void {
  const memory = memoryOf(live);
  const previous = memory.teller?.close() ?? Promise.resolve();
  memory.callback = callback ?? undefined;
  memory.teller =
    callback === null ? undefined : tellerFor(engine, live, callback, download, previous);
  engine.jobs.review(live);
}

function tellerFor(
  engine: Engine,
  live: LiveJob,
  callback: IDODownloadStatusCallback,
  download: IDODownload,
  previous: Promise<void>,
): { close(): Promise<void> } {
  const teller = new StatusTeller({
    clock: engine.ports.clock,
    slots: engine.callbackSlots,
    previous,
    callsAnswered: () => live.answered,
    status: () => statusOf(live),
    frequency: () => callbackFrequency(live.job.download ?? NEW_DOWNLOAD),
    tell: (status) => callback.onStatusChange(download, status),
    failed: (error) =>
      engine.settings.onWarning(
        `The status callback of download ${live.id} failed: ${messageOf(error)}`,
      ),
    drained: () => {
      if (isFinal(live.job.state)) unsubscribe();
    },
  });
  const unsubscribeChanges = engine.changes.on((changed) => {
    if (changed === live) teller.changed();
  });
  const close = (): Promise<void> => {
    unsubscribe();
    return teller.close();
  };
  const onEnding = (): void => void close();
  const unsubscribe = (): void => {
    unsubscribeChanges();
    engine.ending.removeEventListener('abort', onEnding);
  };
  engine.ending.addEventListener('abort', onEnding, { once: true });
  return { close };
}
