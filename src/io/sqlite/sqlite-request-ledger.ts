import type { StoreChange } from '../../ports/job-store.ts';
import type { AnsweredRequest, RequestLedger } from '../../ports/request-ledger.ts';
import type { StoreSession } from './store-session.ts';

/** Keys that one transaction of `trim` deletes, which bounds the log and the wait of others. */
const TRIM_BATCH_REQUESTS = 1_000;

/** Answered requests in the table `request`. */
export class SqliteRequestLedger implements RequestLedger {
  readonly #session: StoreSession;

  constructor(session: StoreSession) {
    this.#session = session;
  }

  find(owner: string, key: string): AnsweredRequest | undefined {
    return this.#session.guard('look up a request', () => {
      const row = this.#session.sql.request.get(owner, key);
      if (row === undefined) return undefined;
      return { fingerprint: String(row['fingerprint']), jobId: String(row['job_id']) };
    });
  }

  /** Stores a request in the transaction that is under way, in the place of an older one of its key. */
  remember(request: NonNullable<StoreChange['answers']>): void {
    const { owner, key, fingerprint, jobId, atMs } = request;
    this.#session.sql.putRequest.run(owner, key, fingerprint, jobId, atMs);
  }

  trim(wallMs: number, atMost: number = Number.POSITIVE_INFINITY): number {
    return this.#session.guard('forget old requests', () => {
      let trimmed = 0;
      for (;;) {
        const limit = Math.min(TRIM_BATCH_REQUESTS, atMost - trimmed);
        const { changes } = this.#session.sql.deleteRequests.run(wallMs, limit);
        trimmed += Number(changes);
        if (Number(changes) < limit || trimmed >= atMost) return trimmed;
      }
    });
  }
}
