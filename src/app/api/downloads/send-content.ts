import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FastifyReply } from 'fastify';

import { DODownloadState } from '../../../core/constants.ts';
import type { IDODownload } from '../../../core/interfaces/download.ts';
import type { PendingStream, TakeChunk } from './pending-stream.ts';

/** How often the state of a download is looked at while its content is read, in milliseconds. */
const LOOK_MS = 100;

/**
 * Sends the content of a download as it arrives. The answer ends when the download is transferred,
 * and breaks off when it cannot be any more, so that a part is never taken for the whole.
 */
export async function sendContent(
  download: IDODownload,
  stream: PendingStream,
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { raw } = reply;
  const gone = new AbortController();
  const reader = stream.attach(writerTo(raw, gone.signal));
  raw.once('close', () => {
    gone.abort();
    reader.leave();
  });
  // Writing to a client that just left is no failure of ours; `close` follows.
  raw.on('error', () => undefined);
  try {
    reply.hijack();
    raw.writeHead(200, { ...headers, 'content-type': 'application/octet-stream' });
    raw.flushHeaders();
    if ((await outcomeOf(download, gone.signal)) === 'complete') {
      reader.finish();
      raw.end();
    } else raw.destroy();
  } catch (error) {
    raw.destroy();
    throw error;
  }
}

/** Writes a chunk and waits until the connection has it: its memory is the engine's again then. */
function writerTo(raw: ServerResponse, gone: AbortSignal): TakeChunk {
  return async (chunk) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onGone = (): void => reject(new Error('The reader of the content went away.'));
    if (gone.aborted) onGone();
    else gone.addEventListener('abort', onGone, { once: true });
    raw.write(chunk, (error) => (error ? reject(error) : resolve()));
    try {
      await promise;
    } finally {
      gone.removeEventListener('abort', onGone);
    }
  };
}

/** Waits until everything has been sent, or nothing more can come. */
async function outcomeOf(download: IDODownload, gone: AbortSignal): Promise<'complete' | 'broken'> {
  while (!gone.aborted) {
    const { state, error } = await download.getStatus();
    switch (state) {
      case DODownloadState.Transferred:
      case DODownloadState.Finalized:
        return 'complete';
      case DODownloadState.Aborted:
        return 'broken';
      case DODownloadState.Paused:
        // Paused by somebody, it may go on; stopped by an error, it waits for a new start.
        if (error !== 0) return 'broken';
        break;
      case DODownloadState.Created:
      case DODownloadState.Transferring:
        break;
    }
    await sleep(LOOK_MS);
  }
  return 'broken';
}
