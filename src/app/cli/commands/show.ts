import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { examplesHelp, type CommandRun } from './define.ts';

/** Adds `haulyard show` to the program. */
export function defineShow(program: Command, run: CommandRun): void {
  program
    .command('show')
    .summary('show everything about a job')
    .description('Shows a job and its files, why it last failed, and what to do next.')
    .argument('<JOB>', 'id of the job, or at least 4 characters that begin no other')
    .addHelpText('after', examplesHelp(['haulyard show 0198c3a2', 'haulyard show 0198c3a2 --json']))
    .addHelpText(
      'after',
      exitCodesHelp([EXIT.OK, EXIT.BAD_OPTION, EXIT.OVERLOADED, EXIT.NO_SUCH_JOB]),
    )
    .action(async (job: string, _options: unknown, command: Command) => {
      const { show } = await import('../actions/show.ts');
      run.exitCode = await show(job, command.optsWithGlobals<GlobalOptions>());
    });
}
