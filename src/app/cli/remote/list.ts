import type { JobResource } from '../../../rest/contract.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
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
  const jobs: readonly JobResource[] = await allJobs(link, {
    ...(options.finished === true && { all: 'true' }),
    ...(options.state !== undefined && { state: options.state }),
    ...(options.owner !== undefined && { owner: options.owner }),
  });
  output.list(jobs);
  if (output.json) return EXIT.OK;
  if (jobs.length === 0) {
    output.line('No jobs. `haulyard get URL` or `haulyard add URL` makes one.');
    return EXIT.OK;
  }
  // The newest ones, the last one at the bottom, where the eye is.
  const shown = options.all === true ? jobs : jobs.slice(-JOBS_SHOWN);
  const hidden = jobs.length - shown.length;
  if (hidden > 0) output.line(`${hidden} older jobs are not shown; --all shows them.`);
  output.line(jobTable(shown, output));
  return EXIT.OK;
}
