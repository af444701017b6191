import { maskUrl } from '../../../core/errors.ts';
import { formatBytes, formatDuration } from '../../../core/units.ts';
import { EXIT } from '../exit-numbers.ts';
import { findJobs } from '../find-job.ts';
import type { GlobalOptions } from '../global-options.ts';
import { jobDetails, type FileFacts, type JobDetails } from '../job-facts.ts';
import { digestInName, shortName } from '../job-name.ts';
import { nextStep } from '../next-step.ts';
import { openJobs } from '../open-jobs.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { amount, percent } from '../progress/progress-text.ts';
import { errorLine } from '../report.ts';

const FILES_SHOWN = 50;
const RANGES_SHOWN = 10;

/** `haulyard show`: everything there is to know of jobs. */
export async function show(jobIds: readonly string[], options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  await using manager = await openJobs('show', options, output);
  for (const job of await findJobs(manager, jobIds)) {
    const details = await jobDetails(job);
    output.object(details);
    if (output.json) continue;
    for (const line of detailLines(details)) output.line(line);
  }
  return EXIT.OK;
}

/** The text of `show`: names to the left, values to the right, files below. */
export function detailLines(job: JobDetails): readonly string[] {
  const digest = digestInName(job.name);
  const facts: [name: string, value: string][] = [
    ['job', job.id],
    ['name', printable(shortName(job.name))],
    ['state', job.state],
    ['progress', progressOf(job)],
    ['files', `${job.filesTransferred} of ${job.filesTotal} here`],
    ['priority', job.priority],
    ['gives up', `after ${formatDuration(job.noProgressTimeoutSeconds * 1_000)} without progress`],
    ['created', job.created.toISOString()],
    ['modified', job.modified.toISOString()],
  ];
  if (job.transferred !== null) facts.push(['transferred', job.transferred.toISOString()]);
  if (digest !== undefined) facts.push(['checksum', `${digest.algorithm}=${digest.hex}`]);
  if (job.customHeaderNames.length > 0) {
    facts.push(['headers', printable(job.customHeaderNames.join(', '))]);
  }
  if (job.lastFailure !== null) facts.push(['failure', errorLine(job.lastFailure)]);
  facts.push(['next', nextStep(job.id, job.state)]);
  const files = job.files.slice(0, FILES_SHOWN).flatMap(fileLines);
  const hidden = job.files.length - FILES_SHOWN;
  if (hidden > 0) files.push(`  and ${hidden} more; --json shows all`);
  return [...facts.map(([name, value]) => `${name.padEnd(12)} ${value}`), ...files];
}

function fileLines(file: FileFacts): string[] {
  const { ranges } = file;
  const lines = [
    `  ${printable(file.file ?? '(no place yet)')}`,
    `    from ${printable(maskUrl(file.url))}`,
    `    ${progressOf(file)}${file.completed ? ', in place' : ''}`,
  ];
  for (const { offset, length } of ranges.slice(0, RANGES_SHOWN)) {
    lines.push(`    bytes from ${offset}, ${length === null ? 'to the end' : `${length} of them`}`);
  }
  if (ranges.length > RANGES_SHOWN)
    lines.push(`    and ${ranges.length - RANGES_SHOWN} more ranges`);
  return lines;
}

function progressOf(facts: {
  readonly bytesTotal: number | null;
  readonly bytesTransferred: number;
}): string {
  const progress = { ...facts, bytesTotal: facts.bytesTotal ?? undefined };
  const size =
    facts.bytesTotal === null
      ? `${formatBytes(facts.bytesTransferred)}, size unknown`
      : amount(progress);
  const shown = percent(progress);
  return shown === '' ? size : `${shown}, ${size}`;
}
