import type { Command } from 'commander';

import type { GetOptions } from '../actions/get.ts';
import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import { collect, examplesHelp, type CommandRun } from './define.ts';

const EXAMPLES = [
  'haulyard get https://example.com/big.iso',
  'haulyard get -o model.bin --checksum sha-256=9f86d0…0a08 https://example.com/v1/model',
  'haulyard get -d pictures --limit 2M https://example.com/1.jpg https://example.com/2.jpg',
  'haulyard get -i list.txt --no-clobber --json > results.jsonl',
];

const LIST_HELP = `
A list has a URL per line. Lines that begin with # do not count. An indented line
"out=NAME" after a URL names its file, inside the directory of -d.

An existing file is replaced once the new one is complete. What is interrupted, by
Ctrl-C or by a crash, goes on when the same command is run again.`;

/** Adds `haulyard get` to the program. */
export function defineGet(program: Command, run: CommandRun): void {
  program
    .command('get')
    .summary('download URLs to files')
    .description(
      'Downloads each URL to a file, each as a job of its own: of the service when one runs, of this process otherwise.',
    )
    .argument('[URL...]', 'http or https URLs')
    .option('-o, --out <FILE>', 'name of the file, with one URL (default: from the URL)')
    .option('-d, --dir <DIR>', 'directory of the files, made when missing (default: the current)')
    .option('-i, --input-file <LIST>', 'a file with URLs, or - for stdin')
    .option(
      '-x, --connections <N>',
      'connections to one server, 1 to 16 (default: 4); not with a service',
    )
    .option('--checksum <ALG=HEX>', 'sha-256=HEX or sha-512=HEX that the file must have')
    .option(
      '--limit <RATE>',
      'bytes per second: 500K, 2M, 16Mbit (default: none); of each file with a service, of all without',
    )
    .option('--priority <P>', 'foreground, high, normal or low', 'foreground')
    .option('-H, --header <LINE>', '"Name: value" to send; may be repeated', collect)
    .option('--no-clobber', 'leave existing files alone')
    .option('--timeout <TIME>', 'give up after so long without a byte; 0: at once', '1h')
    .addHelpText('after', LIST_HELP)
    .addHelpText('after', examplesHelp(EXAMPLES))
    .addHelpText(
      'after',
      exitCodesHelp(
        Object.values(EXIT).filter((code) => code < EXIT.NO_SUCH_JOB || code === EXIT.KILLED),
      ) + '\n\nOf several failures, the last one gives the exit code.',
    )
    .action(async (urls: string[], _options: unknown, command: Command) => {
      const { get } = await import('../actions/get.ts');
      run.exitCode = await get(urls, command.optsWithGlobals<GetOptions>());
    });
}
