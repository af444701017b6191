import { BG_JOB_STATE } from '../../core/constants.ts';
import { decideDownloadCall, type DownloadCall } from '../../core/download/calls.ts';
import { downloadState } from '../../core/download/status.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import { deliverFiles } from '../complete-job.ts';
import type { Engine } from '../engine.ts';
import { suspendJob } from '../job-calls.ts';
import type { LiveJob } from '../live-job.ts';
import { partialIdOf } from '../partial-id.ts';

/** Stops a download at the caller's wish; nothing is written any more when it resolves. */
export async function pauseDownload(engine: Engine, live: LiveJob): Promise<void> {
  await engine.operate(live, async () => {
    if (!admits(live, { call: 'pause' })) return;
    // One that failed keeps its codes: they say why a Start would be another attempt.
    const { state } = live.job;
    if (state === BG_JOB_STATE.SUSPENDED || state === BG_JOB_STATE.ERROR) return;
    await suspendJob(engine, live);
  });
}

/** Gives the file its name and ends the download; what went to a stream is deleted here. */
export async function finalizeDownload(engine: Engine, live: LiveJob): Promise<void> {
  await engine.operate(live, async () => {
    if (!admits(live, { call: 'finalize' })) return;
    await assertNothingInTheWay(engine, live);
    await deliverFiles(engine, live);
  });
  await live.discarding;
}

/** Ends the download and deletes what it created. */
export async function abortDownload(engine: Engine, live: LiveJob): Promise<void> {
  await engine.operate(live, () => {
    if (admits(live, { call: 'abort' })) engine.call(live, { call: 'cancel' });
  });
  await live.discarding;
}

/** Throws ERROR_FILE_EXISTS when a file stands at the path that is not this download's own (J-25). */
export async function assertNothingInTheWay(engine: Engine, live: LiveJob): Promise<void> {
  const [file] = live.files;
  if (file === undefined || live.job.download?.streams === true) return;
  const found = await engine.partialsOf(live.job).identifyTarget(partialIdOf(file));
  // A rename that a crash cut off from its record.
  if (found === undefined || found.inode === file.publishedInode) return;
  throw fileExists(file.localName ?? '');
}

export function fileExists(localName: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'ERROR_FILE_EXISTS',
    `There is a file at ${localName} already: remove it, or set another LocalPath.`,
  );
}

/** Whether there is something to do; throws when the state refuses the call. */
function admits(live: LiveJob, call: DownloadCall): boolean {
  const decision = decideDownloadCall(
    downloadState(live.job),
    call,
    live.job.download?.ranges ?? [],
  );
  if (decision.kind !== 'refused') return decision.kind !== 'nothing';
  throw new DeliveryOptimizationError(decision.code, decision.message);
}
