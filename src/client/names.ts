/** The numbers that the names of the contract stand for: their positions in its lists. */
import type { BG_JOB_PRIORITY, BG_JOB_STATE, DODownloadState } from '../core/constants.ts';
import { unexpected } from '../core/errors.ts';
import {
  DOWNLOAD_STATE_NAMES,
  PRIORITY_NAMES,
  STATE_NAMES,
  type DownloadStateName,
  type PriorityName,
  type StateName,
} from '../rest/resources/common.ts';

export function stateOf(name: StateName): BG_JOB_STATE {
  return position(STATE_NAMES, name) as BG_JOB_STATE;
}

export function priorityOf(name: PriorityName): BG_JOB_PRIORITY {
  return position(PRIORITY_NAMES, name) as BG_JOB_PRIORITY;
}

export function downloadStateOf(name: DownloadStateName): DODownloadState {
  return position(DOWNLOAD_STATE_NAMES, name) as DODownloadState;
}

function position(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw unexpected(
    `The service speaks of ${JSON.stringify(name)}, which this version does not know: use a client as new as the service.`,
  );
}
