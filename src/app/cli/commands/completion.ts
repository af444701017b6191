import { type Command, Argument } from 'commander';
import type { RootCommand } from '@bomb.sh/tab';

import { COMPLETION_WORD } from '../completion-word.ts';
import { findService } from '../remote/find-service.ts';
import { printable } from '../printable.ts';

/** Jobs offered for an argument; more would be no help. */
const MAX_JOBS = 50;

/** A person waits for the key they pressed. */
const PATIENCE_MS = 400;

const HELP = `
Examples:
  source <(haulyard completion bash)
  haulyard completion zsh > ~/.zfunc/_haulyard
  haulyard completion fish > ~/.config/fish/completions/haulyard.fish
  haulyard completion powershell | Out-String | Invoke-Expression

Exit codes:
    0  everything asked for was done
   28  an argument or option is wrong; nothing was started`;

/** Adds `haulyard completion` to the program. */
export function defineCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a script that completes commands')
    .description('Prints a script for a shell: with it, the Tab key completes commands and jobs.')
    .addArgument(
      new Argument('<SHELL>', 'whose script').choices(['bash', 'zsh', 'fish', 'powershell']),
    )
    .addHelpText('after', HELP)
    .action(async (shell: string) => {
      const { script } = await import('@bomb.sh/tab');
      script(shell, 'haulyard', `haulyard ${COMPLETION_WORD}`);
    });
}

/**
 * Answers a shell that asks how a line could go on.
 *
 * @param program - with every command and all its options
 * @param words - of the line, without the name of the program
 */
export async function answerCompletion(program: Command, words: readonly string[]): Promise<void> {
  const root = await registered(program);
  const jobs = await jobsToOffer();
  for (const command of root.commands.values()) {
    const argument = command.arguments.get('JOB');
    if (argument === undefined) continue;
    argument.handler = (complete) => {
      for (const { id, label } of jobs) complete(id, label);
    };
  }
  root.parse([...words]);
}

async function registered(program: Command): Promise<RootCommand> {
  const { default: readCommands } = await import('@bomb.sh/tab/commander');
  // It adds commands of its own, one of them called `complete`, which is taken; what is wanted of it
  // is only that it reads those that are there.
  program.addCommand = () => program;
  return readCommands(program, { completionCommandName: 'completion' });
}

interface OfferedJob {
  readonly id: string;
  readonly label: string;
}

/** The jobs of the service; none without one: the completion of a word is no place for errors. */
async function jobsToOffer(): Promise<readonly OfferedJob[]> {
  try {
    await using link = await findService({});
    if (link === undefined) return [];
    const { jobs } = await link.rest.call('listJobs', {
      query: { limit: MAX_JOBS },
      timeoutMs: PATIENCE_MS,
    });
    return jobs.map(({ id, displayName, state }) => ({
      id,
      label: `${printable(displayName)} (${state})`,
    }));
  } catch {
    // The words of the command itself are still worth completing.
    return [];
  }
}
