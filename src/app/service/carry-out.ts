import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { errorFromFileSystem } from '../../core/node-errors.ts';
import type { PlanCommand, ServicePlan } from './service-plan.ts';

/** More than any of these commands says when it explains itself. */
const MAX_OUTPUT_CHARACTERS = 8_192;

/** How a command ended: its exit code, and what it said. */
export interface CommandEnd {
  /** Undefined when there is no such command. */
  readonly exitCode: number | undefined;
  readonly output: string;
}

/** Runs a command of a plan. */
export type RunCommand = (argv: readonly [string, ...string[]]) => Promise<CommandEnd>;

/**
 * Writes the files of a plan and runs its commands.
 *
 * @param tell - hears of each step, before it is taken
 * @throws the error of the file system, E_ACCESSDENIED among them; E_FAIL with what a command said
 */
export async function installService(
  plan: ServicePlan,
  tell: (line: string) => void,
  run: RunCommand = runCommand,
): Promise<void> {
  for (const { path, text, encoding } of plan.files) {
    tell(`writing ${path}`);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { encoding, mode: 0o644 });
    } catch (error) {
      throw errorFromFileSystem(error, `write ${path}`, 'file');
    }
  }
  await runAll(plan.install, tell, run);
}

/** Runs the commands that take a service out of use, and deletes its files. */
export async function uninstallService(
  plan: ServicePlan,
  tell: (line: string) => void,
  run: RunCommand = runCommand,
): Promise<void> {
  await runAll(plan.uninstall, tell, run);
  for (const { path } of plan.files) {
    tell(`deleting ${path}`);
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw errorFromFileSystem(error, `delete ${path}`, 'file');
    }
  }
  await runAll(plan.afterUninstall, tell, run);
}

async function runAll(
  commands: readonly PlanCommand[],
  tell: (line: string) => void,
  run: RunCommand,
): Promise<void> {
  for (const { argv, required } of commands) {
    const shown = argv.join(' ');
    tell(`running ${shown}`);
    const { exitCode, output } = await run(argv);
    if (exitCode === 0) continue;
    const said = output.trim() === '' ? '' : `: ${output.trim()}`;
    const what =
      exitCode === undefined
        ? `There is no command "${argv[0]}" on this machine${said}`
        : `"${shown}" ended with ${exitCode}${said}`;
    if (required) throw new DeliveryOptimizationError('E_FAIL', what);
    tell(what);
  }
}

/** Runs a command without a shell, and keeps the last of what it says. */
export async function runCommand(argv: readonly [string, ...string[]]): Promise<CommandEnd> {
  const [command, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    let output = '';
    const note = (text: string): void => {
      output = (output + text).slice(-MAX_OUTPUT_CHARACTERS);
    };
    child.stdout.setEncoding('utf8').on('data', note);
    child.stderr.setEncoding('utf8').on('data', note);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve({ exitCode: undefined, output: '' });
      else reject(errorFromFileSystem(error, `run ${command}`, 'file'));
    });
    child.on('close', (exitCode, signal) =>
      resolve({
        exitCode: exitCode ?? 128,
        output: signal === null ? output : `${output}${signal}`,
      }),
    );
  });
}
