import { BG_JOB_STATE, BG_NOTIFY } from '../core/constants.ts';
import type { PendingEvent } from '../core/facts/job-facts.ts';
import { awaitsAnswer, wants } from '../core/job/step.ts';
import type { Engine } from './engine.ts';
import type { LiveJob } from './live-job.ts';

/** The stored event that still fits the job's state; it stops being told once the state moves on. */
export function pendingFinal(engine: Engine, live: LiveJob): PendingEvent | undefined {
  const { state } = live.job;
  if (!awaitsAnswer(state)) return undefined;
  const event = state === BG_JOB_STATE.TRANSFERRED ? 'transferred' : 'error';
  const flag = event === 'transferred' ? BG_NOTIFY.JOB_TRANSFERRED : BG_NOTIFY.JOB_ERROR;
  if (!wants(live.job, flag)) return undefined;
  const row = engine.unacknowledged(live).find((pending) => pending.event === event);
  return row === undefined ? undefined : { sequence: row.sequence, event };
}
