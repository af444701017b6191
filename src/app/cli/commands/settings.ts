import type { Command } from 'commander';

import type { ConfigOptions } from '../actions/config.ts';
import { EXIT, exitCodesHelp } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { PolicyTestOptions } from '../remote/policy.ts';
import { examplesHelp, withService, withServiceOr, type CommandRun } from './define.ts';

const CODES = exitCodesHelp([EXIT.OK, EXIT.BAD_OPTION, EXIT.NO_SERVICE, EXIT.NOT_PERMITTED]);

/** Adds `haulyard limit` to the program. */
export function defineLimit(program: Command, run: CommandRun): void {
  program
    .command('limit')
    .summary('show or set bandwidth limits')
    .description(
      'Shows the limits in force and what sets each; with a scope and a rate, sets another one at once.',
    )
    .argument('[SCOPE RATE...]', 'total, foreground, background or job, and a rate or none')
    .addHelpText(
      'after',
      examplesHelp([
        'haulyard limit',
        'haulyard limit total 2M',
        'haulyard limit background 500K foreground none',
      ]),
    )
    .addHelpText('after', CODES)
    .action(async (words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/limit.ts')).limit(link, words, options),
      );
    });
}

/** Adds `haulyard policy` to the program. */
export function definePolicy(program: Command, run: CommandRun): void {
  const policy = program
    .command('policy')
    .summary('show the policies in force, or try others')
    .description('Shows the policies in force, or what they would be at another time or network.')
    .addHelpText(
      'after',
      examplesHelp(["haulyard policy test --when 'Tue 10:00' --network metered"]),
    )
    .addHelpText('after', CODES);
  policy
    .command('show')
    .summary('the policies in force, with their origin')
    .description('Shows the policies in force with their origin, the limits, and the network.')
    .addHelpText('after', examplesHelp(['haulyard policy show']))
    .addHelpText('after', CODES)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/policy.ts')).policyShow(link, options),
      );
    });
  policy
    .command('test')
    .summary('what would hold, and which jobs would run, elsewhere or at another time')
    .description('Shows the effective values under given facts, and which jobs would run.')
    .option('--when <TIME>', "such as 'Tue 10:00' or 2026-11-24T10:00 (default: now)")
    .option('--network <KIND>', 'unrestricted, metered, capped, roaming, …, or none')
    .option('--battery <PERCENT>', 'on battery with this charge, or none for mains')
    .option('--vpn', 'over a VPN')
    .option('--no-vpn', 'not over a VPN')
    .addHelpText(
      'after',
      examplesHelp(["haulyard policy test --when 'Tue 10:00' --network metered --battery 30"]),
    )
    .addHelpText('after', CODES)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PolicyTestOptions>();
      // Commander takes an option that can be negated for true unless it was given.
      const given = command.getOptionValueSource('vpn') === 'cli';
      const { vpn, ...rest } = options;
      const wanted = given && vpn !== undefined ? { ...rest, vpn } : rest;
      run.exitCode = await withService(options, async (link) =>
        (await import('../remote/policy.ts')).policyTest(link, wanted),
      );
    });
}

/** Adds `haulyard config` to the program. */
export function defineConfig(program: Command, run: CommandRun): void {
  const config = program
    .command('config')
    .summary('show, check and change settings')
    .description(
      'Shows every setting with the file, variable or command it comes from; checks and changes them.',
    )
    .addHelpText(
      'after',
      examplesHelp(['haulyard config list', 'haulyard config set bandwidth.total=2M']),
    )
    .addHelpText('after', CODES);
  config
    .command('list')
    .summary('every setting with its origin')
    .description('Shows every effective setting with its origin.')
    .option('--config <FILE>', 'a file in place of the user’s, when no service runs')
    .addHelpText('after', examplesHelp(['haulyard config list', 'haulyard config list --jsonl']))
    .addHelpText('after', CODES)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConfigOptions>();
      const { configList } = await import('../actions/config.ts');
      run.exitCode = await withServiceOr(
        options,
        (link) => configList(link, options),
        () => configList(undefined, options),
      );
    });
  config
    .command('get')
    .summary('one setting')
    .description('Prints the value of a setting.')
    .argument('<KEY>', 'such as bandwidth.total')
    .option('--config <FILE>', 'a file in place of the user’s, when no service runs')
    .addHelpText('after', examplesHelp(['haulyard config get daemon.socket']))
    .addHelpText('after', CODES)
    .action(async (key: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConfigOptions>();
      const { configGet } = await import('../actions/config.ts');
      run.exitCode = await withServiceOr(
        options,
        (link) => configGet(link, key, options),
        () => configGet(undefined, key, options),
      );
    });
  config
    .command('set')
    .summary('store settings and apply them at once')
    .description(
      'Stores settings with the service; they hold over files and environment until they are unset.',
    )
    .argument('<KEY=VALUE...>', 'such as bandwidth.total=2M')
    .addHelpText('after', examplesHelp(['haulyard config set jobs.foreground_slots=4']))
    .addHelpText('after', CODES)
    .action(async (words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConfigOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../actions/config.ts')).configSet(link, words, options),
      );
    });
  config
    .command('unset')
    .summary('take stored settings back')
    .description('Takes stored settings back: files, environment and defaults hold again.')
    .argument('<KEY...>', 'such as bandwidth.total')
    .addHelpText('after', examplesHelp(['haulyard config unset bandwidth.total']))
    .addHelpText('after', CODES)
    .action(async (keys: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConfigOptions>();
      run.exitCode = await withService(options, async (link) =>
        (await import('../actions/config.ts')).configUnset(link, keys, options),
      );
    });
  config
    .command('path')
    .summary('the files that are read')
    .description('Prints the files that are read, the weaker one first.')
    .option('--config <FILE>', 'a file in place of the user’s')
    .addHelpText('after', examplesHelp(['haulyard config path']))
    .addHelpText('after', CODES)
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConfigOptions>();
      run.exitCode = await (await import('../actions/config.ts')).configPath(options);
    });
  config
    .command('check')
    .summary('what is wrong with a file')
    .description('Tells everything that is wrong with a file, or with all that would be read.')
    .argument('[FILE]', 'the file (default: all files and the environment)')
    .option('--config <FILE>', 'a file in place of the user’s')
    .addHelpText('after', examplesHelp(['haulyard config check /etc/haulyard/config.toml']))
    .addHelpText('after', CODES)
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConfigOptions>();
      run.exitCode = await (await import('../actions/config.ts')).configCheck(file, options);
    });
}
