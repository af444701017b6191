import type { Command } from 'commander';

import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { ActOptions, JobVerb } from '../remote/act-on-jobs.ts';
import type { RemoteResumeOptions } from '../remote/resume.ts';
import { examplesHelp, JOB_HELP, withService, withServiceOr, type CommandRun } from './define.ts';

const CODES = [
  EXIT.OK,
  EXIT.BAD_OPTION,
  EXIT.OVERLOADED,
  EXIT.NO_SERVICE,
  EXIT.NOT_PERMITTED,
  EXIT.NO_SUCH_JOB,
  EXIT.WRONG_STATE,
];

/** Adds `haulyard pause`. */
export function definePause(program: Command, run: CommandRun): void {
  jobCommand(program, 'pause', 'stop jobs, keeping what they fetched')
    .description('Stops jobs; their bytes are kept, and `haulyard resume` goes on.')
    .option('--all', 'every job that is on its way')
    .addHelpText('after', examplesHelp(['haulyard pause 0198c3a2', 'haulyard pause --all']))
    .addHelpText('after', exitCodesHelp(CODES))
    .action((jobs: string[], _options: unknown, command: Command) =>
      act('pause', jobs, command, run),
    );
}

/** Adds `haulyard retry`. */
export function defineRetry(program: Command, run: CommandRun): void {
  jobCommand(program, 'retry', 'try failed jobs again at once')
    .description(
      'Tries jobs again that wait in an error; other jobs are left alone (exit code 43).',
    )
    .option('--all', 'every job in an error')
    .addHelpText('after', examplesHelp(['haulyard retry 0198c3a2', 'haulyard retry --all']))
    .addHelpText('after', exitCodesHelp(CODES))
    .action((jobs: string[], _options: unknown, command: Command) =>
      act('retry', jobs, command, run),
    );
}

/** Adds `haulyard remove`. */
export function defineRemove(program: Command, run: CommandRun): void {
  jobCommand(program, 'remove', 'forget jobs altogether, their history as well')
    .description(
      'Removes jobs from the history; a job that is not done is cancelled first. Files in place are left alone.',
    )
    .option('--all', 'every job that is completed or cancelled')
    .addHelpText('after', examplesHelp(['haulyard remove 0198c3a2', 'haulyard remove --all']))
    .addHelpText('after', exitCodesHelp(CODES))
    .action((jobs: string[], _options: unknown, command: Command) =>
      act('remove', jobs, command, run),
    );
}

/** Adds `haulyard resume`. */
export function defineResume(program: Command, run: CommandRun): void {
  jobCommand(program, 'resume', 'go on with jobs')
    .description(
      'Goes on with jobs. With a service they go on there and the command returns at once; without one they go on in this process until their files are in place.',
    )
    .option('--all', 'every job that is paused or failed (service)')
    .option('--wait', 'stay until the files are in place, as `get` does (service)')
    .option('-x, --connections <N>', 'connections to one server, 1 to 16; not with a service')
    .option('--limit <RATE>', 'bytes per second: 500K, 2M, 16Mbit; of each job with a service')
    .addHelpText(
      'after',
      examplesHelp([
        'haulyard resume 0198c3a2',
        'haulyard resume --wait big.iso',
        'haulyard resume 0198c3a2 --limit 2M',
      ]),
    )
    .addHelpText(
      'after',
      `${exitCodesHelp([EXIT.OK, EXIT.UNFINISHED, ...CODES.slice(1)])}\n\nA download that fails exits as \`haulyard get\` does.`,
    )
    .action(async (jobs: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RemoteResumeOptions>();
      run.exitCode = await withServiceOr(
        options,
        async (link) => (await import('../remote/resume.ts')).resume(link, jobs, options),
        async () => (await import('../actions/resume.ts')).resume(jobs, named(jobs, command)),
      );
    });
}

/** Adds `haulyard cancel`. */
export function defineCancel(program: Command, run: CommandRun): void {
  jobCommand(program, 'cancel', 'forget jobs and what they fetched')
    .description('Forgets jobs and deletes the bytes they fetched. Files in place are left alone.')
    .option('--all', 'every job that is not done (service)')
    .addHelpText('after', examplesHelp(['haulyard cancel 0198c3a2']))
    .addHelpText('after', exitCodesHelp(CODES))
    .action(async (jobs: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ActOptions>();
      run.exitCode = await withServiceOr(
        options,
        async (link) =>
          (await import('../remote/act-on-jobs.ts')).actOnJobs(link, 'cancel', jobs, options),
        async () => (await import('../actions/cancel.ts')).cancel(jobs, named(jobs, command)),
      );
    });
}

/** Adds `haulyard complete`. */
export function defineComplete(program: Command, run: CommandRun): void {
  jobCommand(program, 'complete', 'put finished files in place')
    .description(
      'Puts the finished files of jobs into place and ends the jobs; files that are not finished are dropped.',
    )
    .option('--all', 'every job whose bytes are all here (service)')
    .addHelpText('after', examplesHelp(['haulyard complete 0198c3a2', 'haulyard complete --all']))
    .addHelpText('after', exitCodesHelp([EXIT.OK, EXIT.UNFINISHED, EXIT.FILE, ...CODES.slice(1)]))
    .action(async (jobs: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ActOptions>();
      run.exitCode = await withServiceOr(
        options,
        async (link) => (await import('../remote/complete.ts')).complete(link, jobs, options),
        async () => (await import('../actions/complete.ts')).complete(jobs, named(jobs, command)),
      );
    });
}

function jobCommand(program: Command, name: string, summary: string): Command {
  return program.command(name).summary(summary).argument('[JOB...]', JOB_HELP);
}

async function act(
  verb: JobVerb,
  jobs: readonly string[],
  command: Command,
  run: CommandRun,
): Promise<void> {
  const options = command.optsWithGlobals<ActOptions>();
  run.exitCode = await withService(options, async (link) =>
    (await import('../remote/act-on-jobs.ts')).actOnJobs(link, verb, jobs, options),
  );
}

/** The options, once it is sure that jobs are named: without a service there is no `--all`. */
function named(jobs: readonly string[], command: Command): ActOptions {
  const options = command.optsWithGlobals<ActOptions>();
  if (jobs.length === 0) {
    command.error(
      options.all === true
        ? 'error: --all is for the jobs of a service, and none is used here; name the jobs'
        : "error: missing required argument 'JOB'",
    );
  }
  return options;
}
