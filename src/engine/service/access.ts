import { DeliveryOptimizationError } from '../../core/errors.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';
import type { Caller } from './transfer-service.ts';

/** The job behind an id, if it is the caller's to see: DO_E_JOB_NOT_FOUND or E_ACCESSDENIED otherwise. */
export function jobOf(engine: Engine, caller: Caller, id: string): LiveJob {
  engine.assertOpen();
  const live = engine.jobs.find(id.toLowerCase());
  if (live === undefined) {
    throw new DeliveryOptimizationError('DO_E_JOB_NOT_FOUND', `There is no job ${id}.`);
  }
  if (caller.administrator || live.job.owner === caller.user) return live;
  throw new DeliveryOptimizationError(
    'E_ACCESSDENIED',
    `Job ${id} belongs to another user: only its owner and administrators may see or change it.`,
  );
}

/**
 * Whose jobs a list holds: the caller's own unless an administrator names another user, or `*` for
 * everyone's (undefined is returned).
 */
export function ownerFilter(caller: Caller, wanted: string | undefined): string | undefined {
  if (wanted === undefined || wanted === caller.user) return caller.user;
  if (caller.administrator) return wanted === '*' ? undefined : wanted;
  throw new DeliveryOptimizationError(
    'E_ACCESSDENIED',
    'Only administrators see the jobs of other users.',
  );
}
