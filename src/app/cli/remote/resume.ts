import type { JobResource } from '../../../rest/contract.ts';
import { listenForInterruption } from '../interruption.ts';
import { shortName } from '../job-name.ts';
import { limitOption } from '../option-values.ts';
import { exitCodeOfAll, type Outcome } from '../outcome.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import { openDisplay } from '../progress/open-display.ts';
import type { ProgressDisplay } from '../progress/progress.ts';
import { adviceLine, atPercent, endLine } from '../report.ts';
import { runJob } from '../run-job.ts';
import { actOnJobs, RESUMABLE, type ActOptions } from './act-on-jobs.ts';
import { chosenJobs } from './find-remote-jobs.ts';
import { openJobBell, type JobBell } from './job-bell.ts';
import { filesOf } from './job-pages.ts';
import { remoteJob } from './remote-job.ts';
import type { ServiceLink } from './service-link.ts';

/** Options of `resume` with a service, as typed. */
export interface RemoteResumeOptions extends ActOptions {
  readonly wait?: boolean;
  readonly limit?: string;
  readonly connections?: string;
}

/** `haulyard resume` with a service: the jobs go on there; with `--wait` until their files are in place. */
export async function resume(
  link: ServiceLink,
  texts: readonly string[],
  options: RemoteResumeOptions,
): Promise<number> {
  const output = openOutput(options);
  if (options.connections !== undefined) {
    output.line('-x is the setting http.connections_per_origin of the service; it is left alone.');
  }
  if (options.limit !== undefined) {
    const maxBytesPerSecond = limitOption(options.limit);
    for (const { id } of await choose(link, texts, options)) {
      await link.rest.call('changeJob', { params: { id }, body: { maxBytesPerSecond } });
    }
  }
  if (options.wait !== true) {
    const exitCode = await actOnJobs(link, 'resume', texts, options);
    output.line(
      '`haulyard watch` shows how it goes; `haulyard complete` puts finished files in place.',
    );
    return exitCode;
  }
  return resumeAndWait(link, await choose(link, texts, options), output);
}

async function resumeAndWait(
  link: ServiceLink,
  jobs: readonly JobResource[],
  output: Output,
): Promise<number> {
  using interruption = listenForInterruption();
  let outcomes: readonly Outcome[];
  {
    using display = await openDisplay(output);
    await using bell = await openJobBell(link, (line) => display.line(line));
    outcomes = await Promise.all(
      jobs.map((job) => waited({ link, bell, display, output }, job, interruption.signal)),
    );
  }
  const advice = adviceLine(outcomes, 'Go on with: ', undefined, ' --wait');
  if (advice !== undefined) output.line(advice);
  return exitCodeOfAll(outcomes);
}

interface Round {
  readonly link: ServiceLink;
  readonly bell: JobBell;
  readonly display: ProgressDisplay;
  readonly output: Output;
}

async function waited(
  { link, bell, display, output }: Round,
  job: JobResource,
  signal: AbortSignal,
): Promise<Outcome> {
  const { id, progress } = job;
  const name = printable(shortName(job.displayName));
  display.begin(id, name, `resuming${atPercent(progress)}`);
  const files = await filesOf(link, id, 2);
  const [file] = files;
  const alone = files.length === 1 && file !== undefined;
  const place = alone ? { url: file.remoteName, file: file.localName } : { url: null, file: null };
  const task = { job: remoteJob(link, bell, id), id, name, ...place };
  const outcome = await runJob(task, display, signal);
  display.end(id, endLine(outcome, progress.bytesTransferred, output));
  output.object(outcome);
  return outcome;
}

function choose(
  link: ServiceLink,
  texts: readonly string[],
  { all }: ActOptions,
): Promise<readonly JobResource[]> {
  return chosenJobs(link, { texts, all: all === true, states: RESUMABLE });
}
