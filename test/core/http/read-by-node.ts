import { request } from 'node:http';
import { duplexPair } from 'node:stream';

import { MAX_RESPONSE_HEAD_BYTES } from '../../../src/core/limits.ts';

/** What the client of `node:http`, with its own parser, makes of an answer to a GET. */
export type NodeReading =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly statusText: string;
      /** Names and values in turn. */
      readonly rawHeaders: readonly string[];
      readonly body: Buffer;
      /** The message ended where its framing says. */
      readonly complete: boolean;
      readonly keepsAlive: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Hands the octets to `node:http` as all that a server ever says on a connection. */
export function readByNode(...wire: readonly Uint8Array[]): Promise<NodeReading> {
  const [near, far] = duplexPair();
  const reading = new Promise<NodeReading>((resolve) => {
    const asked = request({
      host: 'host.test',
      createConnection: () => near,
      maxHeaderSize: 2 * MAX_RESPONSE_HEAD_BYTES,
    });
    // Its parser clears this when it reads that the connection is to end.
    asked.shouldKeepAlive = true;
    const refused = (reason: string): void => resolve({ kind: 'refused', reason });
    asked.on('error', (error) => refused(error.message));
    asked.on('upgrade', () => refused('The protocol was changed.'));
    asked.on('response', (answer) => {
      const chunks: Buffer[] = [];
      // A body cut short is an answer too, if an incomplete one: `complete` tells.
      answer.on('error', () => {});
      answer.on('data', (chunk: Buffer) => void chunks.push(chunk));
      answer.on('close', () =>
        resolve({
          kind: 'answer',
          status: answer.statusCode ?? 0,
          statusText: answer.statusMessage ?? '',
          rawHeaders: answer.rawHeaders,
          body: Buffer.concat(chunks),
          complete: answer.complete,
          keepsAlive: asked.shouldKeepAlive,
        }),
      );
    });
    asked.end();
  });
  far.resume();
  for (const part of wire) far.write(part);
  far.end();
  return reading.finally(() => {
    near.destroy();
    far.destroy();
  });
}
