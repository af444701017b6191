import { DeliveryOptimizationError } from '../../core/errors.ts';
import { checkRemoteUrl } from '../../core/http/url.ts';
import {
  DEFAULT_NO_PROGRESS_SECONDS,
  MAX_SECONDS,
  MIN_ENGINE_NO_PROGRESS_SECONDS,
  MIN_NO_PROGRESS_SECONDS,
} from './limits.ts';

/** @throws INET_E_INVALID_URL for what the engine would not take as a URL */
export function checkUri(uri: string): string {
  try {
    return checkRemoteUrl(uri);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'The URL is not usable.';
    throw new DeliveryOptimizationError('INET_E_INVALID_URL', message, { cause });
  }
}

/** @throws E_INVALIDARG for a path that no file can have */
export function checkPath(path: string): string {
  if (!path.includes('\0')) return path;
  throw new DeliveryOptimizationError('E_INVALIDARG', 'The path holds a null character.');
}

/** @throws E_INVALIDARG for an empty value, which would unset a property */
export function checkNotEmpty(key: string, value: string): void {
  if (value !== '') return;
  throw new DeliveryOptimizationError('E_INVALIDARG', `${key} cannot be set to nothing.`);
}

/** @throws E_INVALIDARG for what is not a whole number of seconds, 10 to 4,294,967,295 */
export function parseNoProgressSeconds(text: string): number {
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= MIN_NO_PROGRESS_SECONDS && seconds <= MAX_SECONDS) return seconds;
  throw new DeliveryOptimizationError(
    'E_INVALIDARG',
    `NoProgressTimeoutSeconds takes ${MIN_NO_PROGRESS_SECONDS} to ${MAX_SECONDS} seconds.`,
  );
}

/** What the engine is told for what the client has set; 0 is the agent's own default. */
export function engineNoProgressSeconds(seconds: number): number {
  if (seconds === 0) return DEFAULT_NO_PROGRESS_SECONDS;
  return Math.max(MIN_ENGINE_NO_PROGRESS_SECONDS, seconds);
}
