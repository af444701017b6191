import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

export type Row = Record<string, SQLOutputValue>;

/**
 * The rows of a query as `decode` makes them, up to `limit`; those it makes nothing of are skipped.
 *
 * `node:sqlite` throws in the middle of a query at an integer beyond 2^53, which only damage can
 * have put there. The query is then read once more with bigints, so that it costs that row alone.
 */
export function collectRows<T>(
  statement: StatementSync,
  parameters: readonly SQLInputValue[],
  decode: (row: Row) => T | undefined,
  limit: number = Number.POSITIVE_INFINITY,
): T[] {
  try {
    return collect(statement, parameters, decode, limit);
  } catch (error) {
    if (!isOutOfRange(error)) throw error;
  }
  statement.setReadBigInts(true);
  try {
    return collect(statement, parameters, decode, limit);
  } finally {
    statement.setReadBigInts(false);
  }
}

function collect<T>(
  statement: StatementSync,
  parameters: readonly SQLInputValue[],
  decode: (row: Row) => T | undefined,
  limit: number,
): T[] {
  const found: T[] = [];
  if (limit <= 0) return found;
  for (const row of statement.iterate(...parameters)) {
    const value = decode(row);
    if (value !== undefined && found.push(value) >= limit) break;
  }
  return found;
}

function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE';
}
