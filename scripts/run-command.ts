import { spawn } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';

/** The root of the clone. */
export const root: string = resolve(import.meta.dirname, '..');

/** How a command ended, and everything it wrote. */
export interface CommandResult {
  readonly ok: boolean;
  readonly output: string;
}

/**
 * Runs a command to its end, collecting what it writes.
 *
 * The tools of this clone come first on its path, and with them the Node that npm brought.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  cwd: string = root,
): Promise<CommandResult> {
  const tools = join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${tools}${delimiter}${process.env['PATH'] ?? ''}` };
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return await new Promise((done) => {
    child.on('error', (error) => done({ ok: false, output: `${output}${error.message}\n` }));
    child.on('close', (code) => done({ ok: code === 0, output }));
  });
}

/** Runs one stage and prints its name, how it ended and how long it took. */
export async function stage(name: string, work: () => Promise<boolean>): Promise<boolean> {
  const start = performance.now();
  const ok = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  return ok;
}

/** A stage that is one command; what the command wrote is shown only when it fails. */
export async function commandStage(
  name: string,
  command: string,
  ...args: readonly string[]
): Promise<boolean> {
  return await stage(name, async () => {
    const result = await runCommand(command, args);
    if (!result.ok) process.stdout.write(result.output);
    return result.ok;
  });
}
