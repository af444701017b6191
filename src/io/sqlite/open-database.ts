import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { checkDatabase } from './check-database.ts';
import { migrate, refuseNewer } from './migrations.ts';
import { applyLockPragmas, applyPragmas } from './pragmas.ts';
import { ensurePrivateFile } from './private-files.ts';
import { setAside } from './set-aside.ts';
import { isDamage } from './sqlite-errors.ts';
import { prepareStatements } from './statements.ts';

/** Databases found damaged in a row before we give up; the second one is a new, empty file. */
const MAX_ATTEMPTS = 3;

/**
 * Opens the database, locked, checked and in the present format. A damaged one is set aside and a
 * new one made in its place; `warn` tells where the old one is.
 *
 * Throws what SQLite throws, and E_UNSUPPORTED for a database of a newer version.
 */
export function openDatabase(path: string, warn: (message: string) => void): DatabaseSync {
  for (let attempt = 1; ; attempt += 1) {
    ensurePrivateFile(path);
    // SQLite takes an empty file for a new database, and deletes the log that still holds the old.
    if (isEmptied(path)) replace(path, new Error('the file is empty, and its log is not'), warn);
    ensurePrivateFile(path);
    const { ino } = statSync(path);
    const db = new DatabaseSync(path);
    try {
      makeReady(db, path);
      return db;
    } catch (error) {
      // Windows renames no open file. Elsewhere it is set aside first: closing would fold the log
      // into the damaged file, delete it, and give up the lock.
      if (process.platform === 'win32') db.close();
      try {
        if (!isDamage(error) || attempt === MAX_ATTEMPTS) throw error;
        // Another process may have met the same damage, and have put a new store here since.
        if (statSync(path, { throwIfNoEntry: false })?.ino === ino) replace(path, error, warn);
      } finally {
        if (db.isOpen) db.close();
      }
    }
  }
}

function isEmptied(path: string): boolean {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return statSync(path).size === 0 && log !== undefined && log.size > 0;
}

function makeReady(db: DatabaseSync, path: string): void {
  applyLockPragmas(db);
  takeLock(db);
  refuseNewer(db, path);
  applyPragmas(db);
  checkDatabase(db);
  migrate(db);
  // Tables that do not fit the version are damage as well, and this is where it is dealt with.
  prepareStatements(db);
}

function replace(path: string, damage: unknown, warn: (message: string) => void): void {
  const where = setAside(path, new Date());
  const detail = damage instanceof Error ? damage.message : String(damage);
  warn(
    `The job store ${path} is damaged (${detail}). It was kept as ${where}, and an empty one ` +
      'takes its place: the jobs in it are unknown from now on.',
  );
}

/** In exclusive mode the lock of the first write transaction is kept until the database is closed. */
function takeLock(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE; COMMIT');
}
