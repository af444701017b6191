import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { openSystemDigester } from '../../../src/io/system/system-digester.ts';
import { testDigester, type WritableFile } from '../../conformance/digester.ts';
import { memoryDigester } from '../../support/memory-digester.ts';
import { MemoryPartialFiles } from '../../support/memory-partial-files.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

testDigester('a thread of its own', async () => {
  const stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  let files = 0;
  const digester = stack.use(openSystemDigester());
  return {
    digester,
    makeFile: () => makeFile(join(directory.path, String(files++))),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
});

testDigester('in memory', async () => {
  const disk = new MemoryPartialFiles();
  let files = 0;
  return {
    digester: memoryDigester,
    async makeFile() {
      const id = { jobId: 'a', index: files++, localName: '/data/out' };
      const part = await disk.open(id, false);
      assert.ok(part);
      return {
        ...part,
        write: (bytes: Uint8Array, position: number) => part.write([bytes], position),
      };
    },
    async [Symbol.asyncDispose]() {},
  };
});

const SIZE = 64 * 1_048_576;

test('a file without a descriptor is not followed by a thread', async () => {
  await using digester = openSystemDigester();
  const read = (): Promise<number> => Promise.resolve(0);
  assert.equal(digester.follow('sha-256', { descriptor: undefined, read }), undefined);
});

test('a small file is left to whoever asks, without a thread', async () => {
  await using directory = await temporaryDirectory();
  await using file = await makeFile(join(directory.path, 'small'));
  await using digester = openSystemDigester();
  await using following = digester.follow('sha-256', file)!;
  await file.write(new Uint8Array(1_000_000), 0);
  following.reach(1_000_000);
  assert.equal(await following.finish(1_000_000, new AbortController().signal), undefined);
});

test('a digester that ends leaves a digest under way undone, and follows nothing any more', async () => {
  await using directory = await temporaryDirectory();
  await using file = await makeFile(join(directory.path, 'large'));
  await file.truncate(SIZE);
  const digester = openSystemDigester();
  const following = digester.follow('sha-256', file)!;
  following.reach(SIZE);
  const finished = following.finish(SIZE, new AbortController().signal);
  await digester[Symbol.asyncDispose]();
  assert.equal(await finished, undefined);
  await following[Symbol.asyncDispose]();
  assert.equal(digester.follow('sha-256', file), undefined);
});

test('a file that cannot be read has no digest', async () => {
  await using directory = await temporaryDirectory();
  const handle = await open(directory.join('write-only'), 'w');
  try {
    await handle.truncate(SIZE);
    await using digester = openSystemDigester();
    const read = (): Promise<number> => Promise.resolve(0);
    await using following = digester.follow('sha-256', { descriptor: handle.fd, read })!;
    following.reach(SIZE);
    assert.equal(await following.finish(SIZE, new AbortController().signal), undefined);
  } finally {
    await handle.close();
  }
});

const child = fileURLToPath(new URL('digester-child.ts', import.meta.url));
const zeros = createHash('sha256').update(new Uint8Array(SIZE)).digest('hex');

test('a process with nothing else to do waits for a digest, and not for an idle thread', async () => {
  assert.equal(await inChild([]), zeros);
});

test('where no thread may be started, digests are not followed', async () => {
  const output = await inChild(['--permission', '--allow-fs-read=*', '--allow-fs-write=*']);
  assert.equal(output, 'undefined');
});

/** What a process of its own makes of the digest of a file of zeros. */
async function inChild(options: readonly string[]): Promise<string> {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'zeros');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...options, child, path, String(SIZE)],
    { timeout: 120_000 },
  );
  return stdout.trim();
}

async function makeFile(path: string): Promise<WritableFile> {
  const handle = await open(path, 'w+');
  return {
    get descriptor() {
      return handle.fd;
    },
    read: async (buffer, position) =>
      (await handle.read(buffer, 0, buffer.length, position)).bytesRead,
    write: async (bytes, position) => {
      assert.equal(
        (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
        bytes.length,
      );
    },
    truncate: (lengthBytes) => handle.truncate(lengthBytes),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}
