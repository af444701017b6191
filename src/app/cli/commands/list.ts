import type { Command } from 'commander';

import type { RemoteListOptions } from '../remote/list.ts';
import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import { examplesHelp, withService, withServiceOr, type CommandRun } from './define.ts';

/** Adds `haulyard list` to the program. */
export function defineList(program: Command, run: CommandRun): void {
  program
    .command('list')
    .summary('show the jobs')
    .description('Shows the jobs that are neither completed nor cancelled, the newest last.')
    .option('--all', 'all of them, not only the newest 20; --json always prints all')
    .option('--finished', 'those that are completed or cancelled, too (service)')
    .option('--state <STATES>', 'only jobs in these states, comma separated (service)')
    .option('--owner <USER>', 'jobs of another user, or * for everyone’s (service, administrators)')
    .addHelpText(
      'after',
      examplesHelp([
        'haulyard list',
        'haulyard list --state error,transient_error',
        'haulyard list --json | jq .[].id',
      ]),
    )
    .addHelpText(
      'after',
      exitCodesHelp([
        EXIT.OK,
        EXIT.BAD_OPTION,
        EXIT.OVERLOADED,
        EXIT.NO_SERVICE,
        EXIT.NOT_PERMITTED,
      ]),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RemoteListOptions>();
      const { finished, state, owner } = options;
      const remote = async (link: Parameters<Parameters<typeof withService>[1]>[0]) =>
        (await import('../remote/list.ts')).list(link, options);
      // Only a service keeps a history and knows owners.
      const needsService = finished === true || state !== undefined || owner !== undefined;
      run.exitCode = await (needsService
        ? withService(options, remote)
        : withServiceOr(options, remote, async () =>
            (await import('../actions/list.ts')).list(options),
          ));
    });
}
