import { DeliveryOptimizationError } from '../core/errors.ts';
import { newFile, recount, type JobFile } from '../core/job/file.ts';
import { MAX_FILES_PER_JOB } from '../core/limits.ts';
import type { PartialFiles } from '../ports/partial-files.ts';
import type { Engine } from './engine.ts';
import { inParallel } from './in-parallel.ts';
import type { LiveJob } from './live-job.ts';
import { invalidArgument } from '../core/validate/arguments.ts';
import { checkFile, type FileArguments, type WantedFile } from './validate/file-arguments.ts';

/**
 * Adds files to a job, all of them or none, and returns their indexes.
 *
 * The state of the job is checked first (api.md 2.4, row 1), then the arguments of each file.
 */
export async function addFiles(
  engine: Engine,
  live: LiveJob,
  wanted: readonly FileArguments[],
): Promise<readonly number[]> {
  engine.assertChangeable(live, 'AddFile');
  const checked = await checkFiles(engine.partialsOf(live.job), live.files.length, wanted);
  const isTaken = (fileId: string): boolean => live.hasFileId(fileId);
  const added = identified(live.id, live.files.length, isTaken, checked);
  let counters = live.job.files;
  for (const file of added) counters = recount(counters, undefined, file);
  engine.call(live, { call: 'addFile', files: counters }, added);
  return added.map((file) => file.index);
}

/** Files whose targets are looked at side by side. */
const CHECKS_AT_ONCE = 16;

/** Checks the arguments of files that a job is to have beside the `present` ones. */
export async function checkFiles(
  partials: PartialFiles,
  present: number,
  wanted: readonly FileArguments[],
): Promise<readonly WantedFile[]> {
  const total = present + wanted.length;
  if (total > MAX_FILES_PER_JOB) {
    throw new DeliveryOptimizationError(
      'BG_E_TOO_MANY_FILES_IN_JOB',
      `A job holds at most ${MAX_FILES_PER_JOB} files; this one would have ${total}.`,
    );
  }
  const checked: WantedFile[] = [];
  const directories = new Set<string>();
  await inParallel(wanted, CHECKS_AT_ONCE, async (file, position) => {
    checked[position] = await checkFile(file, partials, directories);
  });
  return checked;
}

/** Gives each file its index, and an id to those whose caller named none. */
export function identified(
  jobId: string,
  firstIndex: number,
  isTaken: (fileId: string) => boolean,
  wanted: readonly WantedFile[],
): JobFile[] {
  const added = new Set<string>();
  return wanted.map(({ fileId: given, ...rest }, position) => {
    const index = firstIndex + position;
    const fileId = given ?? `${jobId}/${index}`;
    if (added.has(fileId) || isTaken(fileId))
      throw invalidArgument(
        `The job has a file with the fileId ${JSON.stringify(fileId)} already.`,
      );
    added.add(fileId);
    const { localName, ...others } = rest;
    return newFile({
      jobId,
      index,
      fileId,
      ...others,
      ...(localName === undefined ? {} : { localName }),
    });
  });
}
