import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { endWithUs } from './end-with-us.ts';
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
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  endWithUs(child);
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`The program on the library ended with exit code ${code}.`);
  return JSON.parse(stdout) as RunJobsOutcome;
}
