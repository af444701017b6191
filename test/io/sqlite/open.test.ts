import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { refuseNewer, SCHEMA_VERSION, schemaVersion } from '../../../src/io/sqlite/migrations.ts';
import { openDatabase } from '../../../src/io/sqlite/open-database.ts';
import { openSqliteJobStore } from '../../../src/io/sqlite/open-sqlite-job-store.ts';
import { readPragma } from '../../../src/io/sqlite/pragmas.ts';
import { SQL } from '../../../src/io/sqlite/statements.ts';
import { currentBootId } from '../../../src/io/system/boot-id.ts';
import type { JobStore } from '../../../src/ports/job-store.ts';
import { aFile, aJob } from '../../conformance/job-store-values.ts';
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
  assert.equal(own.length, 5);
  for (const { name, strict } of own) assert.equal(strict, 1, String(name));
});

test('lists that are asked for again and again read an index and sort nothing', async () => {
  await using directory = await temporaryDirectory();
  const db = openDatabase(directory.join('haulyard.db'), assert.fail);
  const { queuedForeground, queuedBackground, running, runningOrQueued } = SQL;
  const { liveJobs, createdBefore, undiscarded, purgeable } = SQL;
  const queues = [queuedForeground, queuedBackground, running, runningOrQueued];
  for (const sql of [...queues, liveJobs, createdBefore, undiscarded, purgeable]) {
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    const steps = plan.map(({ detail }) => String(detail));
    assert.ok(
      steps.every((step) => /USING (COVERING )?INDEX job_/.test(step)),
      `${sql}: ${steps.join('; ')}`,
    );
  }
  db.close();
});

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
      assert.match(error.message, /newer version of haulyard.*format 2.*up to 1/);
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
