import { BG_JOB_STATE, DODownloadState } from '../../core/constants.ts';
import { downloadFailure, downloadState } from '../../core/download/status.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import { errorOf } from '../../core/job/failure.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';

/**
 * The wait of a Start in BlockingMode: resolves at Transferred, rejects with the failure that stopped
 * the download, and with E_ABORT when somebody else paused or aborted it. A pause of the engine's
 * own, for a policy or the network, is waited out.
 */
export function waitForEnd(engine: Engine, live: LiveJob): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const outcome = outcomeOf(live);
      if (outcome === 'waits') return;
      stop();
      if (outcome === 'transferred') resolve();
      else reject(outcome);
    };
    const onEnding = (): void => {
      stop();
      reject(
        new DeliveryOptimizationError(
          'DO_E_NO_SERVICE',
          `The manager was closed while the start of download ${live.id} waited for its end.`,
        ),
      );
    };
    const unsubscribe = engine.changes.on((changed) => {
      if (changed === live) look();
    });
    const stop = (): void => {
      unsubscribe();
      engine.ending.removeEventListener('abort', onEnding);
    };
    engine.ending.addEventListener('abort', onEnding, { once: true });
    if (engine.ending.aborted) onEnding();
    else look();
  });
}

function outcomeOf(live: LiveJob): 'waits' | 'transferred' | DeliveryOptimizationError {
  switch (downloadState(live.job)) {
    case DODownloadState.Transferred:
      return 'transferred';
    case DODownloadState.Transferring:
      return 'waits';
    case DODownloadState.Paused: {
      if (live.job.state === BG_JOB_STATE.TRANSIENT_ERROR) return 'waits';
      const failure = downloadFailure(live.job);
      return failure === undefined ? aborted(live, 'paused') : errorOf(failure);
    }
    case DODownloadState.Created:
    case DODownloadState.Finalized:
    case DODownloadState.Aborted:
      return aborted(live, 'ended');
  }
}

function aborted(live: LiveJob, how: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'E_ABORT',
    `Download ${live.id} was ${how} by another call while its start waited.`,
  );
}
