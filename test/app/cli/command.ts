import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.ts';

const bin = resolve(import.meta.dirname, '../../../bin/haulyard.js');

/** What a command did. */
export interface CommandResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** What it has said to people so far. */
  stderr(): string;
  readonly ended: Promise<CommandResult>;
}

/** A working directory and a data directory for commands, gone when disposed of. */
export interface Workplace extends AsyncDisposable {
  readonly directory: TemporaryDirectory;
  readonly dataDir: string;
  /** Variables that its commands see besides PATH and the data directory. */
  readonly env: Record<string, string>;
  start(args: readonly string[], input?: string): RunningCommand;
  run(args: readonly string[], input?: string): Promise<CommandResult>;
}

/** Makes one. Commands that still run at its end are killed. */
export async function workplace(): Promise<Workplace> {
  const directory = await temporaryDirectory();
  const dataDir = directory.join('data');
  // A service that happens to run on this machine is none of a test's business.
  const env: Record<string, string> = { HAULYARD_EMBEDDED: '1' };
  const running = new Set<RunningCommand>();

  function start(args: readonly string[], input = ''): RunningCommand {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: directory.path,
      env: { PATH: process.env['PATH'], HAULYARD_DATA_DIR: dataDir, ...env },
      stdio: 'pipe',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const ended = once(child, 'close').then(([exitCode]): CommandResult => {
      running.delete(command);
      return { exitCode: exitCode as number | null, stdout, stderr };
    });
    const command: RunningCommand = { child, stderr: () => stderr, ended };
    running.add(command);
    return command;
  }

  return {
    directory,
    dataDir,
    env,
    start,
    run: (args, input) => start(args, input).ended,
    async [Symbol.asyncDispose]() {
      const left = [...running];
      for (const { child } of left) child.kill('SIGKILL');
      await Promise.all(left.map(({ ended }) => ended));
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** The objects on the lines of stdout. */
export function objectsOf(result: CommandResult): readonly unknown[] {
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
