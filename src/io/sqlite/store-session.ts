import type { DatabaseSync } from 'node:sqlite';

import { unexpected } from '../../core/errors.ts';
import { storeError } from './sqlite-errors.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** What the parts of the store share: the open database, its statements, and the way they fail. */
export class StoreSession {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  /** Hears, in a sentence, of records that cannot be read. */
  readonly warn: (message: string) => void;

  constructor(db: DatabaseSync, warn: (message: string) => void) {
    this.db = db;
    this.sql = prepareStatements(db);
    this.warn = warn;
  }

  /** Runs `work`, and throws one of our errors when it fails; `doing` completes "… could not …". */
  guard<T>(doing: string, work: () => T): T {
    if (!this.db.isOpen) throw unexpected('The job store is closed.');
    try {
      return work();
    } catch (error) {
      throw storeError(error, doing);
    }
  }
}
