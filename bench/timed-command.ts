import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';

import { endWithUs } from './end-with-us.ts';
import type { Cost } from './rounds.ts';

/** Where Debian's package `time` puts it. */
const GNU_TIME = '/usr/bin/time';

/**
 * Runs a command to its end and tells what it cost, its own children included.
 *
 * Wall time and CPU are bash's, to the millisecond. Resident memory is what the kernel counted for
 * the largest process of the command (`ru_maxrss`: all its threads, none of the page cache), known
 * only where GNU time is installed.
 *
 * @param scratchFile - a name that is free, for what is measured; names beside it are used, too
 * @throws when the command fails, with what it wrote to stderr
 */
export async function timedCommand(
  command: readonly string[],
  scratchFile: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Cost> {
  const resident = `${scratchFile}.resident`;
  await rm(resident, { force: true });
  const measured = existsSync(GNU_TIME)
    ? [GNU_TIME, '-q', '-f', '%M', '-o', resident, '--', ...command]
    : command;
  const script = `TIMEFORMAT='%R %U %S'; { time "$@" >/dev/null 2>"$0.err"; } 2>"$0"; echo $? >>"$0"`;
  await new Promise<void>((resolve, reject) => {
    const child = spawn('bash', ['-c', script, scratchFile, ...measured], {
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env,
    });
    endWithUs(child);
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  const text = await readFile(scratchFile, 'utf8');
  const [wall = NaN, user = NaN, system = NaN, code = NaN] = text.trim().split(/\s+/).map(Number);
  if (code !== 0) {
    throw new Error(`${command.join(' ')} failed: ${await readFile(`${scratchFile}.err`, 'utf8')}`);
  }
  const cost = { wall, cpu: user + system };
  if (measured === command) return cost;
  return { ...cost, residentMb: (Number(await readFile(resident, 'utf8')) * 1_024) / 1e6 };
}
