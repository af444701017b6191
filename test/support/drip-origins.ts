import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Servers that give everybody a little at a time, for very many downloads at once. */
export interface DripOrigins extends AsyncDisposable {
  /** A URL of each server. */
  readonly urls: readonly string[];
  /** Answers that are under way. */
  readonly open: number;
}

const CHUNK = Buffer.alloc(1_024, 'drip');
const EVERY_MS = 1_000;

/**
 * Starts servers that send each answer one KiB a second. One timer serves them all: with a pace of
 * its own for each answer the servers would need more of the machine than what is tested.
 *
 * @param sizeBytes - of every file; no answer gets there
 */
export async function startDripOrigins(count: number, sizeBytes: number): Promise<DripOrigins> {
  const answers = new Set<ServerResponse>();
  const servers: Server[] = [];
  for (let index = 0; index < count; index += 1) {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': sizeBytes });
      response.write(CHUNK);
      answers.add(response);
      response.on('close', () => answers.delete(response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const timer = setInterval(() => {
    for (const answer of answers) answer.write(CHUNK);
  }, EVERY_MS);
  return {
    urls: servers.map(
      (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`,
    ),
    get open() {
      return answers.size;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await Promise.all(
        servers.map(async (server) => {
          server.closeAllConnections();
          server.close();
          await once(server, 'close');
        }),
      );
    },
  };
}
