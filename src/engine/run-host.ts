import { BG_JOB_STATE } from '../core/constants.ts';
import { asDeliveryOptimizationError } from '../core/errors.ts';
import { failureOf, type TransferFailure } from '../core/job/failure.ts';
import { recount, type JobFile } from '../core/job/file.ts';
import { isForeground } from '../core/job/step.ts';
import type { Engine } from './engine.ts';
import type { RunHost } from './job-run.ts';
import type { LiveJob } from './live-job.ts';
import { partialIdOf } from './partial-id.ts';
import type { TransferContext } from './transfer/transfer-context.ts';

/** Connects a run with the job it runs for. */
export function runHost(engine: Engine, live: LiveJob): RunHost {
  return {
    nextFile: () => live.nextFile(),
    contextFor: (file) => contextFor(engine, live, file.index),
    fileDone: (index) => {
      const before = live.files[index]!;
      const file: JobFile = { ...before, done: true };
      const files = recount(live.job.files, before, file);
      try {
        engine.happen(live, { event: 'fileDone', fileIndex: index, files }, [file]);
      } catch (error) {
        // What could not be stored did not happen: the job stops with the store's error, and the
        // file is checked again when it goes on.
        const failure = failureOf(asDeliveryOptimizationError(error, 'E_UNEXPECTED'), index);
        engine.happenAnyway(live, { event: 'failed', failure: { ...failure, kind: 'fatal' } });
        return;
      }
      live.forgetAttempts(index);
    },
    nothingLeft: () => {
      // The last file's own step has ended the run already, unless all were done when it began.
      if (live.job.state !== BG_JOB_STATE.TRANSFERRING) return;
      const last = live.files.length - 1;
      engine.happenAnyway(live, { event: 'fileDone', fileIndex: last, files: live.job.files });
    },
    failed: (failure) => {
      const file = failure.fileIndex === undefined ? undefined : live.files[failure.fileIndex];
      engine.happenAnyway(
        live,
        { event: 'failed', failure: withoutOwnBlock(engine, failure) },
        file === undefined ? [] : [file],
      );
    },
    ended: (run) => {
      // A step that found the job elsewhere leaves the slot with it; an ended run holds none.
      if (live.run === run) engine.stopRun(live);
    },
  };
}

/**
 * A transfer that meets a dead network while the machine has one is retried after a while: only
 * the monitor's own word makes a wait that no timer ends.
 */
function withoutOwnBlock(engine: Engine, failure: TransferFailure): TransferFailure {
  const blocked = failure.kind === 'policy' && !engine.ports.network.current().online;
  return failure.kind === 'policy' && !blocked ? { ...failure, kind: 'transient' } : failure;
}

function contextFor(engine: Engine, live: LiveJob, index: number): TransferContext {
  const { ports, settings } = engine;
  const attempts = live.attempts(index);
  const file = (): JobFile => live.files[index]!;
  return {
    clock: ports.clock,
    workload: ports.workload,
    transport: ports.transport,
    partials: ports.partials,
    digester: ports.digester,
    origins: engine.origins,
    gate: engine.gate,
    settings: settings.transfer,
    attempts,
    foreground: isForeground(live.job),
    customHeaders: live.customHeaders,
    file,
    partialId: () => partialIdOf(file()),
    update: (changed, progressed) => engine.fileProgress(live, changed, progressed),
    waiting: (waits) =>
      engine.happenAnyway(live, { event: waits ? 'connectionAwaited' : 'connectionGranted' }),
    checkpoint: (durability) => ports.store.checkpoint({ job: live.job, file: file(), durability }),
  };
}
