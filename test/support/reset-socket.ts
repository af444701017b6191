import type { Socket } from 'node:net';

/**
 * Ends a TCP connection with RST where that is possible, and in any case at once.
 *
 * libuv refuses to reset a socket whose shutdown is under way (EINVAL), and Node 24 then never
 * closes the handle: the socket leaks, and the process spins for ever when it should exit.
 */
export function resetSocket(socket: Socket): void {
  const shuttingDown = socket.writableEnded && !socket.writableFinished;
  if (shuttingDown || socket.connecting || socket.destroyed) socket.destroy();
  else socket.resetAndDestroy();
}
