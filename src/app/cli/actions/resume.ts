import type { IBackgroundCopyJob } from '../../../core/interfaces/job.ts';
import { findJobs } from '../find-job.ts';
import { listenForInterruption } from '../interruption.ts';
import { fileFacts } from '../job-facts.ts';
import { shortName } from '../job-name.ts';
import { openJobs } from '../open-jobs.ts';
import { exitCodeOfAll, type Outcome } from '../outcome.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import { openDisplay } from '../progress/open-display.ts';
import type { ProgressDisplay } from '../progress/progress.ts';
import { adviceLine, atPercent, endLine } from '../report.ts';
import { knownSize } from '../known-size.ts';
import { runJob } from '../run-job.ts';
import { embeddedJob } from '../runnable-job.ts';
import { engineOptions, type TransferOptions } from '../transfer-options.ts';

/** `haulyard resume`: runs jobs in this process until they are done, and completes them. */
export async function resume(jobIds: readonly string[], options: TransferOptions): Promise<number> {
  const output = openOutput(options);
  const engine = engineOptions(options);
  using interruption = listenForInterruption();
  const { signal } = interruption;
  let outcomes: readonly Outcome[];
  {
    await using manager = await openJobs('resume', options, output, engine);
    const jobs = await findJobs(manager, jobIds);
    using display = await openDisplay(output);
    outcomes = await Promise.all(jobs.map((job) => resumed(job, display, output, signal)));
  }
  const advice = adviceLine(outcomes, 'Go on with: ', options.dataDir);
  if (advice !== undefined) output.line(advice);
  return exitCodeOfAll(outcomes);
}

async function resumed(
  job: IBackgroundCopyJob,
  display: ProgressDisplay,
  output: Output,
  signal: AbortSignal,
): Promise<Outcome> {
  const id = await job.getId();
  const name = printable(shortName(await job.getDisplayName()));
  const { bytesTotal, bytesTransferred: before } = await job.getProgress();
  display.begin(
    id,
    name,
    `resuming${atPercent({ bytesTotal: knownSize(bytesTotal), bytesTransferred: before })}`,
  );
  const outcome = await runJob(
    { job: embeddedJob(job), id, name, ...(await soleFile(job)) },
    display,
    signal,
  );
  display.end(id, endLine(outcome, before, output));
  output.object(outcome);
  return outcome;
}

/** URL and place of a job's file when it has exactly one. */
async function soleFile(
  job: IBackgroundCopyJob,
): Promise<{ readonly url: string | null; readonly file: string | null }> {
  const files = await job.enumFiles();
  const [file] = await files.next();
  if (file === undefined || (await files.getCount()) !== 1) return { url: null, file: null };
  const { url, file: place } = await fileFacts(file);
  return { url, file: place };
}
