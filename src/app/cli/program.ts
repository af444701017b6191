import { Command } from 'commander';

import { packageVersion } from '../../package-version.ts';
import { COMMANDS } from './command-table.ts';
import type { CommandRun } from './commands/define.ts';
import { GLOBAL_OPTIONS_WITH_VALUE } from './global-options.ts';

const EXAMPLES = `
Examples:
  haulyard get https://example.com/big.iso       download now, and wait for it
  haulyard daemon run &                          start the service
  haulyard add https://example.com/big.iso       leave a download to it
  haulyard watch                                 see how all of them are doing
  haulyard help get                              more about a command

Without a service \`get\` downloads by itself, and list, show, resume, complete and cancel
speak of its jobs; every other command needs the service.`;

/** In place of `argv`: every command is to be defined, whatever is used. */
export const EVERY_COMMAND = '*';

/**
 * The command line as far as `argv` needs it: of all commands the name and summary, and the
 * definition of the one that is used. What that one exits with is put into `run`.
 */
export async function buildProgram(run: CommandRun, argv: readonly string[]): Promise<Command> {
  const program = baseProgram();
  const words = operands(argv);
  const wanted = words[0] === 'help' ? words[1] : words[0];
  for (const { name, summary, group, load } of COMMANDS) {
    program.commandsGroup(group);
    if (name === wanted || wanted === EVERY_COMMAND) (await load())(program, run);
    else program.command(name).summary(summary);
  }
  return program;
}

function baseProgram(): Command {
  return new Command('haulyard')
    .description('Downloads files as durable jobs: what is interrupted goes on where it was.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--socket <PATH>', 'the service at this socket (default: HAULYARD_SOCKET, else found)')
    .option('--url <URL>', 'the service at this address, with the token of HAULYARD_TOKEN')
    .option('--embedded', 'do without a service, even if one runs')
    .option('--data-dir <DIR>', 'do without a service, with the jobs of this directory')
    .option('--json', 'print results as JSON on stdout; all other words go to stderr')
    .option('--jsonl', 'the same, with each object of a list on a line of its own')
    .option('--no-color', 'no colours; so does NO_COLOR')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
}

/** The words of a command line that are no options and no values of global options. */
function operands(argv: readonly string[]): readonly string[] {
  const words: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (GLOBAL_OPTIONS_WITH_VALUE.has(word)) index++;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words;
}
