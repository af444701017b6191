import type { JobResource } from '../../../rest/contract.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput, type Output } from '../output.ts';
import { allJobs } from './job-pages.ts';
import { jobTable } from './job-table.ts';
import type { ServiceLink } from './service-link.ts';

const JOBS_SHOWN = 20;

/** Options of `list`. */
export interface RemoteListOptions extends GlobalOptions {
  readonly all?: boolean;
  readonly finished?: boolean;
  readonly state?: string;
  readonly owner?: string;
}

/** `haulyard list` with a service. */
export async function list(link: ServiceLink, options: RemoteListOptions): Promise<number> {
  const output = openOutput(options);
  const query = {
    ...(options.finished === true && { all: 'true' }),
    ...(options.state !== undefined && { state: options.state }),
    ...(options.owner !== undefined && { owner: options.owner }),
  };
  if (options.all === true || output.json) {
    const jobs = await allJobs(link, query);
    output.list(jobs);
    if (!output.json) showJobs(jobs, jobs.length, output);
    return EXIT.OK;
  }
  const { jobs, total } = await link.rest.call('listJobs', {
    query: { ...query, first: 'newest', limit: JOBS_SHOWN },
  });
  showJobs(jobs.toReversed(), total, output);
  return EXIT.OK;
}

/** The last one at the bottom, where the eye is. */
function showJobs(jobs: readonly JobResource[], total: number, output: Output): void {
  if (jobs.length === 0) {
    output.line('No jobs. `haulyard get URL` or `haulyard add URL` makes one.');
    return;
  }
  const hidden = total - jobs.length;
  if (hidden > 0) output.line(`${hidden} older jobs are not shown; --all shows them.`);
  output.line(jobTable(jobs, output));
}
