import { createHash } from 'node:crypto';
import type { Digester } from '../../ports/digester.ts';

const NODE_NAMES = { 'sha-256': 'sha256', 'sha-512': 'sha512' } as const;

/** Digests by the platform's own library. */
export const systemDigester: Digester = {
  start(algorithm) {
    const hash = createHash(NODE_NAMES[algorithm]);
    return {
      update: (data) => void hash.update(data),
      hex: () => hash.digest('hex'),
    };
  },
};
