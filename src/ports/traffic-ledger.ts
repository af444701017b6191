import type { TrafficSource } from '../core/facts/traffic.ts';

/** Bytes moved in one calendar month (UTC). */
export interface MonthlyTraffic {
  /** `2026-11` */
  readonly month: string;
  readonly source: TrafficSource;
  readonly bytesDown: number;
  readonly bytesUp: number;
}

/** Bytes by source and month. Added with the checkpoints of the files they belong to. */
export interface TrafficLedger {
  /** Adds to the month of `wallMs`. The operating system may hold it: a power cut loses a second's worth. */
  add(
    wallMs: number,
    source: TrafficSource,
    bytes: { readonly down: number; readonly up: number },
  ): void;
  /** The newest `months` months with any traffic, newest first. */
  read(months: number): readonly MonthlyTraffic[];
}
