import { TRAFFIC_SOURCES, type TrafficSource } from '../../core/facts/traffic.ts';
import type { MonthlyTraffic, TrafficLedger } from '../../ports/traffic-ledger.ts';
import { checkTraffic, monthOf } from './checks.ts';
import { collectRows, type Row } from './collect-rows.ts';
import { BadRecord, Fields } from './fields.ts';
import type { StoreSession } from './store-session.ts';
import { inUnflushedTransaction } from './transaction.ts';

/** Bytes by month and source in the table `traffic`: nine rows a month. */
export class SqliteTrafficLedger implements TrafficLedger {
  readonly #session: StoreSession;

  constructor(session: StoreSession) {
    this.#session = session;
  }

  add(
    wallMs: number,
    source: TrafficSource,
    bytes: { readonly down: number; readonly up: number },
  ): void {
    const month = monthOf(wallMs);
    checkTraffic(source, bytes);
    if (bytes.down === 0 && bytes.up === 0) return;
    const { db, sql } = this.#session;
    this.#session.guard('count traffic', () =>
      inUnflushedTransaction(db, () => {
        sql.addTraffic.run(month, source, bytes.down, bytes.up);
      }),
    );
  }

  read(months: number): readonly MonthlyTraffic[] {
    return this.#session.guard('read its traffic', () =>
      collectRows(this.#session.sql.traffic, [Math.max(0, months)], (row) => this.#decode(row)),
    );
  }

  #decode(row: Row): MonthlyTraffic | undefined {
    try {
      return trafficFromRow(row);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      this.#session.warn(`A record of traffic cannot be read, and is skipped: ${error.message}.`);
      return undefined;
    }
  }
}

function trafficFromRow(row: Row): MonthlyTraffic {
  const fields = new Fields(row);
  const month = fields.text('month');
  if (!/^\d{4}-\d\d$/.test(month)) throw new BadRecord('month is not a month');
  return {
    month,
    source: fields.oneOf('source', TRAFFIC_SOURCES),
    bytesDown: fields.count('bytes_down'),
    bytesUp: fields.count('bytes_up'),
  };
}
