import type { ErrorCode } from '../codes.ts';
import { DeliveryOptimizationError, type DeliveryOptimizationErrorOptions } from '../errors.ts';
import type { Representation } from './representation.ts';

/** What was asked and what is known, as far as it decides about the answer. */
export interface RequestFacts {
  /** The URL of the final request, after redirects. */
  readonly url: string;
  /**
   * The file's remote name, before redirects: what validators are filed under. Redirect targets
   * change from one request to the next (N-12). Default: `url`.
   */
  readonly remoteUrl?: string;
  /** Half-open offsets of the remote file; absent when no Range was sent. */
  readonly range?: { readonly start: number; readonly end?: number };
  /** If-Range was sent. */
  readonly conditional: boolean;
  /** What earlier answers said of this file. */
  readonly known?: Representation;
  /** The caller asked for ranges of the remote file. */
  readonly callerRanges: boolean;
  /** Size of the whole remote file as given by the caller, in bytes. */
  readonly expectedSizeBytes?: number;
  /** The file is of no use without a size, as with integrity metadata (N-9). Default: false. */
  readonly sizeNeeded?: boolean;
  /** Bytes of the file stored already. */
  readonly storedBytes: number;
  /** Times the file started over without progress since. */
  readonly restarts: number;
  /** Status of the last answer to this same request; a second 421 in a row is fatal. */
  readonly previousStatus?: number;
}

/** What to do with an answer. */
export type Verdict =
  /**
   * Write the body from remote offset `start`. It ends before `end`, or where the transport says
   * the message is complete; the caller then compares with `expectedSizeBytes`. A range shorter
   * than asked is normal: ask for the rest.
   */
  | {
      readonly kind: 'body';
      readonly start: number;
      readonly end: number | undefined;
      readonly representation: Representation;
    }
  /** Drop all bytes of this file: this body is the whole of it, from 0. */
  | {
      readonly kind: 'restart';
      readonly end: number | undefined;
      readonly representation: Representation;
      readonly reason: 'changed' | 'ranges-ignored';
    }
  /**
   * This body is useless. Drop all bytes and all that is known of this file and ask again: without
   * Range, or for the first of the caller's ranges.
   */
  | { readonly kind: 'changed'; readonly representation?: Representation }
  /** Nothing is left to fetch. */
  | { readonly kind: 'complete'; readonly representation?: Representation }
  | { readonly kind: 'redirect'; readonly location: string | undefined }
  /** Send credentials once; to a second one the caller answers with a fatal `httpStatusError`. */
  | { readonly kind: 'challenge'; readonly status: 401 | 407 }
  /** `inconsistent`: DO_E_HTTP_BLOCKSIZE_MISMATCH, to be tried again with no-cache (N-8). */
  | {
      readonly kind: 'failed';
      readonly error: DeliveryOptimizationError;
      readonly inconsistent?: boolean;
    };

/** A verdict that ends the request with `code`. */
export function failed(
  request: RequestFacts,
  code: ErrorCode,
  message: string,
  options: DeliveryOptimizationErrorOptions = {},
): Verdict {
  const error = new DeliveryOptimizationError(code, message, { url: request.url, ...options });
  return { kind: 'failed', error };
}

/** The answer contradicts the request or itself, as caches on the way make it do (N-8). */
export function inconsistent(request: RequestFacts, message: string, httpStatus: number): Verdict {
  const code = 'DO_E_HTTP_BLOCKSIZE_MISMATCH';
  const options = { url: request.url, failureClass: 'transient', httpStatus } as const;
  const error = new DeliveryOptimizationError(code, message, options);
  return { kind: 'failed', error, inconsistent: true };
}
