import { maskUrl } from '../../../core/errors.ts';
import { formatBytes, formatDuration, formatRate } from '../../../core/units.ts';
import type { FileResource, JobResource } from '../../../rest/contract.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { digestInName, shortName } from '../job-name.ts';
import { nextStep } from '../next-step.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { amount, percent } from '../progress/progress-text.ts';
import { errorLine } from '../report.ts';
import { findRemoteJobs } from './find-remote-jobs.ts';
import { filesOf } from './job-pages.ts';
import { timeText } from './time-text.ts';
import type { ServiceLink } from './service-link.ts';

const FILES_SHOWN = 50;

/** `haulyard show` with a service. */
export async function show(
  link: ServiceLink,
  texts: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  const output = openOutput(options);
  for (const job of await findRemoteJobs(link, texts)) {
    output.object(job);
    if (output.json) continue;
    const files = await filesOf(link, job.id, FILES_SHOWN);
    for (const line of [...jobLines(job), ...filesLines(job, files)]) output.line(line);
  }
  return EXIT.OK;
}

/** The facts of a job, names to the left, values to the right. */
export function jobLines(job: JobResource): readonly string[] {
  const digest = digestInName(job.displayName);
  const failure = job.error ?? job.lastFailure;
  const facts: [name: string, value: string][] = [
    ['job', job.id],
    ['name', printable(shortName(job.displayName))],
    ['owner', printable(job.owner)],
    ['state', job.state],
    ['progress', progressOf(job.progress)],
    ['files', `${job.progress.filesTransferred} of ${job.progress.filesTotal} here`],
    ['priority', job.priority],
    [
      'limit',
      job.maxBytesPerSecond === null ? 'none of its own' : formatRate(job.maxBytesPerSecond),
    ],
    ['gives up', `after ${formatDuration(job.noProgressTimeoutSeconds * 1_000)} without progress`],
    ['created', timeText(job.createdAt)],
    ['modified', timeText(job.modifiedAt)],
  ];
  if (job.state === 'transferring')
    facts.push(['rate', formatRate(Math.round(job.bytesPerSecond))]);
  if (job.transferredAt !== null) facts.push(['transferred', timeText(job.transferredAt)]);
  if (job.retryAt !== null) facts.push(['tries again', timeText(job.retryAt)]);
  if (digest !== undefined) facts.push(['checksum', `${digest.algorithm}=${digest.hex}`]);
  if (failure !== null) facts.push(['failure', errorLine(failure)]);
  facts.push(['next', nextStep(job.id, job.state, true)]);
  return facts.map(([name, value]) => `${name.padEnd(12)} ${value}`);
}

/** The files of a job, the first of them in full. */
export function filesLines(
  job: Pick<JobResource, 'progress'>,
  files: readonly FileResource[],
): readonly string[] {
  const lines = files.flatMap((file) => [
    `  ${file.index}  ${printable(file.localName ?? '(no place yet)')}`,
    `     from ${printable(maskUrl(file.remoteName))}`,
    `     ${progressOf({ ...file, bytesTotal: file.sizeBytes })}${file.completed ? ', in place' : ''}`,
  ]);
  const hidden = job.progress.filesTotal - files.length;
  if (hidden > 0) lines.push(`  and ${hidden} more; \`haulyard files JOB --json\` shows all`);
  return lines;
}

function progressOf(facts: {
  readonly bytesTotal: number | null;
  readonly bytesTransferred: number;
}): string {
  const { bytesTransferred } = facts;
  const progress = { bytesTotal: facts.bytesTotal ?? undefined, bytesTransferred };
  if (progress.bytesTotal === undefined) return `${formatBytes(bytesTransferred)}, size unknown`;
  return `${percent(progress)}, ${amount(progress)}`;
}
