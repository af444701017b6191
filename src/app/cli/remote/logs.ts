import { setTimeout as sleep } from 'node:timers/promises';

import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { listenForInterruption } from '../interruption.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { ServiceLink } from './service-link.ts';
import { timeText } from './time-text.ts';

const POLL_MS = 1_000;
const MAX_LINES = 1_000;

/** Options of `logs`, as typed. */
export interface LogsOptions extends GlobalOptions {
  readonly lines: string;
  readonly follow?: boolean;
}

/** `haulyard logs`: the newest lines of the service's log; with `-f`, those to come as well. */
export async function logs(link: ServiceLink, options: LogsOptions): Promise<number> {
  const output = openOutput(options);
  const limit = lineCount(options.lines);
  const answer = await link.rest.call('listLogs', { query: { limit } });
  // With --json the answer as it came; a log that goes on has no whole answer, only lines.
  if (options.json === true && options.follow !== true) {
    output.object(answer);
    return EXIT.OK;
  }
  let seen = answer.lines;
  show(seen, output);
  if (options.follow !== true) return EXIT.OK;
  using interruption = listenForInterruption();
  const { signal } = interruption;
  while (!signal.aborted) {
    // Resolves in either case: what follows looks at the signal.
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const { lines } = await link.rest.call('listLogs', { query: { limit: MAX_LINES } });
    show(newLines(seen, lines), output);
    seen = lines;
  }
  return EXIT.OK;
}

/** What `after` has that `before` had not, both being the newest lines of one log. */
export function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  for (let start = 0; start < before.length; start++) {
    const tail = before.slice(start);
    // The longest end of the older piece that stands in the newer one says where that goes on.
    for (let from = after.length - tail.length; from >= 0; from--) {
      if (tail.every((line, index) => line === after[from + index])) {
        return after.slice(from + tail.length);
      }
    }
  }
  return after;
}

/** A line of the log for people: time, level, message and what else it says. */
export function logText(line: string): string {
  let entry: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return printable(line);
    entry = parsed as Record<string, unknown>;
  } catch {
    // A line of another kind, such as a crash report, is shown as it is.
    return printable(line);
  }
  const { time, level, msg, pid: _pid, hostname: _hostname, ...facts } = entry;
  const when = typeof time === 'number' ? new Date(time).toISOString() : text(time);
  const rest = Object.entries(facts).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const words = [when === '' ? '' : timeText(when), levelName(level), text(msg), ...rest];
  return printable(words.filter((word) => word !== '').join(' '));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const LEVELS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

function levelName(level: unknown): string {
  return (LEVELS.get(level) ?? text(level)).padEnd(5);
}

/** The log is data, so it goes to stdout in both forms. */
function show(lines: readonly string[], output: Output): void {
  for (const line of lines) {
    if (output.json) process.stdout.write(`${line}\n`);
    else output.value(logText(line));
  }
}

function lineCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_LINES) return count;
  throw new CommandError(EXIT.BAD_OPTION, `-n: "${text}" is not a number from 1 to ${MAX_LINES}.`);
}
