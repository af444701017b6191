import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What a plain socket got for one request. */
export interface RawAnswer {
  /** Everything up to the first empty line. */
  readonly head: string;
  /** Everything behind it, framing included. */
  readonly body: Buffer;
  /** How the connection ended; `open` when it did not within the time. */
  readonly ended: 'close' | 'reset' | 'open';
  readonly elapsedMs: number;
}

/** Sends one request by hand and reads until the connection ends or nothing comes for a while. */
export function rawGet(
  { port }: Pick<AddressInfo, 'port'>,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  { quietMs = 2_000, method = 'GET' }: { quietMs?: number; method?: string } = {},
): Promise<RawAnswer> {
  const startMs = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const done = (ended: RawAnswer['ended']): void => {
      socket.destroy();
      const all = Buffer.concat(chunks);
      const match = /\r?\n\r?\n/.exec(all.toString('latin1'));
      const headEnd = match ? match.index : all.length;
      const bodyStart = headEnd + (match?.[0].length ?? 0);
      const head = all.subarray(0, headEnd).toString('latin1');
      resolve({
        head,
        body: all.subarray(bodyStart),
        ended,
        elapsedMs: performance.now() - startMs,
      });
    };
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => done('close'));
    socket.on('error', () => done('reset'));
    socket.setTimeout(quietMs, () => done('open'));
    const fields = Object.entries({ Host: '127.0.0.1', ...headers });
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines}\r\n`);
  });
}
