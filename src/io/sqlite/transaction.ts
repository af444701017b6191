import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs `work` in one transaction: all of it is stored when this returns, nothing when it throws.
 *
 * IMMEDIATE takes the write lock first, so that no statement in the middle can find it taken.
 */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** A full disk or a failed write has ended the transaction by itself already. */
function rollBack(db: DatabaseSync): void {
  if (!db.isTransaction) return;
  try {
    db.exec('ROLLBACK');
  } catch {
    // The first error is the one that tells what happened. SQLite rolls back at the next open.
  }
}

/**
 * Runs `work` in one transaction that the operating system holds and the disk may not have yet.
 *
 * In WAL mode a NORMAL commit appends to the log without a flush. The log is one file with chained
 * checksums: the next FULL commit flushes all of it, so after a power cut the store is always what
 * it was after some commit, at or after the last FULL one. An unflushed commit can be lost; it can
 * never be kept while an earlier one is lost. Measured: 0.02 ms against 0.25 ms.
 */
export function inUnflushedTransaction(db: DatabaseSync, work: () => void): void {
  // Outside the transaction: SQLite refuses to change the level within one.
  db.exec('PRAGMA synchronous = NORMAL');
  try {
    inTransaction(db, work);
  } finally {
    db.exec('PRAGMA synchronous = FULL');
  }
}
