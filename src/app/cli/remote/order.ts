import type { Body } from '../../../rest/contract.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { shortName } from '../job-name.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { findRemoteJob } from './find-remote-jobs.ts';
import type { ServiceLink } from './service-link.ts';

/** `haulyard order`: moves a job within its queue. */
export async function order(
  link: ServiceLink,
  text: string,
  words: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  const output = openOutput(options);
  const where = words.join(' ');
  const [place, other, ...rest] = words;
  const alone = place === 'first' || place === 'last';
  const beside = place === 'before' || place === 'after';
  if (rest.length > 0 || !(alone ? other === undefined : beside && other !== undefined)) {
    throw new CommandError(
      EXIT.BAD_OPTION,
      `"${where}" is no place: write first, last, before JOB or after JOB.`,
    );
  }
  const job = await findRemoteJob(link, text);
  let body: Body<'orderJob'> = { position: place === 'first' ? 'first' : 'last' };
  if (other !== undefined) {
    const { id } = await findRemoteJob(link, other);
    body = { position: place === 'before' ? { before: id } : { after: id } };
  }
  output.object(await link.rest.call('orderJob', { params: { id: job.id }, body }));
  output.line(`${printable(shortName(job.displayName))}: moved, ${where}`);
  return EXIT.OK;
}
