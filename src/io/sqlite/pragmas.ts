import type { DatabaseSync } from 'node:sqlite';

import { unexpected } from '../../core/errors.ts';

/**
 * How long an open waits for the lock. A process that was just killed holds it until the system has
 * taken its memory apart; longer than this would keep a person waiting for "in use by …".
 */
const BUSY_TIMEOUT_MS = 250;

/** Size the log is cut to after a large transaction, in bytes. */
const JOURNAL_SIZE_LIMIT_BYTES = 16_777_216;

/** Settings and the value each must read back as. The defaults differ between builds of SQLite. */
export const PRAGMAS: Readonly<Record<string, string | number>> = {
  busy_timeout: BUSY_TIMEOUT_MS,
  // First, and before the log is touched: the index of the log then needs no shared memory, which
  // makes WAL work on network drives as well. It doubles as the single-instance lock.
  locking_mode: 'exclusive',
  journal_mode: 'wal',
  // FULL is 2: every commit is flushed, so a power cut loses no acknowledged one.
  synchronous: 2,
  foreign_keys: 1,
  cell_size_check: 1,
  journal_size_limit: JOURNAL_SIZE_LIMIT_BYTES,
};

/** Makes the settings of which the lock consists; nothing of the database is read yet. */
export function applyLockPragmas(db: DatabaseSync): void {
  db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA locking_mode = EXCLUSIVE`);
}

/** Makes every setting, and throws E_UNEXPECTED when one does not hold. */
export function applyPragmas(db: DatabaseSync): void {
  for (const [name, value] of Object.entries(PRAGMAS)) db.exec(`PRAGMA ${name} = ${value}`);
  for (const [name, value] of Object.entries(PRAGMAS)) {
    const actual = readPragma(db, name);
    if (actual === value) continue;
    throw unexpected(
      `The job store cannot work with ${name} = ${String(actual)}; it asked for ${value}.`,
    );
  }
}

/** The value a setting has, as text or number; undefined for a setting that does not exist. */
export function readPragma(db: DatabaseSync, name: string): unknown {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return row === undefined ? undefined : Object.values(row)[0];
}
