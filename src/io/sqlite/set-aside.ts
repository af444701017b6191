import { existsSync, renameSync } from 'node:fs';

/**
 * Moves a damaged database out of the way, for a person to look into, and returns where it is.
 *
 * The log goes first: left beside a new database, SQLite would take it for that one's. A crash in
 * between leaves a damaged database without a log, which is set aside at the next open.
 */
export function setAside(databasePath: string, now: Date): string {
  const base = `${databasePath}.damaged-${now.toISOString().replaceAll(/[-:]/g, '')}`;
  const target = unusedName(base);
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(databasePath + suffix)) renameSync(databasePath + suffix, target + suffix);
  }
  return target;
}

function unusedName(base: string): string {
  for (let attempt = 1; ; attempt += 1) {
    const name = attempt === 1 ? base : `${base}-${attempt}`;
    if (['', '-wal', '-shm'].every((suffix) => !existsSync(name + suffix))) return name;
  }
}
