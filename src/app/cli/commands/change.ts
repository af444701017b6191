import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { FilesOptions } from '../remote/files.ts';
import { collect, examplesHelp, JOB_HELP, withService, type CommandRun } from './define.ts';

const CODES = exitCodesHelp([
  EXIT.OK,
  EXIT.BAD_OPTION,
  EXIT.NO_SERVICE,
  EXIT.NOT_PERMITTED,
  EXIT.NO_SUCH_JOB,
  EXIT.WRONG_STATE,
]);

const SET_HELP = `
Keys:
  priority=P             foreground, high, normal or low
  limit=RATE             bytes per second, or none
  no-progress-timeout=T  how long without a byte before it gives up, such as 2h
  cost=POLICY            always, not-roaming, no-surcharge, standard, unrestricted, or a mask
  notify-flags=N         mask of BG_NOTIFY
  handler=GUID           NOTIFICATION_CLSID: the handler of the service that hears of the job
  url=URL                another URL for the content of file 0; url.3=URL of file 3`;

/** Adds `haulyard set` to the program. */
export function defineSet(program: Command, run: CommandRun): void {
  program
    .command('set')
    .summary('change a job')
    .description('Changes properties of a job, while it runs as well.')
    .argument('<JOB>', JOB_HELP)
    .argument('<KEY=VALUE...>', 'what to change')
    .addHelpText('after', SET_HELP)
    .addHelpText(
      'after',
      examplesHelp([
        'haulyard set 0198c3a2 priority=low limit=500K',
        'haulyard set big.iso limit=none',
      ]),
    )
    .addHelpText('after', CODES)
    .action(async (job: string, words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/set.ts')).set(link, job, words, options),
      );
    });
}

/** Adds `haulyard files` to the program. */
export function defineFiles(program: Command, run: CommandRun): void {
  program
    .command('files')
    .summary('show the files of a job, or add some')
    .description('Shows the files of a job. With --add it gets more of them, all or none.')
    .argument('<JOB>', JOB_HELP)
    .option('--add <URL>', 'a file to add; may be repeated', collect)
    .option('-d, --dir <DIR>', 'directory of the added files (default: the current)')
    .option('-o, --out <FILE>', 'name of the added file, with one --add')
    .addHelpText(
      'after',
      examplesHelp([
        'haulyard files 0198c3a2',
        'haulyard files big.iso --add https://example.com/b',
      ]),
    )
    .addHelpText('after', CODES)
    .action(async (job: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<FilesOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/files.ts')).files(link, job, options),
      );
    });
}

/** Adds `haulyard order` to the program. */
export function defineOrder(program: Command, run: CommandRun): void {
  program
    .command('order')
    .summary('move a job within its queue')
    .description('Moves a job within the queue of its priority.')
    .argument('<JOB>', JOB_HELP)
    .argument('<PLACE...>', 'first, last, before JOB or after JOB')
    .addHelpText(
      'after',
      examplesHelp(['haulyard order big.iso first', 'haulyard order 0198c3a2 before 0198c3b7']),
    )
    .addHelpText('after', CODES)
    .action(async (job: string, place: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/order.ts')).order(link, job, place, options),
      );
    });
}

/** Adds `haulyard explain` to the program. */
export function defineExplain(program: Command, run: CommandRun): void {
  program
    .command('explain')
    .summary('tell why a job is where it is')
    .description(
      'Tells why jobs are where they are: each rule that blocks or delays them, what would end it, the sources considered, and when they may be done.',
    )
    .argument('<JOB...>', JOB_HELP)
    .addHelpText(
      'after',
      examplesHelp(['haulyard explain 0198c3a2', 'haulyard explain big.iso --json']),
    )
    .addHelpText('after', CODES)
    .action(async (jobs: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/explain.ts')).explain(link, jobs, options),
      );
    });
}
