import { formatBytes, formatRate } from '../../../core/units.ts';
import type { Answer } from '../../../rest/contract.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
import type { ServiceLink } from './service-link.ts';

/** `haulyard stats`: jobs by state, rates, and bytes by source and month. */
export async function stats(link: ServiceLink, options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  const facts = await link.rest.call('getStats');
  output.object(facts);
  if (!output.json) for (const line of statsLines(facts)) output.line(line);
  return EXIT.OK;
}

/** The text of `stats`. */
export function statsLines(facts: Answer<'getStats'>): readonly string[] {
  const { jobsByState, running, bytesPerSecond, months } = facts;
  const states = Object.entries(jobsByState).filter(([, count]) => count > 0);
  const jobs = states.map(([state, count]) => `${count} ${state}`).join(', ');
  return [
    `jobs     ${jobs === '' ? 'none' : jobs}`,
    `running  ${running.foreground} foreground, ${running.background} background`,
    `rate     ${formatRate(Math.round(bytesPerSecond))}`,
    ...months.map(
      ({ month, source, bytesDown, bytesUp }) =>
        `${month}  ${source.padEnd(14)} ${formatBytes(bytesDown)} down, ${formatBytes(bytesUp)} up`,
    ),
  ];
}
