import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { PartialFile, PartialFileId, PartialFiles } from '../../src/ports/partial-files.ts';

/** A disk for one test: an adapter, and the means to see and change what it works on. */
export interface PartialFilesWorld extends AsyncDisposable {
  readonly files: PartialFiles;
  /** Absolute path of a name in a directory that is there, empty and writable. */
  path(name: string): string;
  /** Puts a file there, as another program would. */
  put(path: string, text: string): Promise<void>;
  /** The same, and takes the permission to write from it. */
  putReadOnly(path: string, text: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  textOf(path: string): Promise<string | undefined>;
  modifiedMsOf(path: string): Promise<number | undefined>;
  /** Names in the directory, sorted. */
  names(): Promise<readonly string[]>;
}

const JOB_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const OTHER_JOB_ID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Runs the suite of the port `PartialFiles` on one of its implementations. */
export function testPartialFiles(name: string, makeWorld: () => Promise<PartialFilesWorld>): void {
  /** One test in a world of its own, with the id of a file `out.bin` in it. */
  function scenario(
    sentence: string,
    run: (world: PartialFilesWorld, id: PartialFileId) => Promise<void>,
  ): void {
    test(`${name}: ${sentence}`, async () => {
      await using world = await makeWorld();
      await run(world, { jobId: JOB_ID, index: 0, localName: world.path('out.bin') });
    });
  }

  scenario('a new partial file is empty and stands beside its target', async (world, id) => {
    await using file = await created(world, id);
    assert.equal(file.lengthBytes, 0);
    assert.ok(file.path.startsWith(world.path('out.bin.')), file.path);
    assert.deepEqual(await world.names(), [`out.bin.${JOB_ID}-0.haulyard-part`]);
  });

  scenario('there is no partial file to open before one is created', async (world, id) => {
    assert.equal(await world.files.open(id, true), undefined);
    assert.deepEqual(await world.names(), []);
  });

  scenario('jobs and files with one target have partial files of their own', async (world, id) => {
    const ids = [id, { ...id, index: 1 }, { ...id, jobId: OTHER_JOB_ID }];
    for (const [position, each] of ids.entries()) {
      await using file = await created(world, each);
      await file.write([bytesOf('x')], position);
    }
    const lengths = ids.map(async (each) => (await world.files.identify(each))?.lengthBytes);
    assert.deepEqual(await Promise.all(lengths), [1, 2, 3]);
  });

  scenario('what was written is there when the file is opened again', async (world, id) => {
    await write(world, id, 'hello');
    await using file = await world.files.open(id, true);
    assert.equal(file?.lengthBytes, 5);
    assert.equal(await readText(file, 0, 5), 'hello');
  });

  scenario('buffers are written one after the other, empty ones too', async (world, id) => {
    await using file = await created(world, id);
    await file.write(['ab', '', 'c', 'def', ''].map(bytesOf), 2);
    await file.write([bytesOf('01')], 0);
    await file.write([], 50);
    await file.write([bytesOf('')], 60);
    assert.equal(await world.textOf(file.path), '01abcdef');
  });

  scenario('writes that overlap in time all arrive', async (world, id) => {
    await using file = await created(world, id);
    const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');
    await Promise.all(
      letters.toReversed().map((letter) => file.write([bytesOf(letter)], letters.indexOf(letter))),
    );
    assert.equal(await world.textOf(file.path), letters.join(''));
  });

  scenario('a gap that was never written reads as zeros', async (world, id) => {
    await using file = await created(world, id);
    await file.write([bytesOf('x')], 3);
    assert.equal(await readText(file, 0, 4), '\0\0\0x');
  });

  scenario('a read gives fewer bytes only at the end of the file', async (world, id) => {
    await using file = await created(world, id);
    await file.write([bytesOf('hello')], 0);
    assert.equal(await readText(file, 1, 3), 'ell');
    assert.equal(await readText(file, 3, 10), 'lo');
    assert.equal(await readText(file, 5, 10), '');
    assert.equal(await readText(file, 500, 10), '');
  });

  scenario('a file is made shorter and longer', async (world, id) => {
    await using file = await created(world, id);
    await file.write([bytesOf('hello')], 0);
    await file.truncate(2);
    assert.equal(await world.textOf(file.path), 'he');
    await file.truncate(4);
    assert.equal(await world.textOf(file.path), 'he\0\0');
    await file.flush();
  });

  scenario('creating takes over what a crash left under the name, as it is', async (world, id) => {
    const left = 'from before the crash';
    await write(world, id, left);
    const before = await world.files.identify(id);
    await using file = await created(world, id);
    assert.equal(file.lengthBytes, left.length);
    assert.equal(await world.textOf(file.path), left);
    await file.truncate(0);
    assert.deepEqual(await world.files.identify(id), { ...before, lengthBytes: 0 });
  });

  scenario(
    'a directory under the partial name is refused and counts as no file',
    async (world, id) => {
      await world.makeDirectory(world.path(`out.bin.${JOB_ID}-0.haulyard-part`));
      await rejectsWith('E_ACCESSDENIED', world.files.open(id, false));
      await rejectsWith('E_ACCESSDENIED', world.files.open(id, true));
      await rejectsWith('E_ACCESSDENIED', world.files.remove(id));
      assert.equal(await world.files.identify(id), undefined);
    },
  );

  scenario(
    'a missing directory fails the creation and leaves nothing to find',
    async (world, id) => {
      const lost = { ...id, localName: world.path('missing/out.bin') };
      await rejectsWith('ERROR_PATH_NOT_FOUND', world.files.open(lost, false));
      assert.equal(await world.files.open(lost, true), undefined);
      assert.equal(await world.files.identify(lost), undefined);
      assert.equal(await world.files.identifyTarget(lost), undefined);
      await world.files.remove(lost);
    },
  );

  scenario('publishing moves the file itself to its final name', async (world, id) => {
    await write(world, id, 'hello');
    const before = await world.files.identify(id);
    assert.equal(before?.lengthBytes, 5);
    assert.equal(await world.files.identifyTarget(id), undefined);

    await world.files.publish([id]);
    assert.deepEqual(await world.names(), ['out.bin']);
    assert.equal(await world.textOf(id.localName), 'hello');
    assert.equal(await world.files.identify(id), undefined);
    assert.deepEqual(await world.files.identifyTarget(id), before);
  });

  scenario('publishing replaces a file that is there', async (world, id) => {
    await world.put(id.localName, 'old and longer');
    const old = await world.files.identifyTarget(id);
    await write(world, id, 'new');
    await world.files.publish([id]);
    assert.equal(await world.textOf(id.localName), 'new');
    assert.notEqual((await world.files.identifyTarget(id))?.inode, old?.inode);
  });

  scenario('publishing twice fails the second time and keeps the file', async (world, id) => {
    await write(world, id, 'hello');
    await world.files.publish([id]);
    await rejectsWith('ERROR_FILE_NOT_FOUND', world.files.publish([id]));
    assert.equal(await world.textOf(id.localName), 'hello');
  });

  scenario('publishing several keeps their order, and tells of each', async (world, id) => {
    // Of two files for one target, the later one of the list stands there in the end.
    const ids = [id, { ...id, index: 1 }, { ...id, index: 2, localName: world.path('other.bin') }];
    for (const [position, each] of ids.entries()) await write(world, each, `file ${position}`);
    const told: number[] = [];
    await world.files.publish(ids, ({ index }) => told.push(index));
    assert.deepEqual(told, [0, 1, 2]);
    assert.equal(await world.textOf(id.localName), 'file 1');
    assert.equal(await world.textOf(world.path('other.bin')), 'file 2');
  });

  scenario('publishing several stops at the first that fails', async (world, id) => {
    const ids = ['a.bin', 'b.bin', 'c.bin'].map((name, index) => ({
      ...id,
      index,
      localName: world.path(name),
    }));
    for (const each of ids) await write(world, each, 'new');
    await world.putReadOnly(world.path('b.bin'), 'precious');
    const told: number[] = [];
    const publishing = world.files.publish(ids, ({ index }) => told.push(index));
    await rejectsWith('E_ACCESSDENIED', publishing);
    assert.deepEqual(told, [0]);
    assert.equal(await world.textOf(world.path('a.bin')), 'new');
    assert.equal(await world.textOf(world.path('b.bin')), 'precious');
    assert.notEqual(await world.files.identify(ids[2]!), undefined);
  });

  scenario('a directory found in order is noted for whoever asks to', async (world, id) => {
    const known = new Set<string>();
    await world.files.checkTarget(id.localName, known);
    assert.equal(known.size, 1);
    await world.files.checkTarget(world.path('other.bin'), known);
    assert.equal(known.size, 1);
  });

  scenario('a read-only target is not replaced, and nothing changes', async (world, id) => {
    await world.putReadOnly(id.localName, 'precious');
    await write(world, id, 'new');
    const names = await world.names();
    await rejectsWith('E_ACCESSDENIED', world.files.publish([id]));
    assert.equal(await world.textOf(id.localName), 'precious');
    assert.deepEqual(await world.names(), names);
  });

  scenario('a directory under the target name is not replaced', async (world, id) => {
    await write(world, id, 'new');
    await world.makeDirectory(id.localName);
    await rejectsWith('E_ACCESSDENIED', world.files.publish([id]));
    assert.equal((await world.files.identify(id))?.lengthBytes, 3);
  });

  scenario(
    'removing deletes the partial file alone, and a missing one at ease',
    async (world, id) => {
      await world.put(id.localName, 'mine');
      await write(world, id, 'new');
      await world.files.remove(id);
      await world.files.remove(id);
      assert.deepEqual(await world.names(), ['out.bin']);
    },
  );

  scenario('an open file can be removed and published', async (world, id) => {
    await using file = await created(world, id);
    await file.write([bytesOf('hello')], 0);
    await world.files.publish([id]);
    assert.equal(await readText(file, 0, 5), 'hello');
  });

  scenario('the modification time is kept through publishing', async (world, id) => {
    const epochMs = Date.UTC(2020, 1, 29, 12, 30, 15);
    {
      await using file = await created(world, id);
      await file.write([bytesOf('hello')], 0);
      await file.setModifiedTime(epochMs);
    }
    await world.files.publish([id]);
    assert.equal(await world.modifiedMsOf(id.localName), epochMs);
  });

  scenario(
    'a time before 1970, in the future or out of reach is left as it is',
    async (world, id) => {
      const epochMs = Date.UTC(2001, 0, 1);
      await using file = await created(world, id);
      await file.setModifiedTime(epochMs);
      for (const bad of [-1, Date.now() + 3_600_000, 8.64e15, Infinity, -Infinity, NaN]) {
        await file.setModifiedTime(bad);
        assert.equal(await world.modifiedMsOf(file.path), epochMs, `${bad}`);
      }
      await file.setModifiedTime(0);
      assert.equal(await world.modifiedMsOf(file.path), 0);
    },
  );

  scenario('a target in a directory that is there passes the check', async (world, id) => {
    await world.files.checkTarget(id.localName);
    await world.put(id.localName, 'old');
    await world.files.checkTarget(id.localName);
    await world.files.checkTarget(world.path(`${'ä'.repeat(127)}x`));
    assert.deepEqual(await world.names(), ['out.bin']);
  });

  scenario('the check refuses what is not the absolute name of a file', async (world) => {
    const directory = world.path('');
    await world.makeDirectory(world.path('sub'));
    const bad = [
      '',
      'out.bin',
      './out.bin',
      '../out.bin',
      directory,
      world.path('sub'),
      world.path('sub/'),
      world.path('out.bin/'),
      world.path('.'),
      world.path('..'),
      world.path('a*.bin'),
      world.path('a?.bin'),
      world.path('a\0b'),
      world.path('half \ud83d pair'),
      world.path(`out.bin.${JOB_ID}-0.haulyard-part`),
    ];
    for (const localName of bad) {
      await rejectsWith('E_INVALIDARG', world.files.checkTarget(localName));
    }
  });

  scenario(
    'missing directories are created, and those that are there are left alone',
    async (world, id) => {
      const { files } = world;
      const localName = world.path('new/newer/out.bin');
      await rejectsWith('ERROR_PATH_NOT_FOUND', files.checkTarget(localName));
      await files.createDirectoryOf(localName);
      await files.checkTarget(localName);
      await files.checkTarget(world.path('new/out.bin'));
      await write(world, { ...id, localName }, 'hello');
      await files.createDirectoryOf(localName);
      assert.equal((await files.identify({ ...id, localName }))?.lengthBytes, 5);
    },
  );

  scenario('the check refuses a missing directory and a name that is too long', async (world) => {
    const { files } = world;
    await rejectsWith('ERROR_PATH_NOT_FOUND', files.checkTarget(world.path('no/out.bin')));
    await world.put(world.path('file'), '');
    await rejectsWith('ERROR_PATH_NOT_FOUND', files.checkTarget(world.path('file/out.bin')));
    for (const base of ['x'.repeat(256), 'ä'.repeat(128)]) {
      await rejectsWith('ERROR_FILENAME_EXCED_RANGE', files.checkTarget(world.path(base)));
    }
  });

  scenario(
    'free space is a number of bytes, and a missing directory has none',
    async (world, id) => {
      const before = await world.files.freeSpace(id.localName);
      assert.ok(before > 0, `${before}`);
      const lost = world.files.freeSpace(world.path('missing/out.bin'));
      await rejectsWith('ERROR_PATH_NOT_FOUND', lost);
    },
  );
}

/** Rejects with a `DeliveryOptimizationError` of that code. */
export async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, { name: 'DeliveryOptimizationError', code });
}

/** A partial file that has just been created. */
export async function created(
  { files }: Pick<PartialFilesWorld, 'files'>,
  id: PartialFileId,
): Promise<PartialFile> {
  const file = await files.open(id, false);
  assert.ok(file !== undefined);
  return file;
}

async function write(world: PartialFilesWorld, id: PartialFileId, text: string): Promise<void> {
  await using file = await created(world, id);
  await file.write([bytesOf(text)], 0);
  await file.flush();
}

async function readText(
  file: PartialFile | undefined,
  position: number,
  length: number,
): Promise<string> {
  assert.ok(file !== undefined);
  const buffer = new Uint8Array(length);
  return new TextDecoder().decode(buffer.subarray(0, await file.read(buffer, position)));
}
