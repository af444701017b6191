import { HRESULT } from '../core/codes.ts';
import { BG_JOB_STATE } from '../core/constants.ts';
import { messageOf } from '../core/errors.ts';
import { isExpired, MAXIMUM_AGE_MS } from '../core/job/clocks.ts';
import type { TransferFailure } from '../core/job/failure.ts';
import { HISTORY_MS, MAX_KEPT_EVENTS, SWEEP_INTERVAL_MS } from '../core/limits.ts';
import type { JobFilter } from '../ports/job-store.ts';
import { allIds } from './all-ids.ts';
import { discardFiles } from './discard-files.ts';
import { discardVolatile } from './download/discard-volatile.ts';
import type { Engine } from './engine.ts';
import { inBatches, type Walk } from './in-batches.ts';

/** Final jobs whose files are deleted at the same time. */
const DISCARDS_AT_ONCE = 8;

/** Jobs, requests or events that are forgotten in one go: some ten milliseconds. */
const TIDIED_AT_ONCE = 200;

/**
 * What a start does with what the last process left: jobs that were under way wait in the queue
 * again, files of final jobs that could not be deleted are tried once more, and the sweep begins.
 *
 * Only what the first decision needs is done before this returns; what may concern a whole history
 * goes on in the background, in batches.
 *
 * @returns the function that ends what of it goes on
 */
export function recover(engine: Engine): () => void {
  for (const { jobId, reason } of engine.ports.store.unreadable()) {
    engine.settings.onWarning(
      `The record of job ${jobId} cannot be read and was left alone: ${reason}`,
    );
  }
  const ends = [requeueInterrupted(engine), discardLeftovers(engine)];
  discardVolatile(engine);
  engine.scheduler.reconsider();
  ends.push(sweepRegularly(engine));
  return () => {
    for (const end of ends) end();
  };
}

/**
 * Puts the jobs that were under way into the queue again. Those that moved are few, and wait there
 * when this returns. Those that waited for a retry may be a whole queue that has lost its network:
 * they follow once the start is over.
 */
function requeueInterrupted(engine: Engine): () => void {
  const { store } = engine.ports;
  for (const id of allIds(store, inStates(BG_JOB_STATE.CONNECTING, BG_JOB_STATE.TRANSFERRING))) {
    engine.happenAnyway(engine.jobs.get(id), { event: 'recovered' });
  }
  const waiting = allIds(store, inStates(BG_JOB_STATE.TRANSIENT_ERROR));
  const walk = inBatches(
    engine,
    'store that interrupted jobs wait in the queue',
    waiting,
    (live) => {
      const { state, trouble } = live.job;
      // Troubles are forgotten by a restart: one with a trouble has met it in this process.
      if (state === BG_JOB_STATE.TRANSIENT_ERROR && trouble === undefined) {
        engine.happenAnyway(live, { event: 'recovered' });
      }
    },
  );
  return () => walk.end();
}

function inStates(...states: readonly BG_JOB_STATE[]): JobFilter {
  return { states, includeFinal: false, family: 'both' };
}

/** Deletes what is left of the files of final jobs, a few at a time. */
function discardLeftovers(engine: Engine): () => void {
  const left = engine.ports.store.undiscarded().toReversed();
  const lane = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) await discardAgain(engine, id);
  };
  for (let lanes = 0; lanes < DISCARDS_AT_ONCE; lanes += 1) void lane();
  return () => (left.length = 0);
}

/** Never rejects: a failure is told as a warning. */
async function discardAgain(engine: Engine, id: string): Promise<void> {
  try {
    const live = engine.jobs.get(id);
    // Held from now on, so that a close waits for it.
    live.busy = true;
    live.discarding = engine.operate(live, () => discardFiles(engine, live));
    await live.discarding;
  } catch (error) {
    const reason = messageOf(error);
    engine.settings.onWarning(`It was not possible to delete what is left of job ${id}: ${reason}`);
  }
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
  let expiry: Walk | undefined;
  let endTidying: () => void = () => {};
  const sweep = (): void => {
    engine.attempt('sweep out old jobs', () => {
      const wallMs = clock.wallMs();
      const old = store.createdBefore(wallMs - MAXIMUM_AGE_MS + 1);
      expiry?.end();
      expiry = inBatches(engine, 'store that jobs are too old', old, (live) => {
        if (isExpired(live.job, wallMs)) {
          engine.happenAnyway(live, { event: 'expired', failure: TOO_OLD });
        }
      });
      endTidying();
      endTidying = tidyUp(engine, wallMs - (engine.settings.historyMs ?? HISTORY_MS));
    });
    cancel = clock.after(SWEEP_INTERVAL_MS, sweep);
  };
  sweep();
  return () => {
    cancel();
    expiry?.end();
    endTidying();
  };
}

/**
 * Forgets what is older than the history, a little at a time, so that a call never waits for tens of
 * thousands of rows to go. Where it is cut short, the next sweep finds the rest.
 */
function tidyUp(engine: Engine, beforeMs: number): () => void {
  const { clock, store } = engine.ports;
  const tasks: readonly (() => number)[] = [
    () => store.purgeFinal(beforeMs, TIDIED_AT_ONCE),
    () => store.requests.trim(beforeMs, TIDIED_AT_ONCE),
    () =>
      // Without hooks nobody is owed an event; with them, none is dropped before all have had it.
      store.events.trim({
        beforeMs,
        keep: MAX_KEPT_EVENTS,
        atMost: TIDIED_AT_ONCE,
        ...engine.settings.owedEvents?.(),
      }),
  ];
  let cancel: () => void = () => {};
  const step = (index: number): void => {
    const task = tasks[index];
    if (task === undefined) return;
    let gone = 0;
    engine.attempt('forget what is older than the history', () => (gone = task()));
    cancel = clock.after(0, () => step(gone > 0 ? index : index + 1));
  };
  cancel = clock.after(0, () => step(0));
  return () => cancel();
}
