import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { inTransaction, inUnflushedTransaction } from '../../../src/io/sqlite/transaction.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

for (const run of [inTransaction<void>, inUnflushedTransaction]) {
  test(`a full disk in one part leaves nothing of the others stored (${run.name})`, async () => {
    await using directory = await temporaryDirectory();
    const db = new DatabaseSync(directory.join('full.db'));
    try {
      db.exec(
        'PRAGMA journal_mode = WAL; CREATE TABLE part (id INTEGER PRIMARY KEY, content BLOB)',
      );
      db.exec('PRAGMA max_page_count = 20');
      const put = db.prepare('INSERT INTO part VALUES (?, ?)');
      const failed: number[] = [];
      const whole = (): void => {
        for (const [id, bytes] of [
          [1, 10],
          [2, 400_000],
          [3, 10],
        ] as const) {
          try {
            run(db, () => void put.run(id, new Uint8Array(bytes)));
          } catch (error) {
            assert.match(String(error), /full/);
            failed.push(id);
          }
        }
      };
      assert.throws(() => inTransaction(db, whole), /full/);
      assert.deepEqual(failed, [2, 3]);
      assert.deepEqual(db.prepare('SELECT id FROM part').all(), []);
      // The next one has nothing to do with it.
      inTransaction(db, () => void put.run(4, new Uint8Array(10)));
      assert.equal(db.prepare('SELECT count(*) AS n FROM part').get()?.['n'], 1);
    } finally {
      db.close();
    }
  });
}

test('a part that fails for itself takes nothing of the others with it', async () => {
  await using directory = await temporaryDirectory();
  const db = new DatabaseSync(directory.join('parts.db'));
  try {
    db.exec('CREATE TABLE part (id INTEGER PRIMARY KEY)');
    const put = db.prepare('INSERT INTO part VALUES (?)');
    inTransaction(db, () => {
      for (const id of [1, 1, 2]) {
        try {
          inTransaction(db, () => void put.run(id));
        } catch (error) {
          assert.match(String(error), /UNIQUE/);
        }
      }
    });
    assert.equal(db.prepare('SELECT count(*) AS n FROM part').get()?.['n'], 2);
  } finally {
    db.close();
  }
});
