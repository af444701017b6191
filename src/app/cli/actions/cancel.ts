import { BG_S_UNABLE_TO_DELETE_FILES, nameOfHresult } from '../../../core/codes.ts';
import { EXIT } from '../exit-numbers.ts';
import { findJobs } from '../find-job.ts';
import type { GlobalOptions } from '../global-options.ts';
import { shortName } from '../job-name.ts';
import { openJobs } from '../open-jobs.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';

/** `haulyard cancel`: forgets jobs and deletes what they fetched. */
export async function cancel(jobIds: readonly string[], options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  await using manager = await openJobs('cancel', options, output);
  // All ids are looked up before the first job is gone for good.
  for (const job of await findJobs(manager, jobIds)) {
    const id = await job.getId();
    const name = printable(shortName(await job.getDisplayName()));
    const result = await job.cancel();
    output.object({ id, result: nameOfHresult(result) ?? 'S_OK' });
    output.line(`${name}: cancelled`);
    if (result === BG_S_UNABLE_TO_DELETE_FILES) {
      output.line(`${name}: some temporary files could not be deleted; this is tried again later.`);
    }
  }
  return EXIT.OK;
}
