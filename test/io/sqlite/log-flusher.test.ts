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
  test('flushes nothing when nothing was committed', async () => {
    await using world = await setUp();
    await world.flusher.flushed();
    assert.equal(world.flushes.length, 0);
  });

  test('flushes once for all who wait, and once more for those who committed meanwhile', async () => {
    await using world = await setUp();
    const { flusher, flushes } = world;
    flusher.committed();
    const first = [watch(flusher.flushed()), watch(flusher.flushed())];
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

  test('flushes what nobody waits for', async () => {
    await using world = await setUp();
    world.flusher.committed();
    while (world.flushes.length === 0) await setTimeout(10);
    await world.end(0);
    assert.deepEqual(world.warnings, []);
  });

  test('after a flush that failed the log goes into the database', async () => {
    let emptied = 0;
    await using world = await setUp(() => (emptied += 1));
    world.flusher.committed();
    const waiting = watch(world.flusher.flushed());
    await world.end(0, new Error('EIO'));
    assert.equal(waiting.state, 'flushed');
    assert.equal(emptied, 1);
  });

  test('where that fails too, whoever waits is told, and the next one tries again', async () => {
    await using world = await setUp(() => {
      throw new Error('no database either');
    });
    const { flusher, flushes } = world;
    flusher.committed();
    const waiting = watch(flusher.flushed());
    flusher.committed();
    const next = watch(flusher.flushed());
    await world.end(0, new Error('EIO'));
    assert.equal(waiting.state, 'The job store could not flush its log: EIO.');
    assert.equal(next.state, 'waits');
    await world.end(1, new Error('EIO'));
    assert.equal(next.state, 'The job store could not flush its log: EIO.');
    const third = watch(flusher.flushed());
    assert.equal(flushes.length, 3);
    await world.end(2);
    assert.equal(third.state, 'flushed');
  });

  test('closing leaves a flush under way in peace', async () => {
    await using world = await setUp();
    world.flusher.committed();
    const waiting = watch(world.flusher.flushed());
    world.flusher[Symbol.dispose]();
    await world.end(0, new Error('EBADF'));
    assert.equal(waiting.state, 'flushed');
  });
});
