import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { AddOptions } from '../remote/add.ts';
import { collect, examplesHelp, withService, type CommandRun } from './define.ts';

const EXAMPLES = [
  'haulyard add https://example.com/big.iso',
  'haulyard add -d /srv/mirror --priority low --limit 2M https://example.com/a https://example.com/b',
  'id=$(haulyard add --paused https://example.com/big.iso)',
  'haulyard add --each -i list.txt --cost unrestricted',
];

/** Adds `haulyard add` to the program. */
export function defineAdd(program: Command, run: CommandRun): void {
  program
    .command('add')
    .summary('give the service a job and return')
    .description(
      'Makes a job of the service from all URLs, starts it, prints its id and returns. `haulyard complete` puts its files into place once they are all here.',
    )
    .argument('[URL...]', 'http or https URLs')
    .option('-o, --out <FILE>', 'name of the file, with one URL (default: from the URL)')
    .option('-d, --dir <DIR>', 'directory of the files, made when missing (default: the current)')
    .option('-i, --input-file <LIST>', 'a file with URLs, or - for stdin')
    .option('--each', 'a job for each URL instead of one for all')
    .option('--name <NAME>', 'display name of the job (default: that of its first file)')
    .option('--priority <P>', 'foreground, high, normal or low (default: normal)')
    .option('--paused', 'do not start it yet')
    .option('-H, --header <LINE>', '"Name: value" to send; may be repeated', collect)
    .option('--limit <RATE>', 'bytes per second of each job: 500K, 2M, 16Mbit (default: none)')
    .option('--checksum <ALG=HEX>', 'sha-256=HEX or sha-512=HEX that the file must have')
    .option('--cost <POLICY>', 'always, not-roaming, no-surcharge, standard or unrestricted')
    .option('--timeout <TIME>', 'give up after so long without a byte (default: by priority)')
    .addHelpText('after', examplesHelp(EXAMPLES))
    .addHelpText(
      'after',
      exitCodesHelp([
        EXIT.OK,
        EXIT.FILE,
        EXIT.BAD_OPTION,
        EXIT.OVERLOADED,
        EXIT.NO_SERVICE,
        EXIT.NOT_PERMITTED,
      ]),
    )
    .action(async (urls: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<AddOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/add.ts')).add(link, urls, options),
      );
    });
}
