import type { LocalMoment } from '../../../core/policy/limited-hours.ts';
import type { Answer, Body } from '../../../rest/contract.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import { settingLines, settingText } from '../setting-lines.ts';
import { limitLines } from './limit.ts';
import type { ServiceLink } from './service-link.ts';

/** Sections of the configuration that are policies. */
const POLICY_SECTION = /^(bandwidth|network|peer|cache)\./;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** Options of `policy test`, as typed. */
export interface PolicyTestOptions extends GlobalOptions {
  readonly when?: string;
  readonly network?: string;
  readonly battery?: string;
  /** True with `--vpn`, false with `--no-vpn`. */
  readonly vpn?: boolean;
}

/** `haulyard policy show`: the policies in force, and what the service sees of the network. */
export async function policyShow(link: ServiceLink, options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  const { settings } = await link.rest.call('getConfig');
  const policies = settings.filter(({ key }) => POLICY_SECTION.test(key));
  const limits = await link.rest.call('getLimits');
  const network = await link.rest.call('getNetwork');
  output.object({ settings: policies, limits, network });
  if (output.json) return EXIT.OK;
  showFacts(network, output);
  for (const line of limitLines(limits)) output.line(line);
  for (const line of settingLines(policies)) output.line(line);
  return EXIT.OK;
}

/** `haulyard policy test`: the same at another time, on another network, and what would run. */
export async function policyTest(link: ServiceLink, options: PolicyTestOptions): Promise<number> {
  const output = openOutput(options);
  const { when, network, vpn } = options;
  const body: Body<'testPolicy'> = {
    ...(when !== undefined && { when }),
    ...(network !== undefined && { network }),
    ...(options.battery !== undefined && { battery: batteryOption(options.battery) }),
    ...(vpn !== undefined && { vpn }),
  };
  const result = await link.rest.call('testPolicy', { body });
  output.object(result);
  if (output.json) return EXIT.OK;
  const { moment, ...facts } = result.facts;
  showFacts({ moment: momentText(moment), ...facts }, output);
  for (const line of limitLines(result.limits)) output.line(line);
  for (const line of settingLines(result.settings)) output.line(line);
  for (const line of verdictLines(result)) output.line(line);
  return EXIT.OK;
}

/** What each job would do, and what keeps it from running. */
export function verdictLines({ jobs, truncated }: Answer<'testPolicy'>): readonly string[] {
  const lines = jobs.map((job) => {
    const name = `${job.id}  ${printable(job.displayName)}`;
    if (job.wouldRun) return `${name}: would run`;
    const until = job.unblockedBy === null ? '' : `; what ends it: ${printable(job.unblockedBy)}`;
    return `${name}: would wait: ${printable(job.reason ?? job.code ?? 'blocked')}${until}`;
  });
  if (jobs.length === 0) lines.push('There are no jobs to judge.');
  if (truncated) lines.push('More jobs are not shown.');
  return lines;
}

function momentText(moment: unknown): string {
  const { weekday = -1, minuteOfDay = 0 } = (moment ?? {}) as Partial<LocalMoment>;
  const parts = [Math.floor(minuteOfDay / 60), minuteOfDay % 60];
  const time = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${DAYS[weekday] ?? ''} ${time}`.trim();
}

function showFacts(facts: object, output: Output): void {
  for (const [name, value] of Object.entries(facts) as [string, unknown][]) {
    const shown = value === null ? 'not known' : settingText(value);
    output.line(`${name.padEnd(18)} ${printable(shown)}`);
  }
}

function batteryOption(text: string): number | string {
  if (text === 'none') return text;
  const percent = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (percent <= 100) return percent;
  throw new CommandError(
    EXIT.BAD_OPTION,
    `--battery: "${text}" is neither a charge from 0 to 100 nor none (on mains).`,
  );
}
