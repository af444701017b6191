import type { Command } from 'commander';

import type { DaemonRunOptions } from '../actions/daemon-run.ts';
import type { TokenOptions } from '../actions/daemon-token.ts';
import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { collect, examplesHelp, withService, type CommandRun } from './define.ts';

const CODES = exitCodesHelp([EXIT.OK, EXIT.BAD_OPTION, EXIT.NO_SERVICE, EXIT.NOT_PERMITTED]);

/** Adds `haulyard daemon` to the program. */
export function defineDaemon(program: Command, run: CommandRun): void {
  const daemon = program
    .command('daemon')
    .summary('run the service, and look after it')
    .description('Runs the service that owns the jobs, and looks after it.')
    .addHelpText('after', examplesHelp(['haulyard daemon run', 'haulyard daemon status']))
    .addHelpText('after', CODES);
  defineRun(daemon, run);
  defineControl(daemon, run);
  defineDoctor(daemon, run);
  defineToken(daemon, run);
}

function defineRun(daemon: Command, run: CommandRun): void {
  daemon
    .command('run')
    .summary('be the service, in the foreground')
    .description(
      'Is the service until SIGTERM, Ctrl-C or `haulyard daemon stop`. SIGHUP has it read its settings again.',
    )
    .option('--config <FILE>', 'a file of settings in place of the user’s')
    .option('--tcp <ADDRESS>', 'listen on a loopback address as well, such as 127.0.0.1:7755')
    .option('--agent', 'serve clients of the Delivery Optimization agent, too')
    .option('--set <KEY=VALUE>', 'a setting, such as bandwidth.total=2M; may be repeated', collect)
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error, fatal or silent')
    .option('--foreground', 'stay in the foreground; it always does')
    .addHelpText(
      'after',
      examplesHelp([
        'haulyard daemon run',
        'haulyard daemon run --data-dir /srv/haulyard --set bandwidth.total=2M',
        'haulyard daemon run --tcp 127.0.0.1:7755 --socket /run/user/1000/h.sock',
      ]),
    )
    .addHelpText(
      'after',
      exitCodesHelp([EXIT.OK, EXIT.FILE, EXIT.BAD_OPTION, EXIT.OVERLOADED, EXIT.NOT_PERMITTED]),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<DaemonRunOptions>();
      run.exitCode = await (await import('../actions/daemon-run.ts')).daemonRun(options);
    });
}

function defineControl(daemon: Command, run: CommandRun): void {
  daemon
    .command('status')
    .summary('what runs where, and whether it is well')
    .description('Shows the running service: version, process, listeners and problems.')
    .addHelpText('after', examplesHelp(['haulyard daemon status', 'haulyard daemon status --json']))
    .addHelpText('after', CODES)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/daemon-control.ts')).daemonStatus(link, options),
      );
    });
  daemon
    .command('reload')
    .summary('have it read its settings again')
    .description('Has the service read its settings again, as SIGHUP does.')
    .addHelpText('after', examplesHelp(['haulyard daemon reload']))
    .addHelpText('after', CODES)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/daemon-control.ts')).daemonReload(link, options),
      );
    });
  daemon
    .command('stop')
    .summary('end it; every job stays where it is')
    .description('Ends the service and waits until it is gone. Its jobs go on at its next start.')
    .addHelpText('after', examplesHelp(['haulyard daemon stop']))
    .addHelpText('after', CODES)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/daemon-control.ts')).daemonStop(link, options),
      );
    });
}

function defineDoctor(daemon: Command, run: CommandRun): void {
  daemon
    .command('doctor')
    .summary('look for what may be wrong, and say what to do')
    .description(
      'Looks at Node.js, the clock, settings, sockets, the service, the data directory, free space and ports.',
    )
    .option('--config <FILE>', 'a file of settings in place of the user’s')
    .addHelpText('after', examplesHelp(['haulyard daemon doctor', 'haulyard daemon doctor --json']))
    .addHelpText('after', exitCodesHelp([EXIT.OK, EXIT.OTHER, EXIT.BAD_OPTION]))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await (await import('../actions/daemon-doctor.ts')).daemonDoctor(options);
    });
}

function defineToken(daemon: Command, run: CommandRun): void {
  daemon
    .command('token')
    .summary('make, list or revoke tokens for TCP')
    .description(
      'Makes a token by which a user is known on TCP, and prints it this once. Works on the data directory of the service, as the user it runs as.',
    )
    .option('--user <NAME>', 'the user it stands for (default: you)')
    .option('--admin', 'it may do everything, with the jobs of everyone')
    .option('--list', 'show whose tokens there are; never the tokens')
    .option('--revoke <NAME>', 'make all tokens of a user void')
    .option('--config <FILE>', 'a file of settings in place of the user’s')
    .addHelpText(
      'after',
      examplesHelp([
        'export HAULYARD_TOKEN=$(haulyard daemon token --user alice)',
        'haulyard daemon token --list',
        'haulyard daemon token --revoke alice',
      ]),
    )
    .addHelpText('after', exitCodesHelp([EXIT.OK, EXIT.BAD_OPTION, EXIT.NOT_PERMITTED]))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<TokenOptions>();
      run.exitCode = await (await import('../actions/daemon-token.ts')).daemonToken(options);
    });
}
