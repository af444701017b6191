import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

/** The root of the repository. */
export const root: string = resolve(import.meta.dirname, '../..');

/** How a program ended and what it wrote. */
export interface ProgramEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way. */
export interface RunningExample {
  /** What it has written to stdout so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<ProgramEnd>;
}

/** How an example is started. */
export interface ExampleOptions {
  readonly args: readonly string[];
  /** Where jobs are kept unless the example says otherwise. */
  readonly dataDir: string;
}

/** Starts a file of `examples/` as its reader would, on the Node of this test. */
export function startExample(name: string, { args, dataDir }: ExampleOptions): RunningExample {
  const child = spawn(process.execPath, [join(root, 'examples', name), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HAULYARD_DATA_DIR: dataDir, NODE_OPTIONS: '' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({
    code: code ?? null,
    stdout,
    stderr,
  }));
  return { output: () => stdout, kill: (signal) => void child.kill(signal), ended };
}

/** Runs an example to its end. */
export async function runExample(name: string, options: ExampleOptions): Promise<ProgramEnd> {
  return await startExample(name, options).ended;
}
