import type { Workload } from '../../src/ports/workload.ts';

/** A machine with nothing else to do. */
export const idleWorkload: Workload = {
  read: () => ({ atMs: 0, threadMs: 0, processMs: 0, idleMs: undefined }),
};
