import { connect } from 'node:net';
import { resolve } from 'node:path';

import { ownUser } from '../../config/own-user.ts';
import { clientSocketCandidates } from '../../config/runtime-paths.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { ServiceLink } from './service-link.ts';

/** A local socket answers at once or not at all; a busy one may take a moment to accept. */
const PROBE_TIMEOUT_MS = 2_000;

/**
 * The service this command is to use; undefined when the engine in this process is, because
 * `--embedded` or `--data-dir` says so or because no service runs.
 *
 * @throws CommandError 40 when a socket or address was named and nobody answers there
 */
export async function findService(globals: GlobalOptions): Promise<ServiceLink | undefined> {
  refuseContradiction(globals);
  if (globals.embedded === true || globals.dataDir !== undefined) return undefined;
  if (process.env['HAULYARD_EMBEDDED'] === '1' && !isNamed(globals)) return undefined;
  const url = globals.url ?? (globals.socket === undefined ? named('HAULYARD_URL') : undefined);
  if (url !== undefined) return openUrl(url);
  const socket = globals.socket ?? named('HAULYARD_SOCKET');
  if (socket !== undefined) return openNamedSocket(socketPath(socket));
  for (const candidate of clientSocketCandidates(process.env, ownUser())) {
    if ((await probe(candidate)) === undefined) return openSocket(candidate);
  }
  return undefined;
}

/**
 * The service, for a command that cannot do without.
 *
 * @throws CommandError 40 with how to start one
 */
export async function requireService(globals: GlobalOptions): Promise<ServiceLink> {
  if (globals.embedded === true || globals.dataDir !== undefined) {
    const option = globals.embedded === true ? '--embedded' : '--data-dir';
    throw new CommandError(
      EXIT.BAD_OPTION,
      `This command speaks to a service, so it does not go together with ${option}.`,
    );
  }
  const link = await findService(globals);
  if (link !== undefined) return link;
  throw new CommandError(
    EXIT.NO_SERVICE,
    'No service runs. Start one with `haulyard daemon run`, or for good with `haulyard service install`.',
  );
}

/** Where a command would look for a service, for messages. */
export function serviceCandidates(globals: GlobalOptions): readonly string[] {
  const socket = globals.socket ?? named('HAULYARD_SOCKET');
  return socket === undefined
    ? clientSocketCandidates(process.env, ownUser())
    : [socketPath(socket)];
}

/** Undefined when somebody listens there; else the error code of the attempt. */
export async function probe(socket: string): Promise<string | undefined> {
  return new Promise((done) => {
    const connection = connect(socket);
    const end = (code: string | undefined): void => {
      connection.destroy();
      done(code);
    };
    connection.setTimeout(PROBE_TIMEOUT_MS, () => end('ETIMEDOUT'));
    connection.on('connect', () => end(undefined));
    connection.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'EIO'));
  });
}

async function openNamedSocket(socket: string): Promise<ServiceLink> {
  const code = await probe(socket);
  if (code === undefined) return openSocket(socket);
  if (code === 'EACCES' || code === 'EPERM') {
    throw new CommandError(
      EXIT.NOT_PERMITTED,
      `The socket ${socket} belongs to another user. Leave --socket and HAULYARD_SOCKET out to use your own.`,
    );
  }
  throw new CommandError(
    EXIT.NO_SERVICE,
    `No service listens at ${socket} (${code}). Start one with ` +
      `\`haulyard daemon run --socket ${socket}\`, or name another socket.`,
  );
}

async function openSocket(socket: string): Promise<ServiceLink> {
  const { linkToSocket } = await import('./service-link.ts');
  return linkToSocket(socket);
}

async function openUrl(url: string): Promise<ServiceLink> {
  const { linkToUrl } = await import('./service-link.ts');
  return linkToUrl(url);
}

function refuseContradiction(globals: GlobalOptions): void {
  const { embedded, dataDir } = globals;
  if (isNamed(globals) && (embedded === true || dataDir !== undefined)) {
    throw new CommandError(
      EXIT.BAD_OPTION,
      '--socket and --url name a service, --embedded and --data-dir do without one: give one kind.',
    );
  }
  if (globals.socket !== undefined && globals.url !== undefined) {
    throw new CommandError(EXIT.BAD_OPTION, '--socket and --url name two services: give one.');
  }
  for (const [option, value] of [
    ['--socket', globals.socket],
    ['--url', globals.url],
  ]) {
    if (value === '') throw new CommandError(EXIT.BAD_OPTION, `${option} needs a value.`);
  }
}

function isNamed({ socket, url }: GlobalOptions): boolean {
  return socket !== undefined || url !== undefined;
}

/** A pipe of Windows is a name, not a path that could be relative. */
function socketPath(socket: string): string {
  return socket.startsWith('\\\\') ? socket : resolve(socket);
}

function named(variable: string): string | undefined {
  const value = process.env[variable];
  return value === '' ? undefined : value;
}
