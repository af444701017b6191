/** BG_JOB_STATE by name; the position is the documented number. */
export const STATE_NAMES = [
  'queued',
  'connecting',
  'transferring',
  'suspended',
  'error',
  'transient_error',
  'transferred',
  'acknowledged',
  'cancelled',
] as const;
export type StateName = (typeof STATE_NAMES)[number];

/** BG_JOB_PRIORITY by name; the position is the documented number. */
export const PRIORITY_NAMES = ['foreground', 'high', 'normal', 'low'] as const;
export type PriorityName = (typeof PRIORITY_NAMES)[number];

/** DODownloadState by name; the position is the documented number. */
export const DOWNLOAD_STATE_NAMES = [
  'created',
  'transferring',
  'transferred',
  'finalized',
  'aborted',
  'paused',
] as const;
export type DownloadStateName = (typeof DOWNLOAD_STATE_NAMES)[number];

/** Why something failed, as errors.md counts failures. */
export interface Failure {
  readonly kind: 'fatal' | 'transient' | 'policy';
  readonly code: string;
  /** Signed, as are all numbers of result codes here. */
  readonly hresult: number;
  readonly message: string;
  readonly extendedHresult?: number | undefined;
  readonly httpStatus?: number | undefined;
  readonly url?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly fileIndex?: number | undefined;
}

/** Problem details (RFC 9457): the body of every answer that is no success. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hresult: number;
  readonly instance?: string | undefined;
  readonly issues?: readonly { readonly path: string; readonly message: string }[] | undefined;
  readonly extendedHresult?: number | undefined;
  readonly httpStatus?: number | undefined;
}
