import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';

import { resetSocket } from '../support/reset-socket.ts';

for (const [state, prepare, expected] of [
  ['idle', () => {}, 'ECONNRESET'],
  ['full', (socket) => socket.write(Buffer.alloc(20e6)), 'ECONNRESET'],
  // Found by chance: such a reset used to leak the handle and keep the process from exiting.
  ['closing', (socket) => socket.end(), 'end'],
] as const satisfies readonly (readonly [string, (socket: Socket) => unknown, string])[]) {
  test(`a socket that is ${state} is gone once reset`, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [socket] = (await once(server, 'connection')) as [Socket];
    const outcome = new Promise((resolve) => {
      client.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      client.on('end', () => resolve('end')).resume();
    });
    const closed = once(socket, 'close');
    prepare(socket);
    resetSocket(socket);
    await closed;
    assert.equal(await outcome, expected);
    client.destroy();
    server.close();
  });
}
