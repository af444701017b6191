import { Command } from 'commander';

import { packageVersion } from '../../package-version.ts';
import { defineCancel } from './commands/cancel.ts';
import { defineComplete } from './commands/complete.ts';
import type { CommandRun } from './commands/define.ts';
import { defineGet } from './commands/get.ts';
import { defineList } from './commands/list.ts';
import { defineResume } from './commands/resume.ts';
import { defineShow } from './commands/show.ts';

/** The whole command line. What the chosen command exits with is put into `run`. */
export function buildProgram(run: CommandRun): Command {
  const program = new Command('haulyard')
    .description('Downloads files as durable jobs: what is interrupted goes on where it was.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--data-dir <DIR>', 'where jobs are kept (default: HAULYARD_DATA_DIR, else per user)')
    .option('--json', 'print results as JSON on stdout; all other words go to stderr')
    .option('--no-color', 'no colours; so does NO_COLOR')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  haulyard get https://example.com/big.iso',
        '  haulyard list',
        '  haulyard get --help',
      ].join('\n'),
    );
  for (const define of [
    defineGet,
    defineList,
    defineShow,
    defineResume,
    defineCancel,
    defineComplete,
  ]) {
    define(program, run);
  }
  return program;
}
