import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import type { Digester, FollowedFile, FollowingDigest } from '../../src/ports/digester.ts';

/** A file to follow, and what else may happen to it. */
export interface WritableFile extends FollowedFile, AsyncDisposable {
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(lengthBytes: number): Promise<void>;
}

/** A digester for one test, and files for it to follow. */
export interface DigesterWorld extends AsyncDisposable {
  readonly digester: Digester;
  makeFile(): Promise<WritableFile>;
}

const MIB = 1_048_576;

/** More than the smallest file any implementation follows. */
const SIZE = 24 * MIB;

const never = new AbortController().signal;

/** Runs the suite of the port `Digester` on one of its implementations. */
export function testDigester(name: string, makeWorld: () => Promise<DigesterWorld>): void {
  function scenario(sentence: string, run: (world: DigesterWorld) => Promise<void>): void {
    test(`${name}: ${sentence}`, async () => {
      await using world = await makeWorld();
      await run(world);
    });
  }

  scenario('a digest is that of all the bytes it was given', async ({ digester }) => {
    for (const algorithm of ['sha-256', 'sha-512'] as const) {
      const running = digester.start(algorithm);
      running.update(Buffer.from('ab'));
      running.update(Buffer.from('c'));
      assert.equal(running.hex(), digestOf(algorithm, Buffer.from('abc')));
    }
  });

  for (const algorithm of ['sha-256', 'sha-512'] as const) {
    scenario(`a ${algorithm} digest keeps up with a file in the writing`, async (world) => {
      await using file = await world.makeFile();
      await using following = follow(world, file, algorithm);
      const content = contentOf(SIZE + 4_711, 1);
      await writeInSteps(file, following, content, 700_001);
      assert.equal(await following.finish(content.length, never), digestOf(algorithm, content));
    });
  }

  scenario('what is there at the beginning counts like what is written', async (world) => {
    await using file = await world.makeFile();
    const content = contentOf(SIZE, 2);
    await file.write(content.subarray(0, SIZE - 5), 0);
    await using following = follow(world, file);
    following.reach(SIZE - 5);
    await file.write(content.subarray(SIZE - 5), SIZE - 5);
    following.reach(SIZE);
    assert.equal(await following.finish(SIZE, never), digestOf('sha-256', content));
  });

  scenario('a file that is longer than what is asked for has the digest of that', async (world) => {
    await using file = await world.makeFile();
    const content = contentOf(SIZE, 3);
    await file.write(content, 0);
    await using following = follow(world, file);
    following.reach(SIZE - MIB);
    assert.equal(
      await following.finish(SIZE - MIB, never),
      digestOf('sha-256', content.subarray(0, SIZE - MIB)),
    );
  });

  scenario('bytes beyond what was reached are not looked at before they are', async (world) => {
    await using file = await world.makeFile();
    const content = contentOf(SIZE, 4);
    await file.write(contentOf(SIZE, 5), 0);
    await using following = follow(world, file);
    for (let position = 0; position < SIZE; position += 4 * MIB) {
      await file.write(content.subarray(position, position + 4 * MIB), position);
      following.reach(position + 4 * MIB);
      // Other work of this thread has its turn, and the one that reads its chance to go too far.
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(await following.finish(SIZE, never), digestOf('sha-256', content));
  });

  scenario('after a restart nothing of the earlier bytes counts', async (world) => {
    await using file = await world.makeFile();
    await using following = follow(world, file);
    await writeInSteps(file, following, contentOf(SIZE + 9 * MIB, 6), 5 * MIB);
    following.restart();
    await file.truncate(0);
    const content = contentOf(SIZE, 7);
    await writeInSteps(file, following, content, 3 * MIB);
    assert.equal(await following.finish(SIZE, never), digestOf('sha-256', content));
  });

  scenario('restarts in a row, with reads under way, leave the last content', async (world) => {
    await using file = await world.makeFile();
    await using following = follow(world, file);
    for (let turn = 0; turn < 8; turn++) {
      const other = contentOf(SIZE, 10 + turn);
      await file.write(other, 0);
      following.reach(SIZE);
      if (turn % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      following.restart();
      await file.truncate(turn % 3 === 0 ? 0 : SIZE);
    }
    const content = contentOf(SIZE, 30);
    await file.write(content, 0);
    following.reach(SIZE);
    assert.equal(await following.finish(SIZE, never), digestOf('sha-256', content));
  });

  scenario('a file that turns out shorter than was said has no digest', async (world) => {
    await using file = await world.makeFile();
    await using following = follow(world, file);
    await file.write(contentOf(SIZE, 8), 0);
    following.reach(SIZE);
    following.reach(SIZE + MIB);
    assert.equal(await following.finish(SIZE + MIB, never), undefined);
  });

  scenario('each of several files at once has its own digest', async (world) => {
    await using stack = new AsyncDisposableStack();
    const all = await Promise.all(
      [40, 41, 42].map(async (seed) => {
        const file = stack.use(await world.makeFile());
        const following = stack.use(follow(world, file));
        return { file, following, content: contentOf(SIZE + seed * 1_000, seed) };
      }),
    );
    await Promise.all(
      all.map(({ file, following, content }) => writeInSteps(file, following, content, 2 * MIB)),
    );
    const found = await Promise.all(
      all.map(({ following, content }) => following.finish(content.length, never)),
    );
    assert.deepEqual(
      found,
      all.map(({ content }) => digestOf('sha-256', content)),
    );
  });

  scenario(
    'a finish that is called off rejects with the reason, and may be disposed',
    async (world) => {
      await using file = await world.makeFile();
      await using following = follow(world, file);
      await file.write(contentOf(SIZE, 9), 0);
      following.reach(SIZE);
      const reason = new Error('not wanted any more');
      const stopping = new AbortController();
      const finished = following.finish(SIZE, stopping.signal);
      stopping.abort(reason);
      await assert.rejects(finished, (error) => error === reason);
      await assert.rejects(following.finish(SIZE, stopping.signal), (error) => error === reason);
    },
  );

  scenario('a digest that is given up leaves the others alone', async (world) => {
    await using kept = await world.makeFile();
    await using following = follow(world, kept);
    const content = contentOf(SIZE, 50);
    for (let turn = 0; turn < 5; turn++) {
      const file = await world.makeFile();
      const givenUp = follow(world, file);
      await file.write(contentOf(SIZE, 51), 0);
      givenUp.reach(SIZE);
      await kept.write(content.subarray(turn * 4 * MIB, (turn + 2) * 4 * MIB), turn * 4 * MIB);
      following.reach((turn + 2) * 4 * MIB);
      await givenUp[Symbol.asyncDispose]();
      await file[Symbol.asyncDispose]();
    }
    assert.equal(await following.finish(SIZE, never), digestOf('sha-256', content));
  });
}

function follow(
  { digester }: DigesterWorld,
  file: FollowedFile,
  algorithm: 'sha-256' | 'sha-512' = 'sha-256',
): FollowingDigest {
  const following = digester.follow(algorithm, file);
  assert.ok(following, 'this digester follows files');
  return following;
}

async function writeInSteps(
  file: WritableFile,
  following: FollowingDigest,
  content: Uint8Array,
  stepBytes: number,
): Promise<void> {
  for (let position = 0; position < content.length; position += stepBytes) {
    const step = content.subarray(position, position + stepBytes);
    await file.write(step, position);
    following.reach(position + step.length);
  }
}

/** Bytes that differ with the seed at every place, and soon repeat themselves at none. */
function contentOf(sizeBytes: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  for (let index = 0; index < words.length; index++) {
    words[index] = Math.imul(index + 1, 2_654_435_761) ^ (seed * 40_503);
  }
  return new Uint8Array(words.buffer, 0, sizeBytes);
}

function digestOf(algorithm: 'sha-256' | 'sha-512', content: Uint8Array): string {
  return createHash(algorithm.replace('-', '')).update(content).digest('hex');
}
