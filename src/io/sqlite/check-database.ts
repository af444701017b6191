import type { DatabaseSync } from 'node:sqlite';

import { readPragma } from './pragmas.ts';
import { DamagedDatabase } from './sqlite-errors.ts';

/** Faults of one value, which cost one job when its row is read, and not the whole store. */
const FAULT_OF_A_VALUE = /^[\w-]+ value in /;

/** Faults that a check lists before it stops. */
const MAX_FAULTS = 100;

/**
 * Up to here all of the database is checked, in about 2.4 ms a megabyte: 100,000 jobs of a file
 * each are 110 MB. Beyond, the files are left to the statements that meet them.
 */
const MAX_CHECKED_BYTES = 268_435_456;

/** The tables that are checked whatever the size. */
const TABLES_WITHOUT_FILES = [
  'job',
  'outbox',
  'custom_headers',
  'secret',
  'queue',
  'event',
  'event_log',
  'note',
  'request',
  'traffic',
  'job_count',
];

/** Throws a {@link DamagedDatabase} when SQLite finds its own structures broken. */
export function checkDatabase(db: DatabaseSync, maxCheckedBytes: number = MAX_CHECKED_BYTES): void {
  const bytes = Number(readPragma(db, 'page_count')) * Number(readPragma(db, 'page_size'));
  const parts = bytes <= maxCheckedBytes ? [MAX_FAULTS] : TABLES_WITHOUT_FILES;
  const faults = parts
    .flatMap((part) => db.prepare(`PRAGMA quick_check(${part})`).all())
    .map((row) => String(Object.values(row)[0]))
    .filter((fault) => fault !== 'ok' && !FAULT_OF_A_VALUE.test(fault));
  if (faults.length > 0) throw new DamagedDatabase(faults.slice(0, 3).join('; '));
}
