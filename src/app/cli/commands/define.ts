import type { Command } from 'commander';

import type { GlobalOptions } from '../global-options.ts';
import { findService, requireService } from '../remote/find-service.ts';
import type { ServiceLink } from '../remote/service-link.ts';

/** What the command that was run exits with. */
export interface CommandRun {
  exitCode: number;
}

/** Adds a command to the program. */
export type Define = (program: Command, run: CommandRun) => void;

/** The examples of a help text: what is typed, one a line. */
export function examplesHelp(examples: readonly string[]): string {
  return ['', 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n');
}

/** How jobs are named in arguments. */
export const JOB_HELP =
  'id or name of a job, or at least 4 characters that its id alone begins or ends with';

/** Does a task with the service; 40 when none runs. */
export async function withService(
  globals: GlobalOptions,
  task: (link: ServiceLink) => Promise<number>,
): Promise<number> {
  await using link = await requireService(globals);
  return await task(link);
}

/** Does a task with the service when one runs, and with the engine in this process otherwise. */
export async function withServiceOr(
  globals: GlobalOptions,
  task: (link: ServiceLink) => Promise<number>,
  embedded: () => Promise<number>,
): Promise<number> {
  await using link = await findService(globals);
  return await (link === undefined ? embedded() : task(link));
}

/** For an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
