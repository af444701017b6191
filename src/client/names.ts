/**
 * The names that the contract has for numbers, in its order. The lists are written out again because
 * the contract's own stand among its schemas, which are not to be loaded here; the compiler compares.
 */
import type { BG_JOB_PRIORITY, BG_JOB_STATE, DODownloadState } from '../core/constants.ts';
import { unexpected } from '../core/errors.ts';
import type { DownloadResource } from '../rest/contract.ts';
import type { PRIORITY_NAMES, STATE_NAMES } from '../rest/schemas/common.ts';

const STATES = [
  'queued',
  'connecting',
  'transferring',
  'suspended',
  'error',
  'transient_error',
  'transferred',
  'acknowledged',
  'cancelled',
] as const satisfies typeof STATE_NAMES;

const PRIORITIES = ['foreground', 'high', 'normal', 'low'] as const satisfies typeof PRIORITY_NAMES;

const DOWNLOAD_STATES: readonly DownloadResource['state'][] = [
  'created',
  'transferring',
  'transferred',
  'finalized',
  'aborted',
  'paused',
];

export function stateOf(name: (typeof STATE_NAMES)[number]): BG_JOB_STATE {
  return position(STATES, name) as BG_JOB_STATE;
}

export function priorityOf(name: (typeof PRIORITY_NAMES)[number]): BG_JOB_PRIORITY {
  return position(PRIORITIES, name) as BG_JOB_PRIORITY;
}

export function downloadStateOf(name: DownloadResource['state']): DODownloadState {
  return position(DOWNLOAD_STATES, name) as DODownloadState;
}

function position(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw unexpected(
    `The service speaks of ${JSON.stringify(name)}, which this version does not know: use a client as new as the service.`,
  );
}
