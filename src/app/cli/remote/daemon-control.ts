import { setTimeout as sleep } from 'node:timers/promises';

import { formatBytes } from '../../../core/units.ts';
import { isDeliveryOptimizationError } from '../../../core/errors.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput, type Output } from '../output.ts';
import { printable } from '../printable.ts';
import type { ServiceLink } from './service-link.ts';
import { timeText } from './time-text.ts';

/** A service ends within five seconds; this leaves room for a slow machine. */
const STOP_TRIES = 100;
const STOP_WAIT_MS = 100;

/** `daemon status`: what runs where, since when, and what is wrong with it. */
export async function daemonStatus(link: ServiceLink, options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  const facts = await link.rest.call('getService');
  output.object(facts);
  if (output.json) return EXIT.OK;
  const rows: readonly (readonly [string, string])[] = [
    ['version', facts.version],
    ['process', `${facts.pid}, Node.js ${facts.node}, ${formatBytes(facts.memoryBytes)}`],
    ['running since', timeText(facts.startedAt)],
    ['runs as', facts.user],
    ['you are', `${facts.caller}${facts.administrator ? ', administrator' : ''}`],
    ['data', facts.dataDirectory],
    ...facts.listeners.map((listener) => ['listens at', listener] as const),
    ['last event', String(facts.lastEvent)],
    ...facts.problems.map((problem) => ['problem', problem] as const),
  ];
  for (const [name, value] of rows) output.line(`${name.padEnd(14)} ${printable(value)}`);
  return EXIT.OK;
}

/** `daemon reload`: has the configuration read again. */
export async function daemonReload(link: ServiceLink, options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  const answer = await link.rest.call('reloadService');
  output.object(answer);
  const { changed, needRestart } = answer;
  output.line(changed.length === 0 ? 'Nothing changed.' : `Changed: ${changed.join(', ')}`);
  if (needRestart.length > 0) {
    output.line(`Only a restart of the service applies: ${needRestart.join(', ')}`);
  }
  return EXIT.OK;
}

/** `daemon stop`: ends the service and waits until it is gone. Every job stays where it is. */
export async function daemonStop(link: ServiceLink, options: GlobalOptions): Promise<number> {
  const output = openOutput(options);
  const { pid } = await link.rest.call('getService');
  // Its process is waited for: the data directory is free only then, and asking at a socket that
  // systemd holds would start the service again.
  const seen = link.local && isProcess(pid);
  await link.rest.call('stopService');
  for (let tries = 0; tries < STOP_TRIES; tries++) {
    const runs = seen ? isProcess(pid) : await answers(link);
    if (!runs) return stopped(output);
    await sleep(STOP_WAIT_MS);
  }
  // A process that nobody has waited for keeps its number.
  if (seen && !(await answers(link))) return stopped(output);
  throw new CommandError(
    EXIT.TIMEOUT,
    `The service at ${link.where} was told to stop and still answers: see \`haulyard logs\`.`,
  );
}

function stopped(output: Output): number {
  output.line('The service has stopped; its jobs go on when it is started again.');
  return EXIT.OK;
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function answers({ rest }: ServiceLink): Promise<boolean> {
  try {
    await rest.call('health');
    return true;
  } catch (error) {
    if (isDeliveryOptimizationError(error)) return error.code !== 'DO_E_NO_SERVICE';
    throw error;
  }
}
