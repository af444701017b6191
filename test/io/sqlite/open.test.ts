import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { BG_JOB_STATE } from '../../../src/core/constants.ts';
import { GUID_NULL } from '../../../src/core/job/job.ts';
import {
  migrate,
  refuseNewer,
  SCHEMA_VERSION,
  schemaVersion,
  STEPS,
} from '../../../src/io/sqlite/migrations.ts';
import { openDatabase } from '../../../src/io/sqlite/open-database.ts';
import { openSqliteJobStore } from '../../../src/io/sqlite/open-sqlite-job-store.ts';
import { readPragma } from '../../../src/io/sqlite/pragmas.ts';
import { pageSql, SQL } from '../../../src/io/sqlite/statements.ts';
import { currentBootId } from '../../../src/io/system/boot-id.ts';
import type { JobStore } from '../../../src/ports/job-store.ts';
import { aFile, aJob, anEvent } from '../../conformance/job-store-values.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.ts';

function open(
  directory: TemporaryDirectory,
  options: { bootId?: string | undefined; warnings?: string[] } = {},
): JobStore {
  return openSqliteJobStore({
    directory: directory.path,
    bootId: options.bootId,
    owner: 'a test',
    onWarning: (message) => {
      if (options.warnings === undefined) assert.fail(message);
      options.warnings.push(message);
    },
  });
}

test('every opening makes the settings, and they hold', async () => {
  await using directory = await temporaryDirectory();
  for (let opening = 0; opening < 2; opening += 1) {
    const db = openDatabase(directory.join('haulyard.db'), assert.fail);
    const names = ['journal_mode', 'synchronous', 'foreign_keys', 'locking_mode', 'busy_timeout'];
    assert.deepEqual(
      names.map((name) => readPragma(db, name)),
      ['wal', 2, 1, 'exclusive', 250],
    );
    db.close();
  }
});

test('every table is strict', async () => {
  await using directory = await temporaryDirectory();
  const db = openDatabase(directory.join('haulyard.db'), assert.fail);
  const tables = db
    .prepare("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")
    .all();
  db.close();
  const own = tables.filter(({ name }) => !String(name).startsWith('sqlite_'));
  assert.equal(own.length, 12);
  for (const { name, strict } of own) assert.equal(strict, 1, String(name));
});

test('lists that are asked for again and again read an index and sort nothing', async () => {
  await using directory = await temporaryDirectory();
  const db = openDatabase(directory.join('haulyard.db'), assert.fail);
  const { queuedForeground, queuedBackground, queuedAfter, queuedBefore } = SQL;
  const { createdBefore, undiscarded, purgeable } = SQL;
  const queues = [queuedForeground, queuedBackground, queuedAfter, queuedBefore];
  for (const sql of [...queues, ...everyPage(), createdBefore, undiscarded, purgeable]) {
    const steps = planOf(db, sql).filter((step) => !/^(MERGE|LEFT|RIGHT)/.test(step));
    assert.ok(
      steps.every((step) => /USING (COVERING )?INDEX job_/.test(step)),
      `${sql}: ${steps.join('; ')}`,
    );
  }
  db.close();
});

test('a page, an event and a request are searched for, and nothing is sorted', async () => {
  await using directory = await temporaryDirectory();
  const db = openDatabase(directory.join('haulyard.db'), assert.fail);
  for (const sql of everyPage()) {
    const plan = planOf(db, sql).join('; ');
    assert.match(plan, /state=\? AND <expr>=\? AND rowid[<>]\?/, sql);
    assert.doesNotMatch(plan, /SCAN|TEMP B-TREE/, sql);
  }
  const wanted = {
    seqOfJob: /id=\?/,
    job: /id=\?/,
    seqBeforeId: /id<\?/,
    seqAfterId: /id>\?/,
    countsOfOwner: /owner=\?/,
    files: /job_seq=\?/,
    outbox: /job_seq=\?/,
    clearOutbox: /job_seq=\?/,
    setDiscarded: /id=\?/,
    renewJob: /rowid=\?/,
    deleteJob: /rowid=\?/,
    queuedAfter: /<expr>=\? AND queue_order>\?/,
    queuedBefore: /<expr>=\? AND queue_order<\?/,
    eventsAfter: /rowid>\?/,
    eventsOfJob: /job_id=\? AND sequence>\?/,
    eventsOfOwner: /owner=\? AND sequence>\?/,
    eventsOfJobAndOwner: /job_id=\? AND sequence>\?/,
    request: /owner=\? AND name=\?/,
    deleteRequests: /at_ms<\?/,
  } as const;
  for (const [name, searched] of Object.entries(wanted)) {
    const plan = planOf(db, SQL[name as keyof typeof wanted]).join('; ');
    assert.match(plan, searched, name);
    assert.doesNotMatch(plan, /SCAN|TEMP B-TREE/, name);
  }
  db.close();
});

/** Pages of one list and of many, of an owner and of all, from either end. */
function everyPage(): readonly string[] {
  return [1, 2, 7, 18].flatMap((lists) =>
    [true, false].flatMap((ofOwner) =>
      [true, false].flatMap((newestFirst) =>
        (['all', 'id'] as const).map((columns) =>
          pageSql({ lists, ofOwner, newestFirst }, columns),
        ),
      ),
    ),
  );
}

function planOf(db: DatabaseSync, sql: string): readonly string[] {
  const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
  return plan.map(({ detail }) => String(detail));
}

test('a store of version 1 keeps its jobs, files and headers, and gets the new tables', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('haulyard.db');
  writeVersionOne(path);
  {
    using store = open(directory, { bootId: 'boot' });
    assert.deepEqual(store.unreadable(), []);
    const failure = {
      kind: 'transient',
      code: 'ERROR_WINHTTP_TIMEOUT',
      hresult: 5,
      message: '',
    } as const;
    const live = aJob('live', { displayName: 'it', queueOrder: 7, lastFailure: failure });
    const final = aJob('final', { state: BG_JOB_STATE.CANCELLED });
    assert.deepEqual(store.list({ includeFinal: true }), [live, final]);
    assert.deepEqual(store.page({ limit: 9, includeFinal: false, family: 'job' }), [live]);
    assert.deepEqual(
      store.page({ limit: 9, includeFinal: true, family: 'job', owner: 'somebody' }),
      [live, final],
    );
    const statistics = { bytesFromHttp: 9, bytesFromCacheHost: 0, durationMs: 1.5 };
    const sets = { flushed: [{ start: 0, end: 5 }], written: [{ start: 0, end: 9 }] };
    assert.deepEqual(store.loadFiles('live'), [aFile('live', 0, { ...sets, statistics })]);
    assert.equal(store.outboxOf('live')[0]?.event, 'error');
    assert.equal(store.maxQueueOrder, 7);
    assert.deepEqual(store.undiscarded(), ['final']);

    assert.deepEqual(
      [...store.countByState('somebody')].toSorted(([a], [b]) => a - b),
      [
        [live.state, 1],
        [final.state, 1],
      ],
    );
    assert.equal(store.count({ includeFinal: true, family: 'job' }), 2);

    assert.deepEqual([store.events.lastSequence, store.events.trimmedSequence], [0, 0]);
    store.commit({ job: { ...live, maxBytesPerSecond: 5 }, events: [anEvent('live')] });
    store.saveSecret('live', 'authHeaders', 'x');
  }
  using store = open(directory, { bootId: 'boot' });
  assert.equal(store.loadJob('live')?.maxBytesPerSecond, 5);
  assert.equal(store.events.lastSequence, 1);
  assert.equal(store.loadSecret('live', 'authHeaders'), 'x');
});

test('an upgrade that is cut short leaves the old version, and is done at the next opening', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('haulyard.db');
  writeVersionOne(path);
  const db = new DatabaseSync(path);
  // The step fails at its last table, after everything before it was changed.
  db.exec('CREATE TABLE secret (in_the_way)');
  assert.throws(() => migrate(db), /already exists/);
  assert.equal(schemaVersion(db), 1);
  db.exec('DROP TABLE secret');
  db.close();
  using store = open(directory);
  assert.equal(store.list({ includeFinal: true }).length, 2);
});

/** What version 1 of the program wrote: its tables, and rows that name its columns only. */
function writeVersionOne(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL; ${STEPS[0]!}; PRAGMA user_version = 1`);
  const columns =
    'id, display_name, type, owner, state, priority, notify_flags, notification_clsid, ' +
    'created_ms, modified_ms, resumed, queue_order, publishing, files_total, files_transferred, ' +
    'files_unknown_size, files_without_sink, bytes_total, bytes_transferred, last_failure';
  const addJob = db.prepare(
    `INSERT INTO job (${columns}) VALUES (?, ?, 0, 'somebody', ?, 2, 3, ?, 1000, 1000, 0, ?, 0, ` +
      '0, 0, 0, 0, 0, 0, ?)',
  );
  const failure = '{"kind":"transient","code":"ERROR_WINHTTP_TIMEOUT","hresult":5,"message":""}';
  addJob.run('live', 'it', BG_JOB_STATE.SUSPENDED, GUID_NULL, 7, failure);
  addJob.run('final', 'A job', BG_JOB_STATE.CANCELLED, GUID_NULL, 0, null);
  db.exec(`
    INSERT INTO file (job_seq, idx, file_id, remote_name, ranges, integrity, flushed, written,
      written_boot_id, done, published, bytes_from_http, duration_ms)
    VALUES (1, 0, 'file 0', 'http://origin.test/0.bin', '[]', '{}', '0-5', '0-9', 'boot', 0, 0, 9, 1.5);
    INSERT INTO outbox (job_seq, event) VALUES (1, 'error');
    UPDATE queue SET max_order = 7;
  `);
  db.close();
}

test('a store of version 0 becomes one of the present version', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('haulyard.db');
  const empty = new DatabaseSync(path);
  empty.exec('VACUUM');
  assert.equal(schemaVersion(empty), 0);
  empty.close();
  const db = openDatabase(path, assert.fail);
  assert.equal(schemaVersion(db), SCHEMA_VERSION);
  db.close();
});

test('a store of a newer version is refused and not touched', async () => {
  await using directory = await temporaryDirectory();
  {
    using store = open(directory);
    store.commit({ job: aJob('a') });
  }
  const path = directory.join('haulyard.db');
  const newer = new DatabaseSync(path);
  newer.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}; DROP TABLE outbox`);
  newer.close();
  const before = readFileSync(path);
  assert.throws(
    () => open(directory),
    (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'E_UNSUPPORTED');
      assert.match(error.message, /newer version of haulyard.*format 5.*up to 4/);
      return true;
    },
  );
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(readdirSync(directory.path), ['haulyard.db']);
  const db = new DatabaseSync(path);
  assert.throws(() => refuseNewer(db, path), /Nothing in it was changed/);
  db.close();
});

test(
  'directory and files are for their owner alone',
  { skip: process.platform === 'win32' },
  async () => {
    await using directory = await temporaryDirectory();
    const data = directory.join('data', 'of mine');
    using store = openSqliteJobStore({
      directory: data,
      bootId: undefined,
      owner: 'a test',
      onWarning: assert.fail,
    });
    store.commit({ job: aJob('a') });
    store.saveCustomHeaders('a', 'X: 1');
    assert.equal(statSync(data).mode & 0o777, 0o700);
    const files = readdirSync(data);
    assert.deepEqual(files, ['haulyard.db', 'haulyard.db-wal', 'haulyard.key', 'haulyard.lock']);
    for (const name of files) assert.equal(statSync(`${data}/${name}`).mode & 0o777, 0o600, name);
  },
);

test('a closed store is one file, and its log and note are gone', async () => {
  await using directory = await temporaryDirectory();
  {
    using store = open(directory);
    store.commit({ job: aJob('a') });
  }
  assert.deepEqual(readdirSync(directory.path), ['haulyard.db']);
});

test('without a boot id, nothing is believed that was not flushed', async () => {
  await using directory = await temporaryDirectory();
  const flushed = [{ start: 0, end: 5 }];
  const written = [{ start: 0, end: 9 }];
  for (const bootId of [undefined, 'boot']) {
    using store = open(directory, { bootId });
    store.commit({ job: aJob('a'), files: [aFile('a', 0, { flushed, written })] });
    const believed = bootId === undefined ? flushed : written;
    assert.deepEqual(store.loadFiles('a')[0]?.written, believed);
  }
  using store = open(directory, { bootId: undefined });
  assert.deepEqual(store.loadFiles('a')[0]?.written, flushed);
});

test('the boot id is the same for the whole boot', () => {
  const id = currentBootId();
  assert.equal(currentBootId(), id);
  if (process.platform === 'linux') assert.match(id ?? '', /^[0-9a-f]{8}-/);
  else assert.equal(id, undefined);
});

test('custom headers stand in no file as they are', async () => {
  await using directory = await temporaryDirectory();
  const secret = 'X-Api-Key: correct horse battery staple';
  const shown = (): string[] =>
    readdirSync(directory.path).filter((name) => {
      const bytes = readFileSync(directory.join(name));
      return (
        bytes.includes('battery') || bytes.includes(Buffer.from(secret).toString('base64', 0, 30))
      );
    });
  {
    using store = open(directory);
    store.commit({ job: aJob('a') });
    store.saveCustomHeaders('a', secret);
    assert.deepEqual(shown(), []);
    assert.equal(store.loadCustomHeaders('a'), secret);
  }
  assert.deepEqual(shown(), []);
});

test('other secrets stand in no file as they are, while the store is open and after', async () => {
  await using directory = await temporaryDirectory();
  const secret = 'Authorization: Bearer of a heavy load';
  const shown = (): string[] =>
    readdirSync(directory.path).filter((name) => {
      const bytes = readFileSync(directory.join(name));
      const encoded = Buffer.from(secret).toString('base64').slice(0, 40);
      return bytes.includes('heavy load') || bytes.includes(encoded);
    });
  {
    using store = open(directory);
    store.commit({ job: aJob('a') });
    store.saveSecret('a', 'authHeaders', secret);
    assert.deepEqual(shown(), []);
  }
  assert.deepEqual(shown(), []);
  using store = open(directory);
  assert.equal(store.loadSecret('a', 'authHeaders'), secret);
});

test('a sealed secret opens under its own name alone', async () => {
  await using directory = await temporaryDirectory();
  {
    using store = open(directory);
    store.commit({ job: aJob('a') });
    store.saveSecret('a', 'authHeaders', 'one');
    store.saveSecret('a', 'other', 'two');
  }
  const db = new DatabaseSync(directory.join('haulyard.db'));
  db.exec(`
    UPDATE secret SET box = (SELECT box FROM secret WHERE name = 'other');
    INSERT INTO custom_headers (job_seq, box) SELECT 1, box FROM secret WHERE name = 'other';
  `);
  db.close();
  const warnings: string[] = [];
  using store = open(directory, { warnings });
  assert.equal(store.loadSecret('a', 'authHeaders'), undefined);
  assert.equal(store.loadCustomHeaders('a'), undefined);
  assert.equal(store.loadSecret('a', 'other'), 'two');
  assert.match(warnings[0] ?? '', /secret authHeaders of job a cannot be deciphered/);
  assert.equal(warnings.length, 2);
});

test('equal headers of two jobs are sealed differently, and do not open for the other', async () => {
  await using directory = await temporaryDirectory();
  {
    using store = open(directory);
    for (const id of ['a', 'b']) {
      store.commit({ job: aJob(id) });
      store.saveCustomHeaders(id, 'X: 1');
    }
  }
  const db = new DatabaseSync(directory.join('haulyard.db'));
  const boxes = db.prepare('SELECT hex(box) AS box FROM custom_headers').all();
  assert.notEqual(boxes[0]?.['box'], boxes[1]?.['box']);
  db.exec('UPDATE custom_headers SET box = (SELECT box FROM custom_headers WHERE job_seq = 2)');
  db.close();
  const warnings: string[] = [];
  using store = open(directory, { warnings });
  assert.equal(store.loadCustomHeaders('a'), undefined);
  assert.match(warnings[0] ?? '', /headers of job a cannot be deciphered/);
  assert.equal(store.loadCustomHeaders('b'), 'X: 1');
});

test('headers without their key are reported, and can be set again', async () => {
  await using directory = await temporaryDirectory();
  const key = directory.join('haulyard.key');
  {
    using store = open(directory);
    store.commit({ job: aJob('a') });
    store.saveCustomHeaders('a', 'X: 1');
  }
  copyFileSync(key, directory.join('copy'));
  const spoil = [
    () => rmSync(key),
    () => writeFileSync(key, 'short'),
    () => writeFileSync(key, Buffer.alloc(32)),
  ];
  for (const spoilKey of spoil) {
    const warnings: string[] = [];
    spoilKey();
    using store = open(directory, { warnings });
    assert.equal(store.loadCustomHeaders('a'), undefined);
    assert.equal(warnings.length, 1);
    assert.ok(!warnings[0]?.includes('X: 1'));
    assert.deepEqual(store.loadJob('a'), aJob('a'));
  }
  copyFileSync(directory.join('copy'), key);
  {
    using store = open(directory);
    assert.equal(store.loadCustomHeaders('a'), 'X: 1', 'the box was left as it was');
  }
  rmSync(key);
  using store = open(directory);
  store.saveCustomHeaders('a', 'X: 2');
  assert.equal(store.loadCustomHeaders('a'), 'X: 2');
});
