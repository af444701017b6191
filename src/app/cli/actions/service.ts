import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { DeliveryOptimizationError } from '../../../core/errors.ts';
import { installService, uninstallService } from '../../service/carry-out.ts';
import { serviceDefinition } from '../../service/definition.ts';
import type { ServicePlan, ServicePlatform, ServiceScope } from '../../service/service-plan.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput, type Output } from '../output.ts';

/** Options of `service`, as typed. */
export interface ServiceOptions extends GlobalOptions {
  readonly user?: boolean;
  readonly system?: boolean;
  readonly platform?: string;
  readonly config?: string;
  readonly writable?: readonly string[];
  readonly node?: string;
}

const PLATFORMS: readonly ServicePlatform[] = ['linux', 'darwin', 'win32'];

/** `service install`: writes the definition and has the service manager start it. */
export async function serviceInstall(options: ServiceOptions): Promise<number> {
  const output = openOutput(options);
  const plan = planFor(options);
  refuseForeign(options);
  await withRights(scopeOf(options), () => installService(plan, (line) => output.line(line)));
  tellNotes(plan, output);
  return EXIT.OK;
}

/** `service uninstall`: stops the service and removes its definition. Jobs stay. */
export async function serviceUninstall(options: ServiceOptions): Promise<number> {
  const output = openOutput(options);
  const plan = planFor(options);
  refuseForeign(options);
  await withRights(scopeOf(options), () => uninstallService(plan, (line) => output.line(line)));
  return EXIT.OK;
}

/** `service print`: what `install` would write and run; nothing is touched. */
export async function servicePrint(options: ServiceOptions): Promise<number> {
  const output = openOutput(options);
  const plan = planFor(options);
  output.object(plan);
  if (output.json) return EXIT.OK;
  for (const { path, text } of plan.files) {
    output.line(`--- ${path}`);
    output.value(text.replace(/^\ufeff/, '').trimEnd());
  }
  output.line('--- to install, these are run:');
  for (const { argv } of plan.install) output.line(`    ${argv.join(' ')}`);
  tellNotes(plan, output);
  return EXIT.OK;
}

function planFor(options: ServiceOptions): ServicePlan {
  const daemonOptions = [
    ...(options.config === undefined ? [] : ['--config', resolve(options.config)]),
    ...(options.dataDir === undefined ? [] : ['--data-dir', resolve(options.dataDir)]),
  ];
  return serviceDefinition({
    platform: platformOf(options),
    scope: scopeOf(options),
    node: options.node ?? process.execPath,
    program: fileURLToPath(new URL('../../../../bin/haulyard.js', import.meta.url)),
    home: homedir(),
    configHome: process.env['XDG_CONFIG_HOME'] || undefined,
    uid: process.getuid?.(),
    options: daemonOptions,
    writable: (options.writable ?? []).map((path) => resolve(path)),
  });
}

function scopeOf({ user, system }: ServiceOptions): ServiceScope {
  if (user === true && system === true) {
    throw new CommandError(EXIT.BAD_OPTION, '--user and --system are two services: give one.');
  }
  return system === true ? 'system' : 'user';
}

function platformOf({ platform = process.platform }: ServiceOptions): ServicePlatform {
  const known = PLATFORMS.find((name) => name === platform);
  if (known !== undefined) return known;
  throw new CommandError(
    EXIT.BAD_OPTION,
    `"${platform}" is none of ${PLATFORMS.join(', ')}. Elsewhere, have \`haulyard daemon run\` ` +
      'started by whatever starts services there.',
  );
}

function refuseForeign(options: ServiceOptions): void {
  if (platformOf(options) === process.platform) return;
  throw new CommandError(
    EXIT.BAD_OPTION,
    `This machine is ${process.platform}; what another one needs, \`haulyard service print\` shows.`,
  );
}

async function withRights(scope: ServiceScope, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    const denied = error instanceof DeliveryOptimizationError && error.code === 'E_ACCESSDENIED';
    if (!denied || scope !== 'system') throw error;
    throw new CommandError(
      EXIT.NOT_PERMITTED,
      `${error.message} A service of the machine is installed by its administrator: use sudo, or --user.`,
      error,
    );
  }
}

function tellNotes({ notes }: ServicePlan, output: Output): void {
  for (const note of notes) output.line(note);
}
