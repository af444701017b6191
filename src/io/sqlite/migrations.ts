import type { DatabaseSync } from 'node:sqlite';

import { DeliveryOptimizationError } from '../../core/errors.ts';
import { inTransaction } from './transaction.ts';

/**
 * The schema, as the steps that lead to it: step n takes a store of version n - 1 to version n. A
 * step that was released is never changed, only followed by another. `docs/on-disk.md` explains the
 * columns; the numbers of the states are those of BG_JOB_STATE.
 */
export const STEPS: readonly string[] = [
  // There are no CHECK constraints: rows are checked when they are read, where a bad one can cost
  // its own job alone. A failed CHECK would be a fault of the whole database to `quick_check`.
  `
  CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    type INTEGER NOT NULL,
    owner TEXT NOT NULL,
    state INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    notify_flags INTEGER NOT NULL,
    no_progress_timeout_s INTEGER,
    cost_flags INTEGER,
    notification_clsid TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    transferred_ms INTEGER,
    resumed INTEGER NOT NULL,
    queue_order INTEGER NOT NULL,
    publishing INTEGER NOT NULL,
    files_total INTEGER NOT NULL,
    files_transferred INTEGER NOT NULL,
    files_unknown_size INTEGER NOT NULL,
    files_without_sink INTEGER NOT NULL,
    bytes_total INTEGER NOT NULL,
    bytes_transferred INTEGER NOT NULL,
    last_failure TEXT,
    discarded INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  -- Each list that the engine asks for again and again is one of these, in order.
  CREATE INDEX job_queued ON job ((priority > 0), queue_order) WHERE state = 0;
  CREATE INDEX job_running ON job (seq) WHERE state IN (1, 2, 5);
  CREATE INDEX job_live ON job (seq) WHERE state < 7;
  CREATE INDEX job_age ON job (created_ms) WHERE state < 7;
  CREATE INDEX job_history ON job (discarded, modified_ms) WHERE state >= 7;

  CREATE TABLE file (
    job_seq INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    file_id TEXT NOT NULL,
    remote_name TEXT NOT NULL,
    local_name TEXT,
    ranges TEXT NOT NULL,
    expected_size INTEGER,
    digest TEXT,
    integrity TEXT NOT NULL,
    representation TEXT,
    size INTEGER,
    flushed TEXT NOT NULL,
    written TEXT NOT NULL,
    written_boot_id TEXT,
    done INTEGER NOT NULL,
    published INTEGER NOT NULL,
    published_inode TEXT,
    response_headers TEXT,
    bytes_from_http INTEGER NOT NULL,
    duration_ms REAL NOT NULL,
    PRIMARY KEY (job_seq, idx)
  ) STRICT;

  CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    job_seq INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX outbox_job ON outbox (job_seq);

  CREATE TABLE custom_headers (
    job_seq INTEGER PRIMARY KEY REFERENCES job (seq) ON DELETE CASCADE,
    box BLOB NOT NULL
  ) STRICT;

  CREATE TABLE queue (
    max_order INTEGER NOT NULL
  ) STRICT;
  INSERT INTO queue (max_order) VALUES (0);
  `,
  // The service: downloads of the IDO family, the event log, and what outlives a process besides jobs.
  `
  ALTER TABLE job ADD COLUMN max_bytes_per_second INTEGER;
  ALTER TABLE job ADD COLUMN download TEXT;
  ALTER TABLE file ADD COLUMN bytes_from_cache INTEGER NOT NULL DEFAULT 0;

  -- Everything that a page of a list asks of a job stands in these two; the rows are read of those
  -- jobs alone that are on the page.
  DROP INDEX job_live;
  CREATE INDEX job_live ON job (seq, state, (download IS NULL)) WHERE state < 7;
  CREATE INDEX job_final ON job (seq, state, (download IS NULL)) WHERE state >= 7;
  CREATE INDEX job_owner ON job (owner, seq, state, (download IS NULL));

  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_job ON event (job_id, sequence);
  CREATE INDEX event_owner ON event (owner, sequence);

  CREATE TABLE event_log (
    trimmed INTEGER NOT NULL
  ) STRICT;
  INSERT INTO event_log (trimmed) VALUES (0);

  CREATE TABLE note (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE traffic (
    month TEXT NOT NULL,
    source TEXT NOT NULL,
    bytes_down INTEGER NOT NULL,
    bytes_up INTEGER NOT NULL,
    PRIMARY KEY (month, source)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE request (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    job_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX request_age ON request (at_ms);

  CREATE TABLE secret (
    job_seq INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    name TEXT NOT NULL,
    box BLOB NOT NULL,
    PRIMARY KEY (job_seq, name)
  ) STRICT, WITHOUT ROWID;
  `,
  // Lists of a hundred thousand jobs: each state is a list of its own, and counts are kept, not taken.
  `
  DROP INDEX job_running;
  DROP INDEX job_live;
  DROP INDEX job_final;
  DROP INDEX job_owner;
  -- Within equal columns an index is in order of the rowid, which is seq: the order of creation.
  CREATE INDEX job_state ON job (state, (download IS NULL));
  CREATE INDEX job_owner ON job (owner, state, (download IS NULL));

  CREATE TABLE job_count (
    owner TEXT NOT NULL,
    state INTEGER NOT NULL,
    is_job INTEGER NOT NULL,
    jobs INTEGER NOT NULL,
    PRIMARY KEY (owner, state, is_job)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO job_count
    SELECT owner, state, download IS NULL AS is_job, count(*) FROM job GROUP BY owner, state, is_job;

  CREATE TRIGGER job_counted AFTER INSERT ON job BEGIN
    INSERT INTO job_count VALUES (NEW.owner, NEW.state, NEW.download IS NULL, 1)
      ON CONFLICT DO UPDATE SET jobs = jobs + 1;
  END;
  CREATE TRIGGER job_recounted AFTER UPDATE OF owner, state, download ON job
  WHEN OLD.state IS NOT NEW.state OR OLD.owner IS NOT NEW.owner
    OR (OLD.download IS NULL) IS NOT (NEW.download IS NULL)
  BEGIN
    UPDATE job_count SET jobs = jobs - 1
      WHERE owner = OLD.owner AND state = OLD.state AND is_job = (OLD.download IS NULL);
    INSERT INTO job_count VALUES (NEW.owner, NEW.state, NEW.download IS NULL, 1)
      ON CONFLICT DO UPDATE SET jobs = jobs + 1;
  END;
  CREATE TRIGGER job_uncounted AFTER DELETE ON job BEGIN
    UPDATE job_count SET jobs = jobs - 1
      WHERE owner = OLD.owner AND state = OLD.state AND is_job = (OLD.download IS NULL);
  END;
  `,
  // The boot under which events were given their numbers.
  `
  ALTER TABLE event_log ADD COLUMN boot_id TEXT;
  `,
];

/** The version of the store that this program writes. */
export const SCHEMA_VERSION: number = STEPS.length;

/** The version of a store: 0 for an empty one. */
export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** Throws E_UNSUPPORTED for a store of a newer program, before anything in it was touched. */
export function refuseNewer(db: DatabaseSync, path: string): void {
  const version = schemaVersion(db);
  if (version <= SCHEMA_VERSION) return;
  throw new DeliveryOptimizationError(
    'E_UNSUPPORTED',
    `The job store ${path} was written by a newer version of haulyard: it has format ${version}, ` +
      `and this one knows formats up to ${SCHEMA_VERSION}. Nothing in it was changed. Use the newer ` +
      `version, or another data directory.`,
    { failureClass: 'fatal' },
  );
}

/** Takes the store to the present version, each step in a transaction of its own. */
export function migrate(db: DatabaseSync): void {
  for (let version = schemaVersion(db); version < SCHEMA_VERSION; version += 1) {
    inTransaction(db, () => {
      db.exec(STEPS[version]!);
      db.exec(`PRAGMA user_version = ${version + 1}`);
    });
  }
}
