import { performance } from 'node:perf_hooks';
import type { Workload } from '../../ports/workload.ts';

/** The event loop's own account of the time it was active. */
export const systemWorkload: Workload = {
  busyMs: () => performance.eventLoopUtilization().active,
};
