import type { ErrorCode } from '../codes.ts';
import { DODownloadState } from '../constants.ts';
import type { FileRanges } from '../piece/file-ranges.ts';

/** The calls that move a download, with arguments already known to be well formed. */
export type DownloadCall =
  /** `null` goes on with the ranges in force; an empty list is the whole file. */
  | { readonly call: 'start'; readonly ranges: FileRanges | null }
  | { readonly call: 'pause' }
  | { readonly call: 'finalize' }
  | { readonly call: 'abort' };

/** What a call has to do: one cell of the table in job-lifecycle.md 11. */
export type DownloadDecision =
  /** S_OK, and nothing changes. */
  | { readonly kind: 'nothing' }
  /** Transferring from now on, from the bytes that are here. */
  | { readonly kind: 'continue' }
  /** Transferring from now on, with these ranges in place of all that was fetched so far. */
  | { readonly kind: 'begin'; readonly ranges: FileRanges }
  | { readonly kind: 'pause' }
  | { readonly kind: 'finalize' }
  | { readonly kind: 'abort' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

const NOTHING: DownloadDecision = { kind: 'nothing' };

/**
 * What a call does to a download in a state.
 *
 * @param inForce - the ranges of the last start; without meaning before the first
 */
export function decideDownloadCall(
  state: DODownloadState,
  call: DownloadCall,
  inForce: FileRanges,
): DownloadDecision {
  switch (call.call) {
    case 'start':
      return decideStart(state, call.ranges, inForce);
    case 'pause':
      if (isFinal(state)) return refuse(state, 'Pause');
      // A pause of the engine's own becomes the caller's: it does not end by itself any more.
      return state === DODownloadState.Transferring || state === DODownloadState.Paused
        ? { kind: 'pause' }
        : NOTHING;
    case 'finalize':
      if (state === DODownloadState.Finalized) return NOTHING;
      return state === DODownloadState.Transferred
        ? { kind: 'finalize' }
        : refuse(state, 'Finalize');
    case 'abort':
      if (state === DODownloadState.Aborted) return NOTHING;
      return state === DODownloadState.Finalized ? refuse(state, 'Abort') : { kind: 'abort' };
  }
}

/** Whether two lists of ranges name the same bytes in the same order. */
export function sameRanges(a: FileRanges, b: FileRanges): boolean {
  return (
    a.length === b.length &&
    a.every((range, index) => {
      const other = b[index];
      return other !== undefined && range.offset === other.offset && range.length === other.length;
    })
  );
}

/** The state's name, for messages. */
export function downloadStateName(state: DODownloadState): string {
  const found = Object.entries(DODownloadState).find(([, value]) => value === state);
  return found?.[0] ?? `state ${String(state)}`;
}

function decideStart(
  state: DODownloadState,
  ranges: FileRanges | null,
  inForce: FileRanges,
): DownloadDecision {
  switch (state) {
    case DODownloadState.Created:
      return ranges === null
        ? {
            kind: 'refused',
            code: 'DO_E_DOWNLOAD_RANGES_EXPECTED',
            message:
              'The download has not been started yet, so there are no ranges to go on with: start it with ranges, or with none for the whole file.',
          }
        : { kind: 'begin', ranges };
    case DODownloadState.Transferring:
      return ranges === null ? NOTHING : refuse(state, 'Start with ranges');
    case DODownloadState.Paused:
      return ranges === null || sameRanges(ranges, inForce)
        ? { kind: 'continue' }
        : { kind: 'begin', ranges };
    case DODownloadState.Transferred:
      // Every byte that is asked for again is here.
      return ranges === null || sameRanges(ranges, inForce) ? NOTHING : { kind: 'begin', ranges };
    case DODownloadState.Finalized:
    case DODownloadState.Aborted:
      return refuse(state, 'Start');
  }
}

function isFinal(state: DODownloadState): boolean {
  return state === DODownloadState.Finalized || state === DODownloadState.Aborted;
}

function refuse(state: DODownloadState, call: string): DownloadDecision {
  const hint =
    state === DODownloadState.Transferring
      ? ' Pause it first, or wait until it is Transferred.'
      : isFinal(state)
        ? ' Make a new download.'
        : '';
  return {
    kind: 'refused',
    code: 'DO_E_INVALID_STATE',
    message: `${call} is not allowed: the download is ${downloadStateName(state)}.${hint}`,
  };
}
