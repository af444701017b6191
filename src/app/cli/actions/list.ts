import Table from 'cli-table3';

import { formatBytes } from '../../../core/units.ts';
import type { GlobalOptions } from '../global-options.ts';
import { jobFacts, type JobFacts } from '../job-facts.ts';
import { shortName } from '../job-name.ts';
import { openJobs } from '../open-jobs.ts';
import { openOutput, type Output } from '../output.ts';
import { EXIT } from '../exit-numbers.ts';
import { PLAIN_TABLE } from '../plain-table.ts';
import { printable, shortened } from '../printable.ts';
import { percent } from '../progress/progress-text.ts';

const JOBS_SHOWN = 20;
const NAME_CHARACTERS = 32;
const FAILURE_CHARACTERS = 40;

/** Options of `list`. */
export interface ListOptions extends GlobalOptions {
  readonly all?: boolean;
}

/** `haulyard list`: the jobs that are neither completed nor cancelled. */
export async function list(options: ListOptions): Promise<number> {
  const output = openOutput(options);
  const jobs: JobFacts[] = [];
  let hidden = 0;
  {
    await using manager = await openJobs('list', options, output);
    const all = await manager.enumJobs();
    const shown = options.all === true || output.json ? Number.POSITIVE_INFINITY : JOBS_SHOWN;
    hidden = Math.max(0, (await all.getCount()) - shown);
    await all.skip(hidden);
    for await (const job of all) jobs.push(await jobFacts(job));
  }
  output.list(jobs);
  if (!output.json) showTable(jobs, hidden, output);
  return EXIT.OK;
}

/** The newest jobs, the last one at the bottom, where the eye is. */
function showTable(jobs: readonly JobFacts[], hidden: number, output: Output): void {
  if (jobs.length === 0) {
    output.line('No jobs. `haulyard get URL` makes one.');
    return;
  }
  if (hidden > 0) output.line(`${hidden} older jobs are not shown; --all shows them.`);
  output.line(tableOf(jobs, output));
}

function tableOf(jobs: readonly JobFacts[], { colors }: Output): string {
  const head = ['id', 'state', 'progress', 'size', 'name', 'last failure'];
  const table = new Table({
    head: head.map((title) => colors.bold(title)),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_TABLE,
  });
  for (const job of jobs) {
    const { id, state, bytesTotal, bytesTransferred, lastFailure } = job;
    const progress = percent({ bytesTotal: bytesTotal ?? undefined, bytesTransferred });
    table.push([
      id,
      state === 'error' ? colors.red(state) : state,
      progress === '' ? formatBytes(bytesTransferred) : progress,
      bytesTotal === null ? 'unknown' : formatBytes(bytesTotal),
      shortened(printable(shortName(job.name)), NAME_CHARACTERS),
      lastFailure === null ? '' : shortened(printable(lastFailure.code), FAILURE_CHARACTERS),
    ]);
  }
  return table.toString();
}
