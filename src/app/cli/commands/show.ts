import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { examplesHelp, JOB_HELP, withServiceOr, type CommandRun } from './define.ts';

/** Adds `haulyard show` to the program. */
export function defineShow(program: Command, run: CommandRun): void {
  program
    .command('show')
    .summary('show everything about jobs')
    .description('Shows jobs and their files, why each last failed, and what to do next.')
    .argument('<JOB...>', JOB_HELP)
    .addHelpText('after', examplesHelp(['haulyard show 0198c3a2', 'haulyard show big.iso --json']))
    .addHelpText(
      'after',
      exitCodesHelp([EXIT.OK, EXIT.BAD_OPTION, EXIT.OVERLOADED, EXIT.NO_SUCH_JOB]),
    )
    .action(async (jobs: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withServiceOr(
        options,
        async (link) => (await import('../remote/show.ts')).show(link, jobs, options),
        async () => (await import('../actions/show.ts')).show(jobs, options),
      );
    });
}
