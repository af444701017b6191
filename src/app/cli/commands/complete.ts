import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { examplesHelp, type CommandRun } from './define.ts';

/** Adds `haulyard complete` to the program. */
export function defineComplete(program: Command, run: CommandRun): void {
  program
    .command('complete')
    .summary('put the finished files of jobs into place')
    .description(
      'Puts the finished files of jobs under their names and ends the jobs. Files that are not finished are dropped.',
    )
    .argument('<JOB...>', 'ids of jobs, or at least 4 characters that begin no other')
    .addHelpText('after', examplesHelp(['haulyard complete 0198c3a2']))
    .addHelpText(
      'after',
      `${exitCodesHelp([EXIT.OK, EXIT.UNFINISHED, EXIT.FILE, EXIT.BAD_OPTION, EXIT.OVERLOADED, EXIT.NO_SUCH_JOB])}\n\n7 here: some files were not finished and were dropped.`,
    )
    .action(async (jobs: string[], _options: unknown, command: Command) => {
      const { complete } = await import('../actions/complete.ts');
      run.exitCode = await complete(jobs, command.optsWithGlobals<GlobalOptions>());
    });
}
