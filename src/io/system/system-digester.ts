import { createHash } from 'node:crypto';

import type { DigestAlgorithm, Digester, RunningDigest } from '../../ports/digester.ts';
import { DigestThread } from './digest-thread.ts';
import { NODE_NAMES } from './digest-messages.ts';

/** Digests by the platform's own library, all of them on the thread that asks. */
export const systemDigester: Digester = { start, follow: () => undefined };

/** The same, with a thread of its own for the digests that follow a file; it ends with the disposal. */
export function openSystemDigester(): Digester & AsyncDisposable {
  const thread = new DigestThread();
  return {
    start,
    follow: (algorithm, { descriptor }) =>
      descriptor === undefined ? undefined : thread.follow(algorithm, descriptor),
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}

function start(algorithm: DigestAlgorithm): RunningDigest {
  const hash = createHash(NODE_NAMES[algorithm]);
  return {
    update: (data) => void hash.update(data),
    hex: () => hash.digest('hex'),
  };
}
