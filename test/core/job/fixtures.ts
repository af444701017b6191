import { HRESULT } from '../../../src/core/codes.ts';
import { BG_JOB_PRIORITY, type BG_JOB_STATE, BG_JOB_TYPE } from '../../../src/core/constants.ts';
import type { TransferFailure } from '../../../src/core/job/failure.ts';
import { GUID_NULL, type FileCounters, type Job, type Trouble } from '../../../src/core/job/job.ts';
import type { Moment } from '../../../src/core/job/step.ts';
import { DEFAULT_RETRY_POLICY } from '../../../src/core/retry/retry-delay.ts';

/** The moment of every step, unless a test says otherwise. */
export const NOW_MS = 200_000_000;
export const WALL_MS: number = Date.UTC(2024, 5, 1);
/** When the jobs of these tests were made and last changed. */
export const MADE_MS: number = Date.UTC(2024, 4, 20);
/** Longer ago than every default no-progress timeout. */
export const LONG_AGO_MS: number = NOW_MS - 86_400_000;

export const TRANSIENT: TransferFailure = {
  kind: 'transient',
  code: 'ERROR_WINHTTP_TIMEOUT',
  hresult: HRESULT.ERROR_WINHTTP_TIMEOUT,
  message: 'The origin did not answer.',
  fileIndex: 0,
};

export const FATAL: TransferFailure = {
  kind: 'fatal',
  code: 'HTTP_E_STATUS_NOT_FOUND',
  hresult: HRESULT.HTTP_E_STATUS_NOT_FOUND,
  message: 'The file is not there.',
  httpStatus: 404,
  fileIndex: 0,
};

export const POLICY: TransferFailure = {
  kind: 'policy',
  code: 'DO_E_BLOCKED_BY_COST_TRANSFER_POLICY',
  hresult: HRESULT.DO_E_BLOCKED_BY_COST_TRANSFER_POLICY,
  message: 'The network is too dear.',
};

export const OFFLINE: TransferFailure = {
  kind: 'policy',
  code: 'DO_E_BLOCKED_BY_NO_NETWORK',
  hresult: HRESULT.DO_E_BLOCKED_BY_NO_NETWORK,
  message: 'No network.',
};

export const TOO_OLD: TransferFailure = {
  kind: 'fatal',
  code: 'DO_E_JOB_TOO_OLD',
  hresult: HRESULT.DO_E_JOB_TOO_OLD,
  message: 'Too old.',
};

/** Two files of 100 bytes; `transferred` of them are done. */
export function twoFiles(transferred: number): FileCounters {
  return {
    total: 2,
    transferred,
    unknownSize: 0,
    withoutSink: 0,
    bytesTotal: 200,
    bytesTransferred: transferred * 100,
  };
}

export function moment(changes: Partial<Moment> = {}): Moment {
  return {
    nowMs: NOW_MS,
    wallMs: WALL_MS,
    random: 0.5,
    nextQueueOrder: 1_000,
    retry: DEFAULT_RETRY_POLICY,
    ...changes,
  };
}

export function jobIn(state: BG_JOB_STATE, changes: Partial<Job> = {}): Job {
  return {
    id: '0190163d-8694-739b-aea5-966c26f8ad91',
    displayName: 'weights',
    type: BG_JOB_TYPE.DOWNLOAD,
    owner: 'somebody',
    state,
    priority: BG_JOB_PRIORITY.NORMAL,
    notifyFlags: 0x1b,
    noProgressTimeoutSeconds: undefined,
    costFlags: undefined,
    notificationClsid: GUID_NULL,
    maxBytesPerSecond: undefined,
    download: undefined,
    createdAtMs: MADE_MS,
    modifiedAtMs: MADE_MS,
    transferredAtMs: undefined,
    resumed: true,
    queueOrder: 7,
    publishing: false,
    files: twoFiles(1),
    lastFailure: undefined,
    trouble: undefined,
    ...changes,
  };
}

export function troubleWith(failure: TransferFailure, changes: Partial<Trouble> = {}): Trouble {
  return {
    failure,
    lastTransient: failure.kind === 'transient' ? failure : undefined,
    reported: true,
    failures: 1,
    noProgressSinceMs: undefined,
    blockedSinceMs: undefined,
    retryAtMs: undefined,
    ...changes,
  };
}
