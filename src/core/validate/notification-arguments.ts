import { DeliveryOptimizationError } from '../errors.ts';
import type { IBackgroundCopyCallback } from '../interfaces/job.ts';
import { KNOWN_NOTIFY_FLAGS } from '../job/calls.ts';
import { checkUnsigned32 } from './arguments.ts';

/** A mask of BG_NOTIFY bits; E_NOTIMPL for any other bit (J-12). */
export function checkNotifyFlags(value: unknown): number {
  const flags = checkUnsigned32(value, 'flags');
  if ((flags & ~KNOWN_NOTIFY_FLAGS) === 0) return flags;
  throw new DeliveryOptimizationError(
    'E_NOTIMPL',
    `0x${flags.toString(16)} has bits that are not in BG_NOTIFY.`,
  );
}

/** An object with the three documented methods, or null; E_NOINTERFACE for anything else. */
export function checkCallback(value: unknown): IBackgroundCopyCallback | null {
  if (value === null) return null;
  const methods =
    typeof value === 'object' || typeof value === 'function'
      ? (value as Record<string, unknown>)
      : {};
  for (const name of ['jobTransferred', 'jobError', 'jobModification']) {
    if (typeof methods[name] !== 'function') {
      throw new DeliveryOptimizationError(
        'E_NOINTERFACE',
        `The callback has no method ${name}; it needs jobTransferred, jobError and jobModification.`,
      );
    }
  }
  return value as IBackgroundCopyCallback;
}
