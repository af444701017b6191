import { formatRate } from '../../../core/units.ts';
import type { ExplanationResource } from '../../../rest/contract.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { errorLine } from '../report.ts';
import { findRemoteJobs } from './find-remote-jobs.ts';
import { timeText } from './time-text.ts';
import type { ServiceLink } from './service-link.ts';

const SOURCES_SHOWN = 20;

/** `haulyard explain`: why jobs are where they are, and what would move them. */
export async function explain(
  link: ServiceLink,
  texts: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  const output = openOutput(options);
  for (const { id } of await findRemoteJobs(link, texts)) {
    const explanation = await link.rest.call('explainJob', { params: { id } });
    output.object(explanation);
    if (output.json) continue;
    for (const line of explanationLines(explanation)) output.line(line);
  }
  return EXIT.OK;
}

/** The text of `explain`: the answer first, then what it rests on. */
export function explanationLines(explanation: ExplanationResource): readonly string[] {
  const { slot, limits, sources, error } = explanation;
  const lines = [`${explanation.id}  ${explanation.state}`, printable(explanation.summary)];
  for (const { rule, message, unblockedBy, until } of explanation.reasons) {
    lines.push(`  ${rule}: ${printable(message)}`);
    if (unblockedBy !== null) lines.push(`    what ends it: ${printable(unblockedBy)}`);
    if (until !== null) lines.push(`    until ${timeText(until)}`);
  }
  lines.push(
    `slot     ${slot.kind}: ${slot.running} of ${slot.slots} taken, ${slot.ahead} jobs ahead`,
    ...(['total', 'kind', 'job'] as const).map((name) => {
      const { bytesPerSecond, rule } = limits[name];
      return `limit    ${name}: ${formatRate(bytesPerSecond ?? undefined)} (${rule})`;
    }),
    ...sources
      .slice(0, SOURCES_SHOWN)
      .map(
        ({ fileIndex, kind, url, considered }) =>
          `source   file ${fileIndex}, ${kind} ${printable(url)}: ${printable(considered)}`,
      ),
  );
  if (sources.length > SOURCES_SHOWN) {
    lines.push(`         and ${sources.length - SOURCES_SHOWN} more; --json shows all`);
  }
  if (error !== null) lines.push(`error    ${errorLine(error)}`);
  for (const [name, time] of [
    ['retries', explanation.retryAt],
    ['gives up', explanation.noProgressDeadline],
    ['finishes', explanation.expectedFinish],
  ] as const) {
    if (time !== null) lines.push(`${name.padEnd(8)} ${timeText(time)}`);
  }
  return lines;
}
