import type { Machine } from './machine.ts';

/** A column of a table: its key in the rows, its heading, and how numbers in it are written. */
export interface Column {
  readonly key: string;
  readonly title: string;
  /** Decimals of its numbers; 2 unless told. */
  readonly digits?: number;
}

/** Null is a value that is not known, or makes no sense for this row. */
export type Row = Readonly<Record<string, string | number | null>>;

/** One table; the rows may hold more than the columns show. */
export interface Table {
  /** Unique within the benchmark: `memory-http`. */
  readonly id: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** A figure that has to hold, and what was reached. */
export interface Show {
  readonly what: string;
  readonly reached: number;
  readonly holds: 'at most' | 'at least';
  readonly bound: number;
  readonly unit?: string;
}

/** What a run of a benchmark leaves behind. */
export interface BenchReport {
  readonly bench: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly machine: Machine;
  readonly arguments: Readonly<Record<string, string>>;
  /** First lines of what the peers say of their version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly tables: readonly Table[];
  readonly shows: readonly Show[];
}
