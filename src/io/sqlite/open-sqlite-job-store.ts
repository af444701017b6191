import { join } from 'node:path';

import type { JobStore } from '../../ports/job-store.ts';
import { openDatabase } from './open-database.ts';
import { ensureDirectory } from './private-files.ts';
import { SecretBox } from './secret-box.ts';
import { isLocked, storeError } from './sqlite-errors.ts';
import { SqliteJobStore } from './sqlite-job-store.ts';
import { removeOwner, storeInUse, writeOwner } from './store-owner.ts';

/** Where and for whom the store is opened. */
export interface SqliteJobStoreOptions {
  /** Made when it is not there, for its owner alone. */
  readonly directory: string;
  /** See `currentBootId`; undefined believes nothing that was not flushed. */
  readonly bootId: string | undefined;
  /** What this process is, as the next one to come will be told: `haulyard get`. */
  readonly owner: string;
  /** Hears, in a sentence, of what was found damaged; nothing waits for it. */
  readonly onWarning: (message: string) => void;
}

/**
 * Opens the job store of a data directory, and makes it when there is none.
 *
 * Throws ERROR_SHARING_VIOLATION while another process has it, E_UNSUPPORTED when a newer version
 * wrote it, E_ACCESSDENIED, ERROR_WRITE_PROTECT or ERROR_DISK_FULL when the directory cannot be
 * used. A damaged store is no error: it is set aside, and `onWarning` is told.
 */
export function openSqliteJobStore(options: SqliteJobStoreOptions): JobStore {
  const { directory, bootId, owner, onWarning } = options;
  const databasePath = join(directory, 'haulyard.db');
  const ownerPath = join(directory, 'haulyard.lock');
  try {
    ensureDirectory(directory);
    const db = openDatabase(databasePath, onWarning);
    let store: SqliteJobStore | undefined;
    try {
      store = new SqliteJobStore({
        db,
        bootId,
        secrets: new SecretBox(join(directory, 'haulyard.key')),
        warn: onWarning,
        beforeClose: () => removeOwner(ownerPath),
      });
      writeOwner(ownerPath, { pid: process.pid, command: owner, since: new Date().toISOString() });
      return store;
    } catch (error) {
      if (store === undefined) db.close();
      else store[Symbol.dispose]();
      throw error;
    }
  } catch (error) {
    if (isLocked(error)) throw storeInUse(databasePath, ownerPath, error);
    throw storeError(error, `be opened at ${databasePath}`);
  }
}
