import type { BG_JOB_PRIORITY, BG_JOB_STATE, DODownloadState } from '../../../core/constants.ts';
import {
  DOWNLOAD_STATE_NAMES,
  type DownloadStateName,
  PRIORITY_NAMES,
  type PriorityName,
  STATE_NAMES,
  type StateName,
} from '../../../rest/resources/common.ts';

/** BG_JOB_STATE as REST writes it. */
export function stateName(state: BG_JOB_STATE): StateName {
  return STATE_NAMES[state];
}

/** The state of a name; undefined for no state's name. */
export function stateOfName(name: string): BG_JOB_STATE | undefined {
  const state = STATE_NAMES.indexOf(name as StateName);
  return state === -1 ? undefined : (state as BG_JOB_STATE);
}

/** BG_JOB_PRIORITY as REST writes it. */
export function priorityName(priority: BG_JOB_PRIORITY): PriorityName {
  return PRIORITY_NAMES[priority];
}

export function priorityOfName(name: PriorityName): BG_JOB_PRIORITY {
  return PRIORITY_NAMES.indexOf(name) as BG_JOB_PRIORITY;
}

/** DODownloadState as REST writes it. */
export function downloadStateName(state: DODownloadState): DownloadStateName {
  return DOWNLOAD_STATE_NAMES[state];
}

/** RFC 3339 of wall-clock milliseconds. */
export function timeOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** The same, null for a moment that is not known. */
export function timeOrNull(wallMs: number | undefined): string | null {
  return wallMs === undefined ? null : timeOf(wallMs);
}
