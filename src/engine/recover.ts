import { HRESULT } from '../core/codes.ts';
import { BG_JOB_STATE } from '../core/constants.ts';
import { isExpired, MAXIMUM_AGE_MS } from '../core/job/clocks.ts';
import type { TransferFailure } from '../core/job/failure.ts';
import { HISTORY_MS, MAX_KEPT_EVENTS, MAX_SLOTS, SWEEP_INTERVAL_MS } from '../core/limits.ts';
import { discardFiles } from './discard-files.ts';
import { discardVolatile } from './download/discard-volatile.ts';
import type { Engine } from './engine.ts';
import { inBatches } from './in-batches.ts';

/**
 * What a start does with what the last process left: jobs that were under way wait in the queue
 * again, files of final jobs that could not be deleted are tried once more, and the sweep begins.
 *
 * @returns the function that ends what of it goes on
 */
export function recover(engine: Engine): () => void {
  const { store } = engine.ports;
  for (const { jobId, reason } of store.unreadable()) {
    engine.settings.onWarning(
      `The record of job ${jobId} cannot be read and was left alone: ${reason}`,
    );
  }
  const endRequeueing = requeueInterrupted(engine);
  for (const id of store.undiscarded()) {
    const live = engine.jobs.get(id);
    // Held from now on, so that a close waits for it.
    live.busy = true;
    live.discarding = engine.operate(live, () => discardFiles(engine, live));
  }
  discardVolatile(engine);
  engine.scheduler.reconsider();
  const endSweep = sweepRegularly(engine);
  return () => {
    endRequeueing();
    endSweep();
  };
}

/**
 * Puts the jobs that were under way into the queue again. Those that moved are few, and wait there
 * when this returns. Those that waited for a retry may be a whole queue that has lost its network:
 * some of them follow once the start is over.
 */
function requeueInterrupted(engine: Engine): () => void {
  const moving = new Set(movingJobs(engine));
  const others = engine.ports.store.interrupted(false).filter((id) => !moving.has(id));
  for (const id of moving) {
    engine.happenAnyway(engine.jobs.get(id), { event: 'recovered' });
  }
  return inBatches(engine, 'store that interrupted jobs wait in the queue', others, (live) => {
    const { state, trouble } = live.job;
    // Troubles are forgotten by a restart: one with a trouble has met it in this process.
    if (state === BG_JOB_STATE.TRANSIENT_ERROR && trouble === undefined) {
      engine.happenAnyway(live, { event: 'recovered' });
    }
  });
}

function* movingJobs({ ports: { store } }: Engine): Generator<string> {
  let afterId: string | undefined;
  do {
    const page = store.page({
      limit: MAX_SLOTS,
      includeFinal: false,
      states: [BG_JOB_STATE.CONNECTING, BG_JOB_STATE.TRANSFERRING],
      family: 'both',
      ...(afterId === undefined ? {} : { afterId }),
    });
    for (const { id } of page) yield id;
    afterId = page.length < MAX_SLOTS ? undefined : page.at(-1)?.id;
  } while (afterId !== undefined);
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
  let endExpiry: () => void = () => {};
  const sweep = (): void => {
    engine.attempt('sweep out old jobs', () => {
      const wallMs = clock.wallMs();
      const old = store.createdBefore(wallMs - MAXIMUM_AGE_MS + 1);
      endExpiry();
      endExpiry = inBatches(engine, 'store that jobs are too old', old, (live) => {
        if (isExpired(live.job, wallMs)) {
          engine.happenAnyway(live, { event: 'expired', failure: TOO_OLD });
        }
      });
      const historyMs = engine.settings.historyMs ?? HISTORY_MS;
      store.purgeFinal(wallMs - historyMs);
      store.requests.trim(wallMs - historyMs);
      // Without hooks nobody is owed an event; with them, none is dropped before all have had it.
      store.events.trim({
        beforeMs: wallMs - historyMs,
        keep: MAX_KEPT_EVENTS,
        ...engine.settings.owedEvents?.(),
      });
    });
    cancel = clock.after(SWEEP_INTERVAL_MS, sweep);
  };
  sweep();
  return () => {
    cancel();
    endExpiry();
  };
}
