import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { TransferOptions } from '../transfer-options.ts';
import { examplesHelp, type CommandRun } from './define.ts';

/** Adds `haulyard resume` to the program. */
export function defineResume(program: Command, run: CommandRun): void {
  program
    .command('resume')
    .summary('go on with jobs until they are done')
    .description('Goes on with jobs in this process until their files are in place.')
    .argument('<JOB...>', 'ids of jobs, or at least 4 characters that begin no other')
    .option('-x, --connections <N>', 'connections to one server, 1 to 16 (default: 4)')
    .option('--limit <RATE>', 'bytes per second over all jobs: 500K, 2M, 16Mbit (default: none)')
    .addHelpText(
      'after',
      examplesHelp(['haulyard resume 0198c3a2', 'haulyard resume 0198c3a2 --limit 2M']),
    )
    .addHelpText(
      'after',
      `${exitCodesHelp([EXIT.OK, EXIT.UNFINISHED, EXIT.BAD_OPTION, EXIT.OVERLOADED, EXIT.NO_SUCH_JOB, EXIT.WRONG_STATE])}\n\nA download that fails exits as \`haulyard get\` does.`,
    )
    .action(async (jobs: string[], _options: unknown, command: Command) => {
      const { resume } = await import('../actions/resume.ts');
      run.exitCode = await resume(jobs, command.optsWithGlobals<TransferOptions>());
    });
}
