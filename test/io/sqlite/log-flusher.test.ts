import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';

import { LogFlusher } from '../../../src/io/sqlite/log-flusher.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** A flusher of a log whose flushes end when the test says so. */
async function setUp(empty: () => void = () => assert.fail('the log was emptied')) {
  const directory = await temporaryDirectory();
  const path = directory.join('log');
  await writeFile(path, 'content');
  const flushes: PromiseWithResolvers<void>[] = [];
  const warnings: string[] = [];
  const flusher = new LogFlusher({
    path,
    empty,
    warn: (message) => warnings.push(message),
    flush: () => {
      const flush = Promise.withResolvers<void>();
      flushes.push(flush);
      return flush.promise;
    },
  });
  return {
    flusher,
    flushes,
    warnings,
    /** Ends the flush that runs. */
    async end(index: number, error?: Error) {
      while (flushes.length <= index) await setImmediate();
      if (error === undefined) flushes[index]!.resolve();
      else flushes[index]!.reject(error);
      await setImmediate();
    },
    [Symbol.asyncDispose]: async () => {
      flusher[Symbol.dispose]();
      for (const { resolve } of flushes) resolve();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** How far a promise is. */
function watch(promise: Promise<void>): { state: string } {
  const watched = { state: 'waits' };
  promise.then(
    () => (watched.state = 'flushed'),
    (error: Error) => (watched.state = error.message),
  );
  return watched;
}

describe('the flusher of the log', () => {
  test('what an earlier process has left is flushed first', async () => {
    await using world = await setUp();
    const waiting = watch(world.flusher.flushed());
    await setImmediate();
    assert.equal(waiting.state, 'waits');
    await world.end(0);
    assert.equal(waiting.state, 'flushed');
    await world.flusher.flushed();
    assert.equal(world.flushes.length, 1, 'nothing was committed since');
  });

  test('flushes once for all who wait, and once more for those who committed meanwhile', async () => {
    await using world = await setUp();
    const { flusher, flushes } = world;
    flusher.committed();
    const first = [watch(flusher.flushed()), watch(flusher.flushed())];
    await setImmediate();
    assert.equal(flushes.length, 1);
    flusher.committed();
    const second = [watch(flusher.flushed()), watch(flusher.flushed())];
    await setImmediate();
    assert.equal(flushes.length, 1, 'one at a time');
    await world.end(0);
    assert.deepEqual(
      [...first, ...second].map(({ state }) => state),
      ['flushed', 'flushed', 'waits', 'waits'],
    );
    assert.equal(flushes.length, 2);
    await world.end(1);
    assert.deepEqual(
      second.map(({ state }) => state),
      ['flushed', 'flushed'],
    );
    await flusher.flushed();
    assert.equal(flushes.length, 2);
  });

  test('those who commit in the same turn share a flush, whoever asks first', async () => {
    await using world = await setUp();
    const { flusher, flushes } = world;
    const callers = [1, 2, 3].map(() => {
      flusher.committed();
      return watch(flusher.flushed());
    });
    await setImmediate();
    await world.end(0);
    assert.deepEqual(
      callers.map(({ state }) => state),
      ['flushed', 'flushed', 'flushed'],
    );
    assert.equal(flushes.length, 1);
  });

  test('flushes what nobody waits for', async () => {
    await using world = await setUp();
    while (world.flushes.length === 0) await setTimeout(10);
    await world.end(0);
    assert.deepEqual(world.warnings, []);
  });

  test('after a flush that failed the log goes into the database, and is flushed anew', async () => {
    let emptied = 0;
    await using world = await setUp(() => (emptied += 1));
    const waiting = watch(world.flusher.flushed());
    await world.end(0, new Error('EIO'));
    assert.deepEqual([waiting.state, emptied], ['waits', 1]);
    await world.end(1);
    assert.equal(waiting.state, 'flushed');
    world.flusher.committed();
    void world.flusher.flushed();
    await world.end(2);
    assert.equal(emptied, 1, 'no longer in doubt');
  });

  test('where that fails too, whoever waits is told, and no flush alone is believed after it', async () => {
    let emptied = 0;
    let broken = true;
    await using world = await setUp(() => {
      emptied += 1;
      if (broken) throw new Error('no database either');
    });
    const { flusher, flushes } = world;
    const waiting = watch(flusher.flushed());
    await setImmediate();
    flusher.committed();
    const next = watch(flusher.flushed());
    await world.end(0, new Error('EIO'));
    const failed = 'The job store could not flush its log: no database either.';
    assert.deepEqual([waiting.state, next.state], [failed, failed]);
    assert.deepEqual([flushes.length, emptied], [1, 2]);
    broken = false;
    const third = watch(flusher.flushed());
    await setImmediate();
    assert.deepEqual([flushes.length, emptied], [2, 3]);
    await world.end(1);
    assert.equal(third.state, 'flushed');
  });

  test('closing leaves a flush under way in peace', async () => {
    await using world = await setUp();
    world.flusher.committed();
    const waiting = watch(world.flusher.flushed());
    await setImmediate();
    world.flusher[Symbol.dispose]();
    await world.end(0, new Error('EBADF'));
    assert.equal(waiting.state, 'flushed');
  });

  test('closing, which finds the log empty, begins no flush that was still to come', async () => {
    await using world = await setUp();
    const waiting = watch(world.flusher.flushed());
    world.flusher[Symbol.dispose]();
    await setImmediate();
    assert.deepEqual([waiting.state, world.flushes.length], ['flushed', 0]);
  });
});
