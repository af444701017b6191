import { CommanderError } from 'commander';

import { CommandError } from './command-error.ts';
import type { CommandRun } from './commands/define.ts';
import { COMPLETION_WORD } from './completion-word.ts';
import { EXIT } from './exit-numbers.ts';
import { tolerateLostOutput } from './output.ts';
import { buildProgram, EVERY_COMMAND } from './program.ts';

/**
 * The `haulyard` command.
 *
 * @param argv - arguments without the names of Node and of the script
 * @returns the number to exit with
 */
export async function main(argv: string[]): Promise<number> {
  tolerateLostOutput();
  const run = { exitCode: EXIT.OK as number };
  try {
    if (argv[0] === COMPLETION_WORD) return await completed(run, argv.slice(1));
    const program = await buildProgram(run, argv);
    await program.parseAsync(argv, { from: 'user' });
    return run.exitCode;
  } catch (error) {
    return reported(error);
  }
}

/** Answers the script of a shell, which puts `complete --` before the words of the line. */
async function completed(run: CommandRun, argv: readonly string[]): Promise<number> {
  const { answerCompletion } = await import('./commands/completion.ts');
  const program = await buildProgram(run, [EVERY_COMMAND]);
  await answerCompletion(program, argv.slice(argv.indexOf('--') + 1));
  return EXIT.OK;
}

/** Tells what went wrong and returns the number for it. */
async function reported(error: unknown): Promise<number> {
  // Commander has said it already; help and version come this way, too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.BAD_OPTION;
  if (error instanceof CommandError) {
    say(error.message);
    return error.exitCode;
  }
  // The tables of codes are loaded when something failed, not before every command.
  const { isDeliveryOptimizationError } = await import('../../core/errors.ts');
  if (!isDeliveryOptimizationError(error)) {
    say(`this should not happen: ${error instanceof Error ? error.stack : String(error)}`);
    return EXIT.OTHER;
  }
  const { exitCodeOf } = await import('./exit-code.ts');
  const { errorLine } = await import('./report.ts');
  const { printable } = await import('./printable.ts');
  // Only the last line is one with a code: what is wrong with a configuration has a line for each.
  const lines = error.message.split('\n');
  const last = lines.pop() ?? '';
  say([...lines.map(printable), errorLine({ ...error.toJSON(), message: last })].join('\n'));
  return exitCodeOf(error);
}

function say(text: string): void {
  process.stderr.write(`haulyard: ${text}\n`);
}
