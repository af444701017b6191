import { BG_S_PARTIAL_COMPLETE, BG_S_UNABLE_TO_DELETE_FILES, S_OK } from '../core/codes.ts';
import { DeliveryOptimizationError } from '../core/errors.ts';
import { recount, startedOver, type JobFile } from '../core/job/file.ts';
import type { FileCounters } from '../core/job/job.ts';
import type { FileIdentity } from '../ports/partial-files.ts';
import type { Engine } from './engine.ts';
import { inParallel } from './in-parallel.ts';
import type { LiveJob } from './live-job.ts';
import { partialIdOf } from './partial-id.ts';

/** Files that are noted in one transaction and renamed together; some tens of milliseconds. */
const BATCH_FILES = 256;

/** Partial files that are looked at side by side. */
const LOOKS_AT_ONCE = 8;

/**
 * Moves every finished file to its final name, in order, and ends the job (job-lifecycle.md 6).
 *
 * Files go in batches. Before the first rename of one, the identities of its partial files are
 * stored, and with them that the batch before has its final names. A crash between two renames
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
  /** Files that have changed since the last commit, by index. */
  const changed = new Map<number, JobFile>();
  let delivered = false;
  try {
    for (let begin = 0; begin < waiting.length; begin += BATCH_FILES) {
      const batch = waiting.slice(begin, begin + BATCH_FILES);
      const there = await identitiesOf(engine, live, batch);
      const noted = batch.map((file) => notedFile(file, there.get(file.index)));
      engine.happen(live, { event: 'publishing' }, [...changed.values(), ...noted]);
      changed.clear();
      await engine.ports.store.flushed();
      await publishBatch(engine, live, noted, there, (file) => {
        changed.set(file.index, file);
        delivered ||= file.published;
      });
    }
    const files = [...changed.values()];
    engine.happen(live, { event: 'published', files: counted(live, files) }, files);
  } catch (error) {
    const files = [...changed.values()];
    const lost = files.some((file) => !file.done);
    engine.happenAnyway(
      live,
      { event: 'publishFailed', files: counted(live, files), delivered, lost },
      files,
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

/** The partial files that are there, by index. */
async function identitiesOf(
  engine: Engine,
  live: LiveJob,
  files: readonly JobFile[],
): Promise<ReadonlyMap<number, FileIdentity>> {
  const partials = engine.partialsOf(live.job);
  const there = new Map<number, FileIdentity>();
  await inParallel(files, LOOKS_AT_ONCE, async (file) => {
    const identity = await partials.identify(partialIdOf(file));
    if (identity !== undefined) there.set(file.index, identity);
  });
  return there;
}

/** A partial file that is gone keeps the identity noted before an interrupted rename. */
function notedFile(file: JobFile, identity: FileIdentity | undefined): JobFile {
  return identity === undefined ? file : { ...file, publishedInode: identity.inode };
}

/** Renames the files of a batch in their order; tells of each that has its name, or is gone. */
async function publishBatch(
  engine: Engine,
  live: LiveJob,
  files: readonly JobFile[],
  there: ReadonlyMap<number, FileIdentity>,
  changed: (file: JobFile) => void,
): Promise<void> {
  const partials = engine.partialsOf(live.job);
  const gone = files.find((file) => !there.has(file.index));
  const before = gone === undefined ? files : files.slice(0, files.indexOf(gone));
  const byId = new Map(before.map((file) => [partialIdOf(file), file]));
  await partials.publish([...byId.keys()], (id) => changed({ ...byId.get(id)!, published: true }));
  if (gone === undefined) return;
  const target = await partials.identifyTarget(partialIdOf(gone));
  if (target === undefined || target.inode !== gone.publishedInode) {
    // With its directory gone too (a volume that is not mounted), the file may well come back.
    await partials.checkTarget(partialIdOf(gone).localName);
    changed(startedOver(gone));
    throw vanished(gone);
  }
  changed({ ...gone, published: true });
  await publishBatch(engine, live, files.slice(files.indexOf(gone) + 1), there, changed);
}

function counted(live: LiveJob, files: readonly JobFile[]): FileCounters {
  let counters = live.job.files;
  for (const file of files) counters = recount(counters, live.files[file.index], file);
  return counters;
}
