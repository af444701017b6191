import { HRESULT } from '../core/codes.ts';
import { isExpired, MAXIMUM_AGE_MS } from '../core/job/clocks.ts';
import type { TransferFailure } from '../core/job/failure.ts';
import { HISTORY_MS, SWEEP_INTERVAL_MS } from '../core/limits.ts';
import { discardFiles } from './discard-files.ts';
import type { Engine } from './engine.ts';

/**
 * What a start does with what the last process left: jobs that were under way wait in the queue
 * again, files of final jobs that could not be deleted are tried once more, and the sweep begins.
 *
 * @returns the function that ends the sweep
 */
export function recover(engine: Engine): () => void {
  const { store } = engine.ports;
  for (const { jobId, reason } of store.unreadable()) {
    engine.settings.onWarning(
      `The record of job ${jobId} cannot be read and was left alone: ${reason}`,
    );
  }
  for (const id of store.interrupted(false)) {
    engine.happenAnyway(engine.jobs.get(id), { event: 'recovered' });
  }
  for (const id of store.undiscarded()) {
    const live = engine.jobs.get(id);
    // Held from now on, so that a close waits for it.
    live.busy = true;
    live.discarding = engine.operate(live, () => discardFiles(engine, live));
  }
  engine.scheduler.reconsider();
  return sweepRegularly(engine);
}

const TOO_OLD: TransferFailure = {
  kind: 'fatal',
  code: 'DO_E_JOB_TOO_OLD',
  hresult: HRESULT.DO_E_JOB_TOO_OLD,
  message: `The job was neither completed nor cancelled within ${MAXIMUM_AGE_MS / 86_400_000} days of its creation.`,
};

function sweepRegularly(engine: Engine): () => void {
  const { clock, store } = engine.ports;
  let cancel: () => void = () => {};
  const sweep = (): void => {
    engine.attempt('sweep out old jobs', () => {
      const wallMs = clock.wallMs();
      for (const id of store.createdBefore(wallMs - MAXIMUM_AGE_MS + 1)) {
        const live = engine.jobs.get(id);
        if (isExpired(live.job, wallMs)) {
          engine.happenAnyway(live, { event: 'expired', failure: TOO_OLD });
        }
      }
      store.purgeFinal(wallMs - HISTORY_MS);
    });
    cancel = clock.after(SWEEP_INTERVAL_MS, sweep);
  };
  sweep();
  return () => cancel();
}
