import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Cost } from './rounds.ts';

/** Runs a command to its end and tells what it cost, its own children included. */
export async function timedCommand(command: readonly string[], scratchFile: string): Promise<Cost> {
  // GNU time is not on every machine; bash's own keeps the CPU of the command and its children.
  const script = `TIMEFORMAT='%R %U %S'; { time "$@" >/dev/null 2>"$0.err"; } 2>"$0"; echo $? >>"$0"`;
  await new Promise<void>((resolve, reject) => {
    const child = spawn('bash', ['-c', script, scratchFile, ...command], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  const text = await readFile(scratchFile, 'utf8');
  const [wall = NaN, user = NaN, system = NaN, code = NaN] = text.trim().split(/\s+/).map(Number);
  if (code !== 0) {
    throw new Error(`${command.join(' ')} failed: ${await readFile(`${scratchFile}.err`, 'utf8')}`);
  }
  return { wall, cpu: user + system };
}
