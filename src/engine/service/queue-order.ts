import { BG_JOB_STATE } from '../../core/constants.ts';
import { DeliveryOptimizationError } from '../../core/errors.ts';
import { isForeground, QUEUE_ORDER_STEP } from '../../core/job/step.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';

/**
 * The order number that puts a queued job where it is wanted in the queue of its kind.
 *
 * Before or after another job it takes a number between that one's and its neighbour's; numbers are
 * given far apart, so there is room for many such moves at one place before one is refused.
 */
export function queueOrderFor(
  engine: Engine,
  live: LiveJob,
  position: 'first' | 'last' | { readonly other: LiveJob; readonly side: 'before' | 'after' },
): number {
  assertQueued(live);
  const foreground = isForeground(live.job);
  const { store } = engine.ports;
  if (position === 'first' || position === 'last') {
    const bounds = store.queueBounds(foreground);
    if (bounds === undefined) return live.job.queueOrder;
    return position === 'first' ? bounds.first - QUEUE_ORDER_STEP : bounds.last + QUEUE_ORDER_STEP;
  }
  const { other, side } = position;
  assertQueued(other);
  if (isForeground(other.job) !== foreground) {
    throw new DeliveryOptimizationError(
      'E_INVALIDARG',
      `Jobs ${live.id} and ${other.id} stand in different queues: foreground jobs have one of their own.`,
    );
  }
  const order = other.job.queueOrder;
  const { before, after } = store.queueNeighbours(foreground, order);
  const beyond =
    side === 'before'
      ? (before ?? order - 2 * QUEUE_ORDER_STEP)
      : (after ?? order + 2 * QUEUE_ORDER_STEP);
  const between = Math.floor((order + beyond) / 2);
  if (between !== order && between !== beyond) return between;
  throw new DeliveryOptimizationError(
    'E_INVALIDARG',
    `There is no room left ${side} job ${other.id}: move the job first or last instead.`,
  );
}

function assertQueued(live: LiveJob): void {
  if (live.job.state === BG_JOB_STATE.QUEUED) return;
  throw new DeliveryOptimizationError(
    'DO_E_INVALID_STATE',
    `Job ${live.id} is not waiting in the queue, so it has no place in it.`,
  );
}
