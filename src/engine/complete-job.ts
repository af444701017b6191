import { BG_S_PARTIAL_COMPLETE, BG_S_UNABLE_TO_DELETE_FILES, S_OK } from '../core/codes.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import { recount, startedOver, type JobFile } from '../core/job/file.ts';
import type { FileCounters } from '../core/job/job.ts';
import type { PartialFiles } from '../ports/partial-files.ts';
import type { Engine } from './engine.ts';
import type { LiveJob } from './live-job.ts';
import { partialIdOf } from './partial-id.ts';

/**
 * Moves every finished file to its final name, in order, and ends the job (job-lifecycle.md 6).
 *
 * Before the first rename the identity of each partial file is stored. A crash between two renames
 * therefore leaves a job that can be completed again: a file whose partial is gone and whose final
 * name holds that very file is done with.
 */
export async function completeJob(engine: Engine, live: LiveJob): Promise<number> {
  await engine.operate(live, () => deliverFiles(engine, live));
  const partial = live.files.some((file) => !file.published);
  const clean = await live.discarding;
  if (partial) return BG_S_PARTIAL_COMPLETE;
  return clean === false ? BG_S_UNABLE_TO_DELETE_FILES : S_OK;
}

/** The work of {@link completeJob}, to be done while no other call on the job is. */
export async function deliverFiles(engine: Engine, live: LiveJob): Promise<void> {
  engine.call(live, { call: 'complete' });
  live.busy = true;
  engine.jobs.review(live);
  try {
    await live.stopping;
    await publishFiles(engine, live);
  } catch (error) {
    live.busy = false;
    engine.jobs.review(live);
    engine.scheduler.reconsider();
    throw error;
  }
}

/** Deletes a job and its partial files; files that an earlier `complete` delivered stay (J-19). */
export async function cancelJob(engine: Engine, live: LiveJob): Promise<number> {
  await engine.operate(live, () => engine.call(live, { call: 'cancel' }));
  return (await live.discarding) === false ? BG_S_UNABLE_TO_DELETE_FILES : S_OK;
}

async function publishFiles(engine: Engine, live: LiveJob): Promise<void> {
  // What a stream has taken gets no final name: its partial file goes with the rest.
  const streams = live.job.download?.streams === true;
  const waiting = streams ? [] : live.files.filter((file) => file.done && !file.published);
  const changed: JobFile[] = [];
  try {
    if (waiting.length > 0) await noteIdentities(engine, live, waiting);
    for (const { index } of waiting) {
      const file = live.files[index]!;
      if (!(await publishFile(engine.partialsOf(live.job), file))) {
        // With its directory gone too (a volume that is not mounted), the file may well come back.
        await engine.partialsOf(live.job).checkTarget(partialIdOf(file).localName);
        changed.push(startedOver(file));
        throw vanished(file);
      }
      changed.push({ ...file, published: true });
    }
    engine.happen(live, { event: 'published', files: counted(live, changed) }, changed);
  } catch (error) {
    engine.happenAnyway(
      live,
      {
        event: 'publishFailed',
        files: counted(live, changed),
        delivered: changed.some((file) => file.published),
        lost: changed.some((file) => !file.done),
      },
      changed,
    );
    throw error;
  }
}

/** Bytes that were here are gone: the job can be resumed, and fetches this file again. */
function vanished(file: JobFile): DeliveryOptimizationError {
  return new DeliveryOptimizationError(
    'ERROR_FILE_NOT_FOUND',
    `The partial file of ${file.localName} has vanished: resume the job to fetch it again.`,
  );
}

/** Stores which partial files are about to be renamed. */
async function noteIdentities(
  engine: Engine,
  live: LiveJob,
  waiting: readonly JobFile[],
): Promise<void> {
  const noted: JobFile[] = [];
  for (const file of waiting) {
    const identity = await engine.partialsOf(live.job).identify(partialIdOf(file));
    // A partial file that is gone keeps the identity noted before an interrupted rename.
    noted.push(identity === undefined ? file : { ...file, publishedInode: identity.inode });
  }
  engine.happen(live, { event: 'publishing' }, noted);
}

/** Renames one partial file, unless that is done; false when there is nothing left to rename. */
async function publishFile(partials: PartialFiles, file: JobFile): Promise<boolean> {
  const id = partialIdOf(file);
  if ((await partials.identify(id)) === undefined) {
    const target = await partials.identifyTarget(id);
    return target !== undefined && target.inode === file.publishedInode;
  }
  await partials.publish(id);
  return true;
}

function counted(live: LiveJob, files: readonly JobFile[]): FileCounters {
  let counters = live.job.files;
  for (const file of files) counters = recount(counters, live.files[file.index], file);
  return counters;
}
