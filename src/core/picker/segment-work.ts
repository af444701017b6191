import type { ByteRange } from '../piece/byte-range.ts';
import type { Stretch } from '../piece/file-ranges.ts';
import type { IntervalSet } from '../piece/interval-set.ts';

/**
 * A stretch of the local file that one connection is filling. Two of them overlap only while they
 * race for the same bytes, and then they end at the same place.
 */
export interface ActiveSegment {
  readonly id: number;
  /** Everything before this is written already. */
  readonly start: number;
  /** Everything before this has been received; what lies between is on its way to the disk. */
  readonly position: number;
  readonly end: number;
  /** Bytes per millisecond that the connection has been bringing, 0 when not known yet. */
  readonly rate: number;
  /** Nothing has come for so long that nothing may come any more. */
  readonly silent: boolean;
}

/** What is expected of the connection that is to have the segment. */
export interface Newcomer {
  /** Bytes per millisecond, 0 when nothing is known of the server's speed. */
  readonly rate: number;
  /** Milliseconds from a request to the head of its answer, on a connection that exists. */
  readonly headMs: number;
  /** Connections that are free, this one included. */
  readonly free: number;
  /** So many at once have not proved useful yet: nothing but a long segment is worth it. */
  readonly trial: boolean;
  /** Requests that may be made by choice (request-size.ts). */
  readonly spareRequests: number;
}

export interface PickInput {
  readonly sizeBytes: number;
  readonly stretches: readonly Stretch[];
  readonly written: IntervalSet;
  readonly active: readonly ActiveSegment[];
  readonly newcomer: Newcomer;
  readonly pieceSizeBytes: number;
  /** A part smaller than this is split off only where the wait for it would be long. */
  readonly minSplitBytes: number;
}

export type Pick =
  /** Bytes that nobody is fetching. */
  | { readonly kind: 'gap'; readonly segment: ByteRange }
  /**
   * The far end of the segment that would be finished last: whoever is at work on it stops where
   * this one begins.
   */
  | { readonly kind: 'split'; readonly segment: ByteRange }
  /** All that another one has left: who is there first has won. */
  | { readonly kind: 'race'; readonly segment: ByteRange };
