import type { Command } from 'commander';

import type { ServiceOptions } from '../actions/service.ts';
import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import { collect, examplesHelp, type CommandRun } from './define.ts';

const CODES = exitCodesHelp([EXIT.OK, EXIT.OTHER, EXIT.FILE, EXIT.BAD_OPTION, EXIT.NOT_PERMITTED]);

/** Adds `haulyard service` to the program. */
export function defineService(program: Command, run: CommandRun): void {
  const service = program
    .command('service')
    .summary('have the service started by the system')
    .description('Has the service started by systemd, launchd or Windows.')
    .addHelpText(
      'after',
      examplesHelp(['haulyard service install', 'sudo haulyard service install --system']),
    )
    .addHelpText('after', CODES);
  subcommand(service, 'install', 'write its definition and start it', [
    'haulyard service install',
    'sudo haulyard service install --system --writable /srv/downloads',
  ]).action(async (_options: unknown, command: Command) => {
    const { serviceInstall } = await import('../actions/service.ts');
    run.exitCode = await serviceInstall(command.optsWithGlobals<ServiceOptions>());
  });
  subcommand(service, 'uninstall', 'stop it and remove its definition; jobs stay', [
    'haulyard service uninstall',
  ]).action(async (_options: unknown, command: Command) => {
    const { serviceUninstall } = await import('../actions/service.ts');
    run.exitCode = await serviceUninstall(command.optsWithGlobals<ServiceOptions>());
  });
  subcommand(service, 'print', 'show what install would write and run', [
    'haulyard service print --system',
    'haulyard service print --platform darwin',
  ]).action(async (_options: unknown, command: Command) => {
    const { servicePrint } = await import('../actions/service.ts');
    run.exitCode = await servicePrint(command.optsWithGlobals<ServiceOptions>());
  });
}

function subcommand(
  service: Command,
  name: string,
  summary: string,
  examples: readonly string[],
): Command {
  return service
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .option('--user', 'a service of yours, that starts when you log in (default)')
    .option('--system', 'a service of the machine, that starts with it')
    .option('--platform <NAME>', 'linux, darwin or win32 (default: this machine’s)')
    .option('--config <FILE>', 'a file of settings for the service')
    .option('--writable <DIR>', 'a directory it may download into; may be repeated', collect)
    .option('--node <FILE>', 'Node.js as the service is to start it (default: this one)')
    .addHelpText('after', examplesHelp(examples))
    .addHelpText('after', CODES);
}
