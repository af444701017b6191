import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { InstalledHaulyard } from './installed-haulyard.ts';
import type { RunJobsOutcome, RunJobsTask } from './programs/run-jobs.ts';

const PROGRAM = join(import.meta.dirname, 'programs', 'run-jobs.ts');

/** Where a program runs, and what it trusts. */
export interface InProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Changes the words of the command, as a network lab does. */
  readonly over?: (command: readonly string[]) => readonly string[];
}

/** Runs jobs in a fresh process that uses haulyard as a library. */
export async function runJobsInProcess(
  haulyard: InstalledHaulyard,
  task: Omit<RunJobsTask, 'library'>,
  { env = haulyard.env, over = (command) => command }: InProcessOptions = {},
): Promise<RunJobsOutcome> {
  const whole: RunJobsTask = { ...task, library: haulyard.library };
  const file = `${task.dataDir}.task.json`;
  await writeFile(file, JSON.stringify(whole));
  const [command = '', ...args] = over(haulyard.program(PROGRAM, file));
  const { stdout } = await promisify(execFile)(command, args, { env });
  return JSON.parse(stdout) as RunJobsOutcome;
}
