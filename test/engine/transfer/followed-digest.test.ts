import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { newFile } from '../../../src/core/job/file.ts';
import { addRange, EMPTY_SET, type IntervalSet } from '../../../src/core/piece/interval-set.ts';
import { FollowedDigest } from '../../../src/engine/transfer/followed-digest.ts';
import type { Digester } from '../../../src/ports/digester.ts';
import type { PartialFile } from '../../../src/ports/partial-files.ts';
import { memoryDigester } from '../../support/memory-digester.ts';
import { MemoryPartialFiles } from '../../support/memory-partial-files.ts';

const never = new AbortController().signal;

/** A file in the writing, as a transfer has it. */
class Writing implements AsyncDisposable {
  readonly part: PartialFile;
  readonly digest: FollowedDigest;
  /** What the digest at work was told. */
  readonly told: (number | 'restart')[] = [];
  written: IntervalSet;

  private constructor(part: PartialFile, written: IntervalSet, demanded: boolean) {
    this.part = part;
    this.written = written;
    const file = newFile({
      jobId: 'a',
      index: 0,
      fileId: 'b',
      remoteName: 'http://host.test/',
      ranges: [],
      ...(demanded ? { digest: { algorithm: 'sha-256', hex: '00' } } : {}),
    });
    const digester: Digester = {
      start: (algorithm) => memoryDigester.start(algorithm),
      follow: (algorithm, followed) => {
        const following = memoryDigester.follow(algorithm, followed)!;
        return {
          reach: (offset) => {
            this.told.push(offset);
            following.reach(offset);
          },
          restart: () => {
            this.told.push('restart');
            following.restart();
          },
          finish: (sizeBytes, signal) => following.finish(sizeBytes, signal),
          [Symbol.asyncDispose]: () => following[Symbol.asyncDispose](),
        };
      },
    };
    this.digest = new FollowedDigest({ file: () => ({ ...file, written }), digester }, part);
  }

  static async begin(
    before = '',
    demanded = true,
    disk = new MemoryPartialFiles(),
  ): Promise<Writing> {
    const id = { jobId: 'a', index: 0, localName: '/data/out' };
    const part = await disk.open(id, false);
    await part!.write([Buffer.from(before)], 0);
    return new Writing(part!, addRange(EMPTY_SET, 0, before.length), demanded);
  }

  async write(text: string, position: number): Promise<void> {
    await this.digest.writer.write([Buffer.from(text)], position);
    this.written = addRange(this.written, position, position + text.length);
    this.digest.reached(this.written);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.digest[Symbol.asyncDispose]();
    await this.part[Symbol.asyncDispose]();
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test('a digest follows the bytes from the beginning on, and gaps hold it back', async () => {
  await using writing = await Writing.begin();
  await writing.write('ab', 0);
  await writing.write('ef', 4);
  await writing.write('cd', 2);
  await writing.write('g', 6);
  assert.deepEqual(writing.told, [2, 6, 7]);
  assert.equal(await writing.digest.finish(7, never), sha256('abcdefg'));
});

test('what an earlier process has written is followed as well', async () => {
  await using writing = await Writing.begin('abc');
  await writing.write('d', 3);
  assert.deepEqual(writing.told, [3, 4]);
  assert.equal(await writing.digest.finish(4, never), sha256('abcd'));
});

test('bytes that are written over are hashed as they are in the end, and only then', async () => {
  await using writing = await Writing.begin();
  await writing.write('abcd', 0);
  await writing.write('XY', 2);
  await writing.write('ef', 4);
  await writing.write('Z', 0);
  assert.deepEqual(writing.told, [4, 'restart']);
  assert.equal(await writing.digest.finish(6, never), sha256('ZbXYef'));
});

test('a write that fails counts like one that does not, for it may have changed bytes', async () => {
  const disk = new MemoryPartialFiles();
  await using writing = await Writing.begin('', true, disk);
  await writing.write('abcdef', 0);
  disk.onCall = async ({ name }) => {
    if (name !== 'write') return;
    disk.onCall = () => {};
    await writing.part.write([Buffer.from('X')], 1);
    throw new Error('The disk is gone.');
  };
  await assert.rejects(writing.write('XYZ', 1), /The disk is gone/);
  await writing.write('g', 6);
  assert.deepEqual(writing.told, [6, 'restart']);
  assert.equal(await writing.digest.finish(7, never), sha256('aXcdefg'));
});

test('of two writes to the same place the later one to end counts', async () => {
  const disk = new MemoryPartialFiles();
  await using writing = await Writing.begin('', true, disk);
  await writing.write('ab', 0);
  const slow = Promise.withResolvers<void>();
  disk.onCall = async ({ name }) => {
    if (name !== 'write') return;
    disk.onCall = () => {};
    await slow.promise;
  };
  const late = writing.write('XY', 2);
  await writing.write('cdef', 2);
  slow.resolve();
  await late;
  assert.deepEqual(writing.told, [2, 6, 'restart']);
  assert.equal(await writing.digest.finish(6, never), sha256('abXYef'));
});

test('a file that starts over is followed from its new beginning', async () => {
  await using writing = await Writing.begin();
  await writing.write('old old', 0);
  await writing.write('OLD', 0);
  writing.digest.restart();
  await writing.part.truncate(0);
  writing.written = EMPTY_SET;
  await writing.write('new', 0);
  assert.deepEqual(writing.told, [7, 'restart', 'restart', 3]);
  assert.equal(await writing.digest.finish(3, never), sha256('new'));
});

test('a file that no digest is demanded of is not read', async () => {
  await using writing = await Writing.begin('abc', false);
  await writing.write('d', 3);
  assert.deepEqual(writing.told, []);
  assert.equal(await writing.digest.finish(4, never), undefined);
});
