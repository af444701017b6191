import { BITS_JOB_TRANSFER_POLICY } from '../constants.ts';
import type { Job } from '../job/job.ts';
import { isForeground } from '../job/step.ts';

/** BITS_JOB_TRANSFER_POLICY in force: as set, else ALWAYS for foreground and STANDARD for others (api.md 3.5). */
export function costFlagsInForce(job: Pick<Job, 'costFlags' | 'priority'>): number {
  return (
    job.costFlags ??
    (isForeground(job) ? BITS_JOB_TRANSFER_POLICY.ALWAYS : BITS_JOB_TRANSFER_POLICY.STANDARD)
  );
}
