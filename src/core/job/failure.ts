import type { CodeInfo } from '../codes.ts';
import { DeliveryOptimizationError } from '../errors.ts';

/**
 * Why a transfer stopped: a plain value, so that it can be stored, compared and shown.
 *
 * `fatal` needs the caller, `transient` heals by itself after a while, `policy` ends with an
 * event such as the network coming back (errors.md 0).
 */
export interface TransferFailure {
  readonly kind: 'fatal' | 'transient' | 'policy';
  /** Symbolic name, such as `HTTP_E_STATUS_NOT_FOUND`. */
  readonly code: CodeInfo['name'];
  readonly hresult: number;
  readonly message: string;
  /** A second code with the exact reason, where the first is a general one. */
  readonly extendedHresult?: number;
  readonly httpStatus?: number;
  /** Without user-info and query. */
  readonly url?: string;
  /** The shortest wait a server asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The file in progress when it happened; absent when no file is to blame. */
  readonly fileIndex?: number;
}

/** The failure that an error raised by a transfer stands for. */
export function failureOf(error: DeliveryOptimizationError, fileIndex?: number): TransferFailure {
  const { code, hresult, message, extendedHresult, httpStatus, url, retryAfterMs } = error;
  const kind =
    error.failureClass === 'transient' || error.failureClass === 'policy'
      ? error.failureClass
      : 'fatal';
  return {
    kind,
    code,
    hresult,
    message,
    ...(extendedHresult === undefined ? {} : { extendedHresult }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(url === undefined ? {} : { url }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(fileIndex === undefined || kind === 'policy' ? {} : { fileIndex }),
  };
}

/** The error that says what a failure says; what {@link failureOf} made a value of. */
export function errorOf({
  kind,
  code,
  message,
  ...facts
}: TransferFailure): DeliveryOptimizationError {
  return new DeliveryOptimizationError(code, message, { failureClass: kind, ...facts });
}
