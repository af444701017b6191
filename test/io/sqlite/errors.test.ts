import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { checkDatabase } from '../../../src/io/sqlite/check-database.ts';
import { openDatabase } from '../../../src/io/sqlite/open-database.ts';
import { readPragma } from '../../../src/io/sqlite/pragmas.ts';
import { SecretBox } from '../../../src/io/sqlite/secret-box.ts';
import { SqliteJobStore } from '../../../src/io/sqlite/sqlite-job-store.ts';
import { aFile, aJob } from '../../conformance/job-store-values.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.ts';

/** A store with its database in the hands of the test. */
function openBoth(directory: TemporaryDirectory): { db: DatabaseSync; store: SqliteJobStore } {
  const db = openDatabase(directory.join('haulyard.db'), assert.fail);
  const store = new SqliteJobStore({
    db,
    bootId: 'boot',
    secrets: new SecretBox(directory.join('haulyard.key')),
    warn: () => undefined,
    beforeClose: () => undefined,
  });
  return { db, store };
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && 'code' in error && 'failureClass' in error);
    assert.deepEqual([error.code, error.failureClass], [code, 'fatal'], error.message);
    assert.match(error.message, /^The job store could not /);
    return true;
  };
}

test('a full disk fails the change, loses nothing, and is over when there is room', async () => {
  await using directory = await temporaryDirectory();
  const { db, store } = openBoth(directory);
  using _closed = store;
  store.commit({ job: aJob('a'), files: [aFile('a')] });
  db.exec(`PRAGMA max_page_count = ${Number(readPragma(db, 'page_count'))}`);
  const large = aFile('a', 1, { responseHeaders: 'x'.repeat(100_000) });
  const change = { job: aJob('a', { displayName: 'changed' }), files: [large] };
  assert.throws(() => store.commit(change), hasCode('ERROR_DISK_FULL'));
  assert.deepEqual(store.loadJob('a'), aJob('a'));
  assert.deepEqual(store.loadFiles('a'), [aFile('a')]);

  db.exec('PRAGMA max_page_count = 1000000');
  store.commit(change);
  assert.deepEqual(store.loadFiles('a'), [aFile('a'), large]);
});

test('a store that became read-only says so, for checkpoints too, and stays durable', async () => {
  await using directory = await temporaryDirectory();
  const { db, store } = openBoth(directory);
  using _closed = store;
  store.commit({ job: aJob('a'), files: [aFile('a')] });
  db.exec('PRAGMA query_only = ON');
  const refused = hasCode('ERROR_WRITE_PROTECT');
  assert.throws(() => store.commit({ job: aJob('b') }), refused);
  assert.throws(() => store.acknowledge(1), refused);
  for (const durability of ['flushed', 'written'] as const) {
    const checkpoint = { job: aJob('a'), file: aFile('a'), durability };
    assert.throws(() => store.checkpoint(checkpoint), refused);
    assert.equal(readPragma(db, 'synchronous'), 2);
  }
  db.exec('PRAGMA query_only = OFF');
  store.checkpoint({ job: aJob('a'), file: aFile('a'), durability: 'written' });
  assert.equal(readPragma(db, 'synchronous'), 2, 'FULL again after a checkpoint that was not');
  assert.deepEqual(store.list({ includeFinal: true }), [aJob('a')]);
});

test('corruption that a statement meets later is an error of that statement', async () => {
  await using directory = await temporaryDirectory();
  const { db, store } = openBoth(directory);
  using _closed = store;
  for (let index = 0; index < 40; index += 1) {
    const id = `job ${index}`;
    store.commit({ job: aJob(id), files: [aFile(id, 0, { responseHeaders: 'x'.repeat(3_000) })] });
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA shrink_memory');
  const descriptor = openSync(directory.join('haulyard.db'), 'r+');
  const pages = Number(readPragma(db, 'page_count')) - 35;
  writeSync(descriptor, Buffer.alloc(4_096 * pages, 0xa5), 0, 4_096 * pages, 4_096 * 35);
  closeSync(descriptor);
  // The check at the next start finds it, but for a store so large that files are not looked at.
  assert.throws(() => checkDatabase(db), /DamagedDatabase|malformed/);
  checkDatabase(db, 0);
  assert.throws(() => {
    for (let index = 0; index < 40; index += 1) store.loadFiles(`job ${index}`);
  }, hasCode('E_UNEXPECTED'));
});
