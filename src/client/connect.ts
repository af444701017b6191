import { variable, type Environment } from '../app/config/environment.ts';
import { ownUser } from '../app/config/own-user.ts';
import { clientSocketCandidates } from '../app/config/runtime-paths.ts';
import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../core/errors.ts';
import type { HaulyardManager } from '../core/interfaces/haulyard-manager.ts';
import { RestClient } from '../rest/client.ts';
import { openNodeSender, type ServiceAddress } from './node-sender.ts';
import { openRemote } from './open-remote.ts';

/** Where the service is. Nothing given: where the command would look. */
export interface ConnectOptions {
  /** Path of a Unix socket, or name of a pipe. Default: `HAULYARD_SOCKET`, else the usual places. */
  readonly socket?: string;
  /** `http://127.0.0.1:PORT`; other hosts by https alone. Default: `HAULYARD_URL`. */
  readonly url?: string;
  /** Names the user on TCP. Default: `HAULYARD_TOKEN`. */
  readonly token?: string;
  /** Milliseconds for calls that do not wait for transfers or disks, 1 or more. Default 30,000. */
  readonly timeoutMs?: number;
  /** Gives up connecting; what is connected stays so. */
  readonly signal?: AbortSignal;
  /** Hears of trouble that no caller can be told of. Default: a process warning. */
  readonly onWarning?: (message: string) => void;
}

/**
 * A manager on the service of this machine: the interfaces of `openManager`, with the jobs in
 * another process. Dispose of it to close its connections; every job goes on.
 *
 * Rejects with DO_E_NO_SERVICE when none answers, E_ACCESSDENIED for a wrong token, E_INVALIDARG for
 * an address that is none.
 */
export async function connect(options: ConnectOptions = {}): Promise<HaulyardManager> {
  const { timeoutMs, signal } = options;
  if (timeoutMs !== undefined && !(timeoutMs >= 1))
    throw invalid(`timeoutMs must be at least 1, not ${timeoutMs}.`);
  const addresses = addressesFor(options, process.env);
  let unreachable: unknown;
  for (const address of addresses) {
    const sender = openNodeSender(address);
    const rest = new RestClient({
      send: sender.send,
      where: describeAddress(address),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    try {
      const { caller } = await rest.call('getService', { signal });
      return openRemote({
        rest,
        caller,
        onWarning:
          options.onWarning ?? ((message) => process.emitWarning(message, 'HaulyardWarning')),
        close: () => sender[Symbol.dispose](),
      });
    } catch (error) {
      sender[Symbol.dispose]();
      if (!isDeliveryOptimizationError(error) || error.code !== 'DO_E_NO_SERVICE') throw error;
      unreachable ??= error;
    }
  }
  if (addresses.length === 1) throw unreachable;
  throw new DeliveryOptimizationError(
    'DO_E_NO_SERVICE',
    `No haulyard service answers at ${addresses.map(describeAddress).join(', ')}: start one with "haulyard daemon run".`,
    { cause: unreachable },
  );
}

/** The addresses to try, in order. What is named is the only one. */
function addressesFor(options: ConnectOptions, env: Environment): readonly ServiceAddress[] {
  const { socket, url, token = variable(env, 'HAULYARD_TOKEN') } = options;
  if (socket !== undefined && url !== undefined)
    throw invalid('socket and url name two services: give one of them.');
  if (socket !== undefined) return [{ socket: checkSocket(socket) }];
  const named = url ?? variable(env, 'HAULYARD_URL');
  if (named !== undefined) return [{ url: checkUrl(named), token }];
  const candidates = clientSocketCandidates(env, ownUser());
  if (candidates.length > 0) return candidates.map((path) => ({ socket: path }));
  throw new DeliveryOptimizationError(
    'DO_E_NO_SERVICE',
    'No haulyard service runs: start one with "haulyard daemon run".',
  );
}

function checkSocket(value: unknown): string {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
  throw invalid('socket must be the path of a socket or the name of a pipe.');
}

/** A token would travel in the open over http, so that stays on this machine. */
function checkUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw invalid(
      `The service's url must begin with http:// or https://; ${JSON.stringify(text)} does not.`,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw invalid(
      'The url of the service has neither user, query nor fragment; give the token apart.',
    );
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw invalid(
      `${url.hostname} is not this machine: a service elsewhere is reached by https alone.`,
    );
  return url;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function describeAddress(address: ServiceAddress): string {
  return 'socket' in address ? address.socket : address.url.origin;
}

function invalid(message: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_INVALIDARG', message);
}
