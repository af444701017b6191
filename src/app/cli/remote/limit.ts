import { messageOf } from '../../../core/errors.ts';
import { formatRate, parseRate } from '../../../core/units.ts';
import type { Answer } from '../../../rest/contract.ts';
import { suggest } from '../../config/suggest.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
import { timeText } from './time-text.ts';
import type { ServiceLink } from './service-link.ts';

const SCOPES = ['total', 'foreground', 'background', 'job'] as const;
type Scope = (typeof SCOPES)[number];

/** `haulyard limit`: the limits in force; with a scope and a rate, another one. */
export async function limit(
  link: ServiceLink,
  words: readonly string[],
  options: GlobalOptions,
): Promise<number> {
  const output = openOutput(options);
  const change = wantedLimits(words);
  const limits =
    words.length === 0
      ? await link.rest.call('getLimits')
      : await link.rest.call('changeLimits', { body: change });
  output.object(limits);
  if (!output.json) for (const line of limitLines(limits)) output.line(line);
  return EXIT.OK;
}

/**
 * Reads pairs of a scope and a rate.
 *
 * @throws CommandError 28
 */
export function wantedLimits(words: readonly string[]): Partial<Record<Scope, number | null>> {
  const change: Partial<Record<Scope, number | null>> = {};
  for (let index = 0; index < words.length; index += 2) {
    const scope = words[index] ?? '';
    const rate = words[index + 1];
    const known = SCOPES.find((name) => name === scope.toLowerCase());
    if (known === undefined) {
      const near = suggest(scope, SCOPES);
      const hint = near === undefined ? '' : `; did you mean "${near}"?`;
      throw bad(`"${scope}" is none of ${SCOPES.join(', ')}${hint}`);
    }
    if (rate === undefined) throw bad(`Give "${scope}" a rate, such as 2M, or none.`);
    change[known] = rate.toLowerCase() === 'none' ? null : rateOf(rate);
  }
  return change;
}

/** The limits, with what sets each. */
export function limitLines(limits: Answer<'getLimits'>): readonly string[] {
  const lines = SCOPES.map((scope) => {
    const { bytesPerSecond, rule } = limits[scope];
    return `${scope.padEnd(11)} ${formatRate(bytesPerSecond ?? undefined).padEnd(12)} ${rule}`;
  });
  if (limits.linkBytesPerSecond !== null) {
    lines.push(`${'link'.padEnd(11)} ${formatRate(Math.round(limits.linkBytesPerSecond))}`);
  }
  if (limits.nextChangeAt !== null) lines.push(`next change ${timeText(limits.nextChangeAt)}`);
  return lines;
}

function rateOf(text: string): number {
  try {
    return parseRate(text);
  } catch (error) {
    throw bad(messageOf(error));
  }
}

function bad(message: string): CommandError {
  return new CommandError(EXIT.BAD_OPTION, message);
}
