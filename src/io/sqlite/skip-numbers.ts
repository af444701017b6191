import type { StoreSession } from './store-session.ts';
import { inTransaction } from './transaction.ts';

/** Far more than can be given to events between two flushes. */
const SKIPPED_NUMBERS = 1_000_000;

/**
 * Skips numbers of events after a power cut. Listeners may have been told of events that it took back,
 * and would take others with the same numbers for those. Under the same boot nothing was lost; without
 * a boot id nobody knows.
 */
export function skipNumbersAfterReboot({ db, sql }: StoreSession, bootId = ''): void {
  const before = sql.numbersBoot.get()?.['boot_id'] ?? undefined;
  if (before === bootId && bootId !== '') return;
  inTransaction(db, () => {
    if (before !== undefined) {
      sql.beginNumbers.run();
      sql.skipNumbers.run(SKIPPED_NUMBERS);
    }
    sql.setNumbersBoot.run(bootId);
  });
}
