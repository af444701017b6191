import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { currentBootId } from '../../../src/io/system/boot-id.ts';
import { openSqliteJobStore } from '../../../src/io/sqlite/open-sqlite-job-store.ts';
import type { JobStore } from '../../../src/ports/job-store.ts';
import { aJob } from '../../conformance/job-store-values.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const CHILD = fileURLToPath(new URL('store-child.ts', import.meta.url));

interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Every whole line it has printed. */
  readonly lines: string[];
  /** Resolves at the first line. */
  ready(): Promise<void>;
  /** Kills it, and returns at once. */
  kill(): void;
  ended(): Promise<void>;
}

function startChild(
  directory: string,
  mode: 'hold' | 'commit',
  stderr: 'inherit' | 'ignore' = 'inherit',
): Child {
  const child = spawn(process.execPath, [CHILD, directory, mode], {
    stdio: ['ignore', 'pipe', stderr],
  });
  assert.ok(child.stdout);
  const lines: string[] = [];
  const output = createInterface(child.stdout);
  const closed = once(output, 'close');
  output.on('line', (line) => lines.push(line));
  return {
    process: child,
    lines,
    ready: async () => {
      await Promise.race([once(output, 'line'), closed]);
      assert.ok(lines.length > 0, 'the child ended without a word');
    },
    kill: () => child.kill('SIGKILL'),
    ended: async () => {
      await closed;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function open(directory: string): JobStore {
  return openSqliteJobStore({
    directory,
    bootId: currentBootId(),
    owner: 'the second of two',
    onWarning: (message) => {
      throw new Error(message);
    },
  });
}

test('a second process is told at once who has the store', async () => {
  await using directory = await temporaryDirectory();
  await using child = startChild(directory.path, 'hold');
  await child.ready();
  const start = performance.now();
  assert.throws(
    () => open(directory.path),
    (error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'ERROR_SHARING_VIOLATION');
      assert.match(
        error.message,
        new RegExp(`process ${child.process.pid} \\(the first of two\\)`),
      );
      assert.match(error.message, /since \d{4}-\d\d-\d\dT[\d:.]+Z/);
      assert.match(error.message, /another data directory/);
      return true;
    },
  );
  assert.ok(performance.now() - start < 5_000);

  child.kill();
  // The kernel takes the dying process apart while this waits for the lock.
  open(directory.path)[Symbol.dispose]();
});

test('a second opening in the same process is refused, and takes no lock away', async () => {
  await using directory = await temporaryDirectory();
  using store = open(directory.path);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    assert.throws(() => open(directory.path), /in use by process \d+ \(the second of two\)/);
  }
  // POSIX locks vanish when their process closes any descriptor of the file.
  await using child = startChild(directory.path, 'hold', 'ignore');
  const [code] = await once(child.process, 'exit');
  assert.notEqual(code, 0);
  store.commit({ job: aJob('a') });
});

test('the note of a process that is gone is not believed, and is replaced', async () => {
  await using directory = await temporaryDirectory();
  const note = directory.join('haulyard.lock');
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  const stale = JSON.stringify({ pid: ended.pid, command: 'long gone', since: 'yesterday' });
  writeFileSync(note, stale);
  {
    using _store = open(directory.path);
    const { pid, command } = JSON.parse(readFileSync(note, 'utf8')) as Record<string, unknown>;
    assert.deepEqual([pid, command], [process.pid, 'the second of two']);
    for (const bad of [stale, '{', 'null', '[1]']) {
      writeFileSync(note, bad);
      assert.throws(() => open(directory.path), /in use by another process\./);
    }
  }
  assert.ok(!existsSync(note));
});

test('SIGKILL in the middle of commits loses no acknowledged one', async () => {
  await using directory = await temporaryDirectory();
  for (let round = 0; round < 8; round += 1) {
    await using child = startChild(directory.path, 'commit');
    await child.ready();
    await sleep(20 + Math.random() * 120);
    child.kill();
    using store = open(directory.path);
    await child.ended();

    const acknowledged = Number(child.lines.at(-1));
    const job = store.loadJob('counter');
    const found = Number(job?.displayName);
    // The last one may have been committed without its number having been printed.
    assert.ok(found === acknowledged || found === acknowledged + 1, `${found}, ${acknowledged}`);
    assert.equal(store.maxQueueOrder, found);
    assert.equal(store.outboxOf('counter').length, found);
    const [file] = store.loadFiles('counter');
    assert.equal(file?.fileId, String(found), 'both parts of a commit are there');
    assert.deepEqual(
      file?.written,
      currentBootId() === undefined ? [] : [{ start: 0, end: found }],
    );
    const others = store.list({ includeFinal: true }).length - 1;
    // Killed between its two commits, the child makes the next round begin one number later.
    assert.ok(others >= acknowledged - round && others <= found, `${others} of ${found}`);
    assert.deepEqual(store.unreadable(), []);
  }
});
