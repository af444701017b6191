import { BG_S_PARTIAL_COMPLETE, BG_S_UNABLE_TO_DELETE_FILES } from '../../../core/codes.ts';
import { maskUrl } from '../../../core/errors.ts';
import { toUnsigned } from '../../../core/hresult.ts';
import { EXIT } from '../exit-numbers.ts';
import { shortName } from '../job-name.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { ActOptions } from './act-on-jobs.ts';
import { chosenJobs } from './find-remote-jobs.ts';
import { filesOf } from './job-pages.ts';
import type { ServiceLink } from './service-link.ts';

/** `haulyard complete` with a service. */
export async function complete(
  link: ServiceLink,
  texts: readonly string[],
  options: ActOptions,
): Promise<number> {
  const output = openOutput(options);
  const all = options.all === true;
  const jobs = await chosenJobs(link, { texts, all, states: ['transferred'] });
  if (jobs.length === 0) output.line('No job is transferred.');
  let exitCode: number = EXIT.OK;
  for (const { id, displayName } of jobs) {
    const result = await completeOne(link, id, printable(shortName(displayName)), output);
    if (result === BG_S_PARTIAL_COMPLETE) exitCode = EXIT.UNFINISHED;
  }
  return exitCode;
}

async function completeOne(
  link: ServiceLink,
  id: string,
  name: string,
  output: Output,
): Promise<number> {
  const answer = await link.rest.call('completeJob', { params: { id } });
  const result = toUnsigned(answer.hresult);
  output.object(answer);
  const files = await filesOf(link, id);
  const kept = files.filter((file) => file.completed);
  output.line(`${name}: completed, ${kept.length} of ${files.length} files are in place`);
  for (const { localName } of kept) output.line(`  kept     ${printable(localName ?? '')}`);
  for (const { localName, remoteName, completed } of files) {
    if (!completed) output.line(`  dropped  ${printable(localName ?? maskUrl(remoteName))}`);
  }
  if (result === BG_S_UNABLE_TO_DELETE_FILES) {
    output.line(`${name}: some temporary files could not be deleted; this is tried again later.`);
  }
  return result;
}
