/**
 * The thread of the digests: reads stretches of files that are being written, mostly from the page
 * cache, and hashes them. Files take turns, a read each, and requests are looked at after every
 * turn, so that a file which ends or starts over is let go at once.
 */

import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';

import {
  NODE_NAMES,
  type DigestReply,
  type DigestRequest,
  type HashRequest,
} from './digest-messages.ts';

/** Bytes of one read, and with it all the memory that hashing takes, however many files there are. */
const READ_BYTES = 1_048_576;

/** A digest under way. */
interface Running {
  readonly hash: Hash;
  /** Bytes hashed. */
  position: number;
  /** What is being worked on; undefined once it is replied to. */
  request: HashRequest | undefined;
}

const port = parentPort!;
const buffer = new Uint8Array(READ_BYTES);
const digests = new Map<number, Running>();

port.on('message', (first: DigestRequest) => {
  take(first);
  while (takeTurns()) {
    for (let next = receiveMessageOnPort(port); next !== undefined;) {
      take(next.message);
      next = receiveMessageOnPort(port);
    }
  }
});

function take(request: DigestRequest): void {
  if (request.kind === 'hash') {
    const { hash, position } = digests.get(request.id) ?? {
      hash: createHash(NODE_NAMES[request.algorithm]),
      position: 0,
    };
    digests.set(request.id, { hash, position, request });
    return;
  }
  digests.delete(request.id);
  if (request.kind === 'stop') reply({ kind: 'stopped', id: request.id });
}

/** One read for each file that waits for one; false when none does. */
function takeTurns(): boolean {
  let busy = false;
  for (const [id, running] of digests) {
    const { request } = running;
    if (request === undefined) continue;
    const { sequence, last } = request;
    if (!hashSome(running, request)) {
      digests.delete(id);
      reply({ kind: 'failed', id, sequence });
    } else if (running.position === request.offset) {
      if (last) digests.delete(id);
      else running.request = undefined;
      reply({ kind: 'hashed', id, sequence, hex: last ? running.hash.digest('hex') : undefined });
    } else {
      busy = true;
    }
  }
  return busy;
}

/** False when the file cannot be read, or is shorter than was said: whoever asked reads it again. */
function hashSome(running: Running, { descriptor, offset }: HashRequest): boolean {
  const wanted = Math.min(READ_BYTES, offset - running.position);
  if (wanted <= 0) return wanted === 0;
  let bytes: number;
  try {
    bytes = readSync(descriptor, buffer, 0, wanted, running.position);
  } catch {
    // The other thread meets the same failure when it reads, and has the words for it.
    return false;
  }
  running.hash.update(buffer.subarray(0, bytes));
  running.position += bytes;
  return bytes > 0;
}

function reply(message: DigestReply): void {
  port.postMessage(message);
}
