import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { examplesHelp, type CommandRun } from './define.ts';

/** Adds `haulyard cancel` to the program. */
export function defineCancel(program: Command, run: CommandRun): void {
  program
    .command('cancel')
    .summary('forget jobs and what they fetched')
    .description('Forgets jobs and deletes the bytes they fetched. Files in place are left alone.')
    .argument('<JOB...>', 'ids of jobs, or at least 4 characters that begin no other')
    .addHelpText('after', examplesHelp(['haulyard cancel 0198c3a2']))
    .addHelpText(
      'after',
      exitCodesHelp([EXIT.OK, EXIT.BAD_OPTION, EXIT.OVERLOADED, EXIT.NO_SUCH_JOB]),
    )
    .action(async (jobs: string[], _options: unknown, command: Command) => {
      const { cancel } = await import('../actions/cancel.ts');
      run.exitCode = await cancel(jobs, command.optsWithGlobals<GlobalOptions>());
    });
}
