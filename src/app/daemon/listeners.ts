import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { Caller } from '../../engine/service/transfer-service.ts';
import type { ListenerRules } from '../api/security/guard.ts';
import type { Config } from '../config/config.ts';
import { giveSocket, listenError, listenPrivately, makeWay } from './bind-socket.ts';
import { idsOf } from './users.ts';

/** The first descriptor that a service manager passes on (sd_listen_fds). */
const FIRST_INHERITED_FD = 3;

/** Makes the server for one listener. */
export type MakeApi = (rules: ListenerRules) => FastifyInstance;

/** The open listeners of a service. */
export interface Listeners extends AsyncDisposable {
  /** Where each one listens, as a client would name it. */
  readonly addresses: readonly string[];
}

/**
 * Opens every listener of the configuration: the service's own socket, one for each further user,
 * and loopback TCP. Whoever can open a socket is the user it was made for.
 *
 * @param own - the user the service runs as
 */
export async function openListeners(
  config: Config['daemon'],
  own: Caller,
  makeApi: MakeApi,
): Promise<Listeners> {
  await using opened = new AsyncDisposableStack();
  const addresses: string[] = [];
  // Closed at once in the end: each may have calls under way, and one wait after the other is too long.
  const servers = opened.use(new Together());

  const main = servers.add(closing(makeApi({ kind: 'socket', caller: own })));
  if (inheritsSocket()) {
    await main.app.ready();
    main.app.server.listen({ fd: FIRST_INHERITED_FD });
    addresses.push(`${config.socket} (inherited)`);
  } else {
    await openSocket(main.app, config.socket, opened);
    addresses.push(config.socket);
  }

  for (const user of config.socketUsers) {
    const ids = await idsOf(user);
    if (ids === undefined) {
      throw new DeliveryOptimizationError(
        'E_INVALIDARG',
        `daemon.socket_users names ${user}, and this machine has no such user.`,
      );
    }
    const path = join(dirname(config.socket), `${user}.sock`);
    const caller = { user, administrator: config.administrators.includes(user) };
    const { app } = servers.add(closing(makeApi({ kind: 'socket', caller })));
    await openSocket(app, path, opened);
    giveSocket(path, user, ids.uid, ids.gids[0] ?? ids.uid);
    addresses.push(path);
  }

  if (config.tcp !== false) {
    const { app } = servers.add(
      closing(
        makeApi({
          kind: 'tcp',
          allowedHosts: config.allowedHosts,
          allowedOrigins: config.allowedOrigins,
        }),
      ),
    );
    const { host, port: wanted } = config.tcp;
    await app.listen({ host, port: wanted }).catch((error: unknown) => {
      throw listenError(error, `${host}:${wanted}`);
    });
    const { address, port, family } = app.server.address() as AddressInfo;
    addresses.push(`http://${family === 'IPv6' ? `[${address}]` : address}:${port}`);
  }

  const resources = opened.move();
  return { addresses, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function openSocket(
  app: FastifyInstance,
  path: string,
  opened: AsyncDisposableStack,
): Promise<void> {
  await makeWay(path);
  await app.ready();
  await listenPrivately(app.server, path);
  // Node removes the path itself when the server closes; a crash leaves it to the next start.
  if (process.platform !== 'win32') opened.defer(() => rmSync(path, { force: true }));
}

/** Things that end side by side. */
class Together implements AsyncDisposable {
  readonly #members: AsyncDisposable[] = [];

  add<Member extends AsyncDisposable>(member: Member): Member {
    this.#members.push(member);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map((member) => member[Symbol.asyncDispose]()));
  }
}

/** A server and its end: no new calls, those under way are answered, the rest is cut off. */
function closing(app: FastifyInstance): { readonly app: FastifyInstance } & AsyncDisposable {
  return {
    app,
    async [Symbol.asyncDispose]() {
      app.server.closeIdleConnections();
      const stopped = app.server.listening
        ? new Promise<void>((resolve) => app.server.close(() => resolve()))
        : Promise.resolve();
      const cutOff = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
      await app.close();
      await stopped;
      clearTimeout(cutOff);
    },
  };
}

/** Calls under way get this long once the service stops. */
const GRACE_MS = 1_500;

/** Whether a service manager has passed exactly one socket on to this very process. */
export function inheritsSocket(): boolean {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = process.env;
  return pid === String(process.pid) && count === '1';
}
