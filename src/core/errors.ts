import {
  codeInfo,
  type CodeInfo,
  type ErrorCode,
  type FailureClass,
  type HttpStatusCode,
  httpStatusInfo,
} from './codes.ts';
import { toUnsigned } from './hresult.ts';

/** Facts beyond code and message; each is optional. */
export interface DeliveryOptimizationErrorOptions {
  /** The foreign error that was translated. Never serialised. */
  readonly cause?: unknown;
  /** Replaces the class of the table when the situation says otherwise. */
  readonly failureClass?: FailureClass | undefined;
  /** The HTTP status behind the error. */
  readonly httpStatus?: number | undefined;
  /** A more detailed result code, e.g. the reason a certificate was refused. */
  readonly extendedHresult?: number | undefined;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The URL concerned; kept masked. */
  readonly url?: string | undefined;
  /** Replaces the number of the table, for system errors that have no name of their own. */
  readonly hresult?: number | undefined;
}

/** What `toJSON` gives: no cause, no query strings, absent facts left out. */
export interface DeliveryOptimizationErrorJson {
  readonly code: CodeInfo['name'];
  readonly hresult: number;
  readonly message: string;
  readonly failureClass: FailureClass;
  readonly httpStatus?: number;
  readonly extendedHresult?: number;
  readonly retryAfterMs?: number;
  readonly url?: string;
}

/** The one error type of this library: an operation failed, and `code` says how (errors.md E-7). */
export class DeliveryOptimizationError extends Error {
  override readonly name: string = 'DeliveryOptimizationError';
  /** Stable canonical name, e.g. `DO_E_INVALID_STATE`. */
  readonly code: CodeInfo['name'];
  /** The number of the code, unsigned. */
  readonly hresult: number;
  /** What the failure means for a job. */
  readonly failureClass: FailureClass;
  /** The HTTP status behind the error. */
  readonly httpStatus: number | undefined;
  /** A more detailed result code, unsigned. */
  readonly extendedHresult: number | undefined;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The URL concerned, without user-info and query. */
  readonly url: string | undefined;

  /**
   * @param code - aliases and both spellings of an HTTP status become the canonical name
   * @param message - a sentence with the values that matter
   */
  constructor(
    code: ErrorCode | HttpStatusCode,
    message: string,
    options: DeliveryOptimizationErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const info = codeInfo(code);
    this.code = info.name;
    this.hresult = toUnsigned(options.hresult ?? info.hresult);
    this.failureClass = options.failureClass ?? info.failureClass;
    this.httpStatus = options.httpStatus;
    this.extendedHresult =
      options.extendedHresult === undefined ? undefined : toUnsigned(options.extendedHresult);
    this.retryAfterMs = options.retryAfterMs;
    // Masked here rather than on output: whatever prints the error object cannot leak a secret.
    this.url = options.url === undefined ? undefined : maskUrl(options.url);
  }

  /** Whether trying again without a change by a person is pointless. */
  get permanent(): boolean {
    return this.failureClass === 'fatal' || this.failureClass === 'call';
  }

  /** The facts that may leave the process. */
  toJSON(): DeliveryOptimizationErrorJson {
    const { code, hresult, message, failureClass } = this;
    const { httpStatus, extendedHresult, retryAfterMs, url } = this;
    return {
      code,
      hresult,
      message,
      failureClass,
      ...(httpStatus !== undefined && { httpStatus }),
      ...(extendedHresult !== undefined && { extendedHresult }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(url !== undefined && { url }),
    };
  }
}

/** Whether a caught value is a `DeliveryOptimizationError`. */
export function isDeliveryOptimizationError(error: unknown): error is DeliveryOptimizationError {
  // By name as well: the library and its client entry may be loaded as two copies.
  return (
    error instanceof DeliveryOptimizationError ||
    (error instanceof Error &&
      error.name === 'DeliveryOptimizationError' &&
      'hresult' in error &&
      typeof error.hresult === 'number')
  );
}

/**
 * The caught value itself when it is ours, otherwise wrapped under `fallback` with its message.
 *
 * For errors of Node use `errorFromFileSystem` or `errorFromNetwork`, which know their codes.
 */
export function asDeliveryOptimizationError(
  error: unknown,
  fallback: ErrorCode | HttpStatusCode,
): DeliveryOptimizationError {
  if (isDeliveryOptimizationError(error)) return error;
  const detail = error instanceof Error ? error.message : typeof error === 'string' ? error : '';
  const { meaning } = codeInfo(fallback);
  const message = detail === '' ? meaning : `${meaning} ${detail}`;
  return new DeliveryOptimizationError(fallback, message, { cause: error });
}

/** The words of a caught value, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is known about the answer that `httpStatusError` reports. */
export interface HttpStatusErrorOptions {
  readonly url?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly failureClass?: FailureClass | undefined;
}

/**
 * The error for an HTTP status that ends a request (errors.md 4).
 *
 * Every status keeps its exact code, except successes, which can only be here because their body is
 * of no use: `DO_E_UNEXPECTED_HTTP_STATUS_2XX`. A 416 to a range the caller chose is
 * `DO_E_INVALID_RANGE`, and the caller of this function knows that.
 */
export function httpStatusError(
  status: number,
  options: HttpStatusErrorOptions = {},
): DeliveryOptimizationError {
  const info =
    status >= 200 && status <= 299
      ? codeInfo('DO_E_UNEXPECTED_HTTP_STATUS_2XX')
      : httpStatusInfo(status);
  const server = options.url === undefined ? 'The server' : maskUrl(options.url);
  const meaning = info.meaning.replace(` (${status})`, '');
  const message = `${server} answered HTTP ${status}. ${meaning}`;
  return new DeliveryOptimizationError(info.name, message, { ...options, httpStatus: status });
}

/** The error for something that must not happen: a bug or a damaged store. Fatal. */
export function unexpected(message: string, cause?: unknown): DeliveryOptimizationError {
  return new DeliveryOptimizationError('E_UNEXPECTED', message, { cause, failureClass: 'fatal' });
}

/**
 * A URL fit for logs, messages and events (http.md 9): without user-info and fragment, and with
 * `?…` in place of the query.
 *
 * Works on text, so a URL that does not parse is masked as well.
 */
export function maskUrl(url: string): string {
  const end = url.search(/[?#]/);
  const shown = end === -1 ? url : url.slice(0, end);
  const hidden = url[end] === '?' ? '?…' : '';
  return shown.replace(/^([a-z][a-z0-9+.-]*:[/\\]*|[/\\]{2})([^/\\]*)/i, maskAuthority) + hidden;
}

function maskAuthority(_all: string, scheme: string, authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  // "user:pass" cut off at a stray "?" or "/" looks like a host with a port that is no number.
  return scheme + (/^(\[[^\]]*\]|[^:]*)(:\d*)?$/.test(host) ? host : '…');
}
