import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { EventsOptions } from '../remote/events.ts';
import type { LogsOptions } from '../remote/logs.ts';
import { examplesHelp, withService, type CommandRun } from './define.ts';

const CODES = [EXIT.OK, EXIT.BAD_OPTION, EXIT.NO_SERVICE, EXIT.NOT_PERMITTED] as const;

/** Adds `haulyard watch` to the program. */
export function defineWatch(program: Command, run: CommandRun): void {
  program
    .command('watch')
    .summary('follow all jobs in a live table')
    .description(
      'Follows all jobs: in a table that is drawn over itself on a terminal, as lines elsewhere. Ends with q or Ctrl-C.',
    )
    .addHelpText('after', examplesHelp(['haulyard watch', 'haulyard watch 2> progress.log']))
    .addHelpText('after', exitCodesHelp(CODES))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/watch.ts')).watch(link, options),
      );
    });
}

/** Adds `haulyard events` to the program. */
export function defineEvents(program: Command, run: CommandRun): void {
  program
    .command('events')
    .summary('print what happens to jobs, as it happens')
    .description('Prints events until Ctrl-C. After a lost connection it goes on where it was.')
    .option('--job <JOB>', 'only events of this job')
    .option('--after <N>', 'first the events after this one, as far as the log goes back')
    .option('--progress', 'progress in between, about once a second')
    .option('--owner <USER>', 'jobs of another user, or * for everyone’s (administrators)')
    .addHelpText(
      'after',
      examplesHelp(['haulyard events --jsonl', 'haulyard events --job big.iso --after 0 --jsonl']),
    )
    .addHelpText('after', exitCodesHelp([...CODES, EXIT.NO_SUCH_JOB]))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<EventsOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/events.ts')).events(link, options),
      );
    });
}

/** Adds `haulyard logs` to the program. */
export function defineLogs(program: Command, run: CommandRun): void {
  program
    .command('logs')
    .summary('show the log of the service')
    .description('Shows the newest lines of the service’s log, for administrators.')
    .option('-n, --lines <N>', 'how many, 1 to 1000', '100')
    .option('-f, --follow', 'go on with the lines to come, until Ctrl-C')
    .addHelpText('after', examplesHelp(['haulyard logs -n 20', 'haulyard logs -f --jsonl']))
    .addHelpText('after', exitCodesHelp(CODES))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogsOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/logs.ts')).logs(link, options),
      );
    });
}

/** Adds `haulyard stats` to the program. */
export function defineStats(program: Command, run: CommandRun): void {
  program
    .command('stats')
    .summary('show jobs by state, rates, and bytes by source')
    .description('Shows how many jobs are in each state, the rate, and bytes by month and source.')
    .addHelpText('after', examplesHelp(['haulyard stats', 'haulyard stats --json']))
    .addHelpText('after', exitCodesHelp(CODES))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/stats.ts')).stats(link, options),
      );
    });
}
