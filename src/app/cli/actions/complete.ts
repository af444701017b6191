import {
  BG_S_PARTIAL_COMPLETE,
  BG_S_UNABLE_TO_DELETE_FILES,
  nameOfHresult,
} from '../../../core/codes.ts';
import type { IBackgroundCopyJob } from '../../../core/interfaces/job.ts';
import { EXIT } from '../exit-numbers.ts';
import { findJobs } from '../find-job.ts';
import type { GlobalOptions } from '../global-options.ts';
import { fileFacts, type FileFacts } from '../job-facts.ts';
import { shortName } from '../job-name.ts';
import { openJobs } from '../open-jobs.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';

/** `haulyard complete`: puts the finished files of jobs into place and ends the jobs. */
export async function complete(jobIds: readonly string[], options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  await using manager = await openJobs('complete', options, output);
  let exitCode: number = EXIT.OK;
  for (const job of await findJobs(manager, jobIds)) {
    const result = await completeOne(job, output);
    if (result === BG_S_PARTIAL_COMPLETE) exitCode = EXIT.UNFINISHED;
  }
  return exitCode;
}

async function completeOne(job: IBackgroundCopyJob, output: Output): Promise<number> {
  const id = await job.getId();
  const name = printable(shortName(await job.getDisplayName()));
  const result = await job.complete();
  const files: FileFacts[] = [];
  for await (const file of await job.enumFiles()) files.push(await fileFacts(file));
  const kept = files.filter((file) => file.completed);
  const dropped = files.filter((file) => !file.completed);
  output.object({
    id,
    result: nameOfHresult(result) ?? 'S_OK',
    kept: kept.map(({ file }) => file),
    dropped: dropped.map(({ file }) => file),
  });
  output.line(`${name}: completed, ${kept.length} of ${files.length} files are in place`);
  for (const { file } of kept) output.line(`  kept     ${printable(file ?? '')}`);
  for (const { file, url } of dropped) output.line(`  dropped  ${printable(file ?? url)}`);
  if (result === BG_S_UNABLE_TO_DELETE_FILES) {
    output.line(`${name}: some temporary files could not be deleted; this is tried again later.`);
  }
  return result;
}
