import { randomBytes } from 'node:crypto';

import type { Randomness } from '../../ports/randomness.ts';

/** Randomness of this machine; the bytes are fit for secrets, the samples are not. */
export const systemRandomness: Randomness = {
  sample: () => Math.random(),
  bytes: (count) => randomBytes(count),
};
