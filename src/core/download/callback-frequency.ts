import { DODownloadProperty } from '../constants.ts';
import type { DO_DOWNLOAD_STATUS } from '../interfaces/download.ts';
import type { DownloadRecord } from './record.ts';
import { DEFAULT_CALLBACK_SECONDS } from './properties.ts';

/** How often the bytes of a download are told of; undefined: not by this measure. */
export interface CallbackFrequency {
  readonly seconds: number | undefined;
  /** Of the whole download, 1 to 100. */
  readonly percent: number | undefined;
}

/**
 * The frequency in force: what was set, by seconds, by percent or by whichever comes first; every
 * second when nothing was.
 */
export function callbackFrequency({ properties }: DownloadRecord): CallbackFrequency {
  const percent = numberOf(properties[DODownloadProperty.CallbackFreqPercent]);
  const seconds = numberOf(properties[DODownloadProperty.CallbackFreqSeconds]);
  // The default would make every percentage that takes longer than a second useless.
  const unset = percent === undefined ? DEFAULT_CALLBACK_SECONDS : undefined;
  return { seconds: seconds ?? unset, percent };
}

/**
 * Milliseconds until bytes are to be told of; Infinity when nothing is.
 *
 * @param told - what the callback heard last, `sinceMs` ago
 */
export function dueInMs(
  frequency: CallbackFrequency,
  told: DO_DOWNLOAD_STATUS,
  now: DO_DOWNLOAD_STATUS,
  sinceMs: number,
): number {
  if (now.bytesTransferred === told.bytesTransferred && now.bytesTotal === told.bytesTotal)
    return Infinity;
  const { seconds, percent } = frequency;
  const bySeconds = seconds === undefined ? Infinity : Math.max(0, seconds * 1_000 - sinceMs);
  if (percent === undefined || now.bytesTotal === 0) return bySeconds;
  const moved = Math.abs(now.bytesTransferred - told.bytesTransferred);
  return moved * 100 >= percent * now.bytesTotal ? 0 : bySeconds;
}

/** Whether two statuses differ in their bytes at the most. */
export function sameStop(a: DO_DOWNLOAD_STATUS, b: DO_DOWNLOAD_STATUS): boolean {
  return a.state === b.state && a.error === b.error && a.extendedError === b.extendedError;
}

function numberOf(value: string | number | boolean | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
