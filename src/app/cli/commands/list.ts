import type { Command } from 'commander';

import type { ListOptions } from '../actions/list.ts';
import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import { examplesHelp, type CommandRun } from './define.ts';

/** Adds `haulyard list` to the program. */
export function defineList(program: Command, run: CommandRun): void {
  program
    .command('list')
    .summary('show the jobs')
    .description('Shows the jobs that are neither completed nor cancelled, the newest last.')
    .option('--all', 'all of them, not only the newest 20; --json always prints all')
    .addHelpText('after', examplesHelp(['haulyard list', 'haulyard list --json | jq .[].id']))
    .addHelpText('after', exitCodesHelp([EXIT.OK, EXIT.BAD_OPTION, EXIT.OVERLOADED]))
    .action(async (_options: unknown, command: Command) => {
      const { list } = await import('../actions/list.ts');
      run.exitCode = await list(command.optsWithGlobals<ListOptions>());
    });
}
