import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { BG_JOB_STATE } from '../../../src/core/constants.ts';
import { openSqliteJobStore } from '../../../src/io/sqlite/open-sqlite-job-store.ts';
import type { JobStore } from '../../../src/ports/job-store.ts';
import { aFile, aJob, anEvent } from '../../conformance/job-store-values.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.ts';

function open(directory: TemporaryDirectory, warnings: string[] = []): JobStore {
  return openSqliteJobStore({
    directory: directory.path,
    bootId: 'boot',
    owner: 'a test',
    onWarning: (message) => warnings.push(message),
  });
}

/** A store of some 40 pages. */
function fill(directory: TemporaryDirectory): void {
  using store = open(directory);
  for (let index = 0; index < 40; index += 1) {
    const id = `job ${index}`;
    store.commit({ job: aJob(id), files: [aFile(id, 0, { responseHeaders: 'x'.repeat(3_000) })] });
  }
}

function change(directory: TemporaryDirectory, sql: string): void {
  const db = new DatabaseSync(directory.join('haulyard.db'));
  db.exec(sql);
  db.close();
}

function hasCode(code: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    return true;
  };
}

const DAMAGES: readonly [string, (path: string) => void][] = [
  ['is not a database', (path) => writeFileSync(path, 'This is a text. '.repeat(1_000))],
  ['has a corrupt header', (path) => overwrite(path, 0, 100)],
  ['has a corrupt schema', (path) => overwrite(path, 100, 2_000)],
  ['has corrupt pages', (path) => overwrite(path, 4_096 * 4, 4_096 * 20)],
  ['is cut short', (path) => truncateSync(path, 4_096 * 9)],
  ['lacks a table', (path) => execute(path, 'DROP TABLE outbox')],
  ['has lost its version', (path) => execute(path, 'PRAGMA user_version = 0')],
  ['is newer than it says', (path) => execute(path, 'PRAGMA user_version = 1')],
];

function overwrite(path: string, position: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, position, position + length);
  writeFileSync(path, bytes);
}

function execute(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

for (const [what, damage] of DAMAGES) {
  test(`a store that ${what} is set aside, and a new one takes its place`, async () => {
    await using directory = await temporaryDirectory();
    fill(directory);
    damage(directory.join('haulyard.db'));
    const damaged = readFileSync(directory.join('haulyard.db'));
    const warnings: string[] = [];
    {
      using store = open(directory, warnings);
      assert.deepEqual(store.list({ includeFinal: true }), []);
      store.commit({ job: aJob('new') });
    }
    const kept = readdirSync(directory.path).filter((name) => /\.damaged-\w+\.\w+$/.test(name));
    assert.equal(kept.length, 1, readdirSync(directory.path).join());
    assert.match(kept[0]!, /^haulyard\.db\.damaged-\d{8}T\d{6}\.\d{3}Z$/);
    assert.deepEqual(readFileSync(directory.join(kept[0]!)), damaged);
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0]!.includes(directory.join(kept[0]!)), warnings[0]);

    using store = open(directory, warnings);
    assert.deepEqual(store.list({ includeFinal: true }), [aJob('new')]);
    assert.equal(warnings.length, 1);
  });
}

test('a second damaged store is kept beside the first', async () => {
  await using directory = await temporaryDirectory();
  for (let round = 0; round < 3; round += 1) {
    writeFileSync(directory.join('haulyard.db'), `Text number ${round}. `.repeat(1_000));
    open(directory)[Symbol.dispose]();
  }
  const kept = readdirSync(directory.path).filter((name) => name.includes('.damaged-'));
  assert.equal(kept.length, 3);
});

test('the log of a damaged store goes with it', async () => {
  await using directory = await temporaryDirectory();
  writeFileSync(directory.join('haulyard.db'), 'This is a text. '.repeat(1_000));
  writeFileSync(directory.join('haulyard.db-wal'), 'a log');
  open(directory)[Symbol.dispose]();
  const kept = readdirSync(directory.path).filter((name) => name.includes('.damaged-'));
  assert.equal(kept.length, 2);
  assert.equal(
    readFileSync(directory.join(kept.find((name) => name.endsWith('-wal'))!), 'utf8'),
    'a log',
  );
});

test('an empty file is a new store', async () => {
  await using directory = await temporaryDirectory();
  writeFileSync(directory.join('haulyard.db'), '');
  const warnings: string[] = [];
  open(directory, warnings)[Symbol.dispose]();
  assert.deepEqual(warnings, []);
});

test(
  'a store that may not be read is no damaged one',
  { skip: process.getuid?.() === 0 && 'root may read everything' },
  async () => {
    await using directory = await temporaryDirectory();
    fill(directory);
    chmodSync(directory.join('haulyard.db'), 0);
    assert.throws(() => open(directory), hasCode('E_ACCESSDENIED', /haulyard\.db/));
    assert.ok(!readdirSync(directory.path).some((name) => name.includes('damaged')));
  },
);

test('a directory in the place of the store is refused and left alone', async () => {
  await using directory = await temporaryDirectory();
  mkdirSync(directory.join('haulyard.db'), { mode: 0o755 });
  assert.throws(() => open(directory), hasCode('E_ACCESSDENIED', /unable to open/));
  assert.equal(statSync(directory.join('haulyard.db')).mode & 0o777, 0o755);
});

test('a data directory below a file is refused', async () => {
  await using directory = await temporaryDirectory();
  writeFileSync(directory.join('file'), '');
  const options = { bootId: undefined, owner: 'a test', onWarning: () => undefined };
  assert.throws(
    () => openSqliteJobStore({ ...options, directory: directory.join('file', 'data') }),
    hasCode('ERROR_PATH_NOT_FOUND', /could not be opened/),
  );
});

const BAD_COLUMNS: readonly [string, string][] = [
  ['state', '42'],
  ['state', '-1'],
  ['priority', '9'],
  ['type', '1'],
  ['resumed', '2'],
  ['publishing', '-1'],
  ['notify_flags', '-1'],
  ['cost_flags', '-1'],
  ['files_total', '-5'],
  ['bytes_total', '9007199254740992'],
  ['queue_order', '9223372036854775807'],
  ['created_ms', '-9223372036854775807'],
  ['max_bytes_per_second', '-1'],
  ['download', "'{'"],
  ['download', "'[]'"],
  ['download', `'{"started":true,"properties":{},"ranges":[]}'`],
  ['download', `'{"started":1,"properties":{},"ranges":[[0]],"streams":false}'`],
  ['download', `'{"started":true,"properties":[],"ranges":[],"streams":false}'`],
  ['download', `'{"started":true,"properties":{"Uri":null},"ranges":[],"streams":false}'`],
  ['download', `'{"started":true,"properties":{"Uri":{}},"ranges":[[0,1]],"streams":false}'`],
  ['last_failure', "'{'"],
  ['last_failure', "'[]'"],
  ['last_failure', `'{"kind":"fatal","code":1,"hresult":1,"message":""}'`],
  ['last_failure', `'{"kind":"fatal","code":"E_SAD","hresult":1,"message":""}'`],
  ['last_failure', `'{"kind":"sad","code":"","hresult":1,"message":""}'`],
];

for (const [column, value] of BAD_COLUMNS) {
  test(`a job whose ${column} is ${value} is lost alone, and left alone`, async () => {
    await using directory = await temporaryDirectory();
    {
      using store = open(directory);
      for (const id of ['a', 'bad', 'c']) {
        store.commit({ job: aJob(id, { state: BG_JOB_STATE.QUEUED }), files: [aFile(id)] });
      }
    }
    change(directory, `UPDATE job SET ${column} = ${value} WHERE id = 'bad'`);
    const warnings: string[] = [];
    {
      using store = open(directory, warnings);
      // Known from the start, before anything was asked for.
      assert.deepEqual(
        store.unreadable().map(({ jobId }) => jobId),
        ['bad'],
      );
      assert.match(store.unreadable()[0]!.reason, new RegExp(`^${column}`));
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, /job bad cannot be read/);

      assert.equal(store.loadJob('bad'), undefined);
      const rest = ['a', 'c'];
      assert.deepEqual(
        store.list({ includeFinal: true }).map(({ id }) => id),
        rest,
      );
      assert.deepEqual(store.queued(false, 16), rest);
      assert.deepEqual(store.queued(false, 2), rest);
      const page = { limit: 2, includeFinal: true, family: 'both' } as const;
      assert.deepEqual(
        store.page(page).map(({ id }) => id),
        rest,
      );
      assert.deepEqual(
        store.page({ ...page, owner: 'somebody', afterId: 'bad' }).map(({ id }) => id),
        ['c'],
      );
      assert.deepEqual(store.countByState(), new Map([[BG_JOB_STATE.QUEUED, 2]]));
      assert.deepEqual(store.countByState('somebody'), new Map([[BG_JOB_STATE.QUEUED, 2]]));
      assert.deepEqual(store.queueBounds(false), { first: 0, last: 0 });
      assert.deepEqual(store.pageOfIds({ ...page, limit: 9 }), rest);
      assert.deepEqual(store.createdBefore(9_999), rest);
      const refused = hasCode('E_UNEXPECTED', /job bad cannot be read, and is left alone/);
      assert.throws(() => store.loadFiles('bad'), refused);
      assert.throws(() => store.commit({ job: aJob('bad') }), refused);
      assert.throws(() => store.commit({ files: [aFile('bad')] }), refused);
      assert.throws(() => store.setDiscarded('bad', true), refused);
      assert.throws(() => store.deleteFinal('bad'), refused);
      assert.throws(() => store.saveSecret('bad', 'authHeaders', 'x'), refused);
      const file = aFile('bad');
      assert.throws(
        () => store.checkpoint({ job: aJob('bad'), file, durability: 'flushed' }),
        refused,
      );
      assert.equal(store.purgeFinal(Number.MAX_SAFE_INTEGER), 0);
      assert.equal(warnings.length, 1, 'told once');
    }
    const db = new DatabaseSync(directory.join('haulyard.db'));
    const { found } = db
      .prepare(`SELECT ${column} = ${value} AS found FROM job WHERE id = 'bad'`)
      .get()!;
    db.close();
    assert.equal(found, 1, 'the record is as it was');
  });
}

test('an unreadable job is not forgotten with the old ones', async () => {
  await using directory = await temporaryDirectory();
  {
    using store = open(directory);
    for (const id of ['bad', 'good']) {
      store.commit({ job: aJob(id, { state: BG_JOB_STATE.CANCELLED }) });
      store.setDiscarded(id, true);
    }
  }
  change(directory, "UPDATE job SET last_failure = '{' WHERE id = 'bad'");
  {
    using store = open(directory);
    assert.equal(store.purgeFinal(9_999), 1);
  }
  using store = open(directory);
  assert.equal(store.unreadable().length, 1);
});

const BAD_EVENTS: readonly [string, string][] = [
  ['kind', "'job.eaten'"],
  ['body', "'{'"],
  ['body', "'[]'"],
  ['body', "'{}'"],
  ['body', `'{"from":0,"to":42}'`],
  ['body', `'{"from":0,"to":3,"failure":{"kind":"fatal"}}'`],
  ['at_ms', '9223372036854775807'],
];

for (const [column, value] of BAD_EVENTS) {
  test(`an event whose ${column} is ${value} is skipped alone, and told of once`, async () => {
    await using directory = await temporaryDirectory();
    const body = { kind: 'job.state', from: 0, to: 2 } as const;
    {
      using store = open(directory);
      store.commit({ events: [1, 2, 3].map(() => anEvent('a', { body })) });
    }
    change(directory, `UPDATE event SET ${column} = ${value} WHERE sequence = 2`);
    const warnings: string[] = [];
    using store = open(directory, warnings);
    for (const filter of [{}, { jobId: 'a' }, { owner: 'somebody' }]) {
      assert.deepEqual(
        store.events.read(0, 2, filter).map(({ sequence }) => sequence),
        [1, 3],
      );
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, new RegExp(`^Event 2 of the log cannot be read.*${column}`));
    assert.equal(store.events.lastSequence, 3);
  });
}

test('traffic that makes no sense is skipped, and the rest is told', async () => {
  await using directory = await temporaryDirectory();
  {
    using store = open(directory);
    for (const source of ['origin', 'mirror', 'wasted'] as const) {
      store.traffic.add(0, source, { down: 1, up: 0 });
    }
  }
  change(directory, "UPDATE traffic SET bytes_down = -1 WHERE source = 'origin'");
  change(directory, "UPDATE traffic SET source = 'moon' WHERE source = 'mirror'");
  const warnings: string[] = [];
  using store = open(directory, warnings);
  assert.deepEqual(
    store.traffic.read(1).map(({ source }) => source),
    ['wasted'],
  );
  assert.equal(warnings.length, 2);
});

const BAD_FILES: readonly [string, string][] = [
  ['ranges', "'[[0]]'"],
  ['ranges', "'[[-1,5]]'"],
  ['flushed', "'5-1'"],
  ['written', "'all'"],
  ['size', '-1'],
  ['representation', "'{}'"],
  ['digest', `'{"algorithm":"md5","hex":"00"}'`],
  ['integrity', "'null'"],
  ['duration_ms', '-1.5'],
  ['done', '3'],
  ['bytes_from_http', '9223372036854775807'],
  ['bytes_from_cache', '-1'],
];

for (const [column, value] of BAD_FILES) {
  test(`a file whose ${column} is ${value} costs its job alone`, async () => {
    await using directory = await temporaryDirectory();
    {
      using store = open(directory);
      for (const id of ['a', 'bad']) {
        const job = aJob(id, { state: BG_JOB_STATE.QUEUED });
        store.commit({ job, files: [aFile(id, 0), aFile(id, 1)] });
      }
    }
    change(directory, `UPDATE file SET ${column} = ${value} WHERE job_seq = 2 AND idx = 1`);
    const warnings: string[] = [];
    using store = open(directory, warnings);
    const refused = hasCode('E_UNEXPECTED', /job bad cannot be read/);
    assert.throws(() => store.loadFiles('bad'), refused);
    assert.equal(store.unreadable()[0]?.jobId, 'bad');
    assert.match(store.unreadable()[0]!.reason, new RegExp(`^file 1: ${column}`));
    assert.equal(warnings.length, 1);
    assert.equal(store.loadJob('bad'), undefined);
    assert.deepEqual(store.queued(false, 16), ['a']);
    assert.throws(() => store.commit({ files: [aFile('bad', 1)] }), refused);
    assert.deepEqual(store.loadFiles('a'), [aFile('a', 0), aFile('a', 1)]);
  });
}
