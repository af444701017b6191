import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { flushDirectory } from '../../../src/io/disk/flush-directory.ts';
import { partPath } from '../../../src/io/disk/part-name.ts';
import { openPartialFiles } from '../../../src/io/disk/partial-files.ts';
import type { PartialFileId } from '../../../src/ports/partial-files.ts';
import {
  created,
  rejectsWith,
  testPartialFiles,
  type PartialFilesWorld,
} from '../../conformance/partial-files.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { diskWorld } from './disk-world.ts';

const run = promisify(execFile);
const files = openPartialFiles();
const isRoot = process.geteuid?.() === 0;

const idOf = (localName: string): PartialFileId => ({ jobId: 'a1-b2', index: 0, localName });
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

testPartialFiles('on disk', diskWorld);

/** One test on a real directory. */
function scenario(sentence: string, body: (world: PartialFilesWorld) => Promise<void>): void {
  test(`on disk: ${sentence}`, async () => {
    await using world = await diskWorld();
    await body(world);
  });
}

/** Every call that would open, fill or move what is at the partial path is refused. */
async function assertRefused(id: PartialFileId, saying: RegExp): Promise<void> {
  for (const call of [
    () => files.open(id, false),
    () => files.open(id, true),
    () => files.publish([id]),
  ]) {
    await assert.rejects(call(), { code: 'E_ACCESSDENIED', message: saying });
  }
}

scenario('a symbolic link planted at the partial name is not followed', async (world) => {
  const id = idOf(world.path('out.bin'));
  const precious = world.path('precious');
  await writeFile(precious, 'precious');
  await symlink(precious, partPath(id));

  await assertRefused(id, /a symbolic link is there/);
  assert.equal(await files.identify(id), undefined);
  await files.remove(id);
  assert.equal(await readFile(precious, 'utf8'), 'precious');
  assert.deepEqual(await world.names(), ['precious']);
});

scenario('a symbolic link that leads nowhere creates nothing', async (world) => {
  const id = idOf(world.path('out.bin'));
  await symlink(world.path('elsewhere'), partPath(id));
  await assertRefused(id, /a symbolic link is there/);
  await assert.rejects(lstat(world.path('elsewhere')), { code: 'ENOENT' });
});

scenario('a hard link planted at the partial name is not written to', async (world) => {
  const id = idOf(world.path('out.bin'));
  const precious = world.path('precious');
  await writeFile(precious, 'precious');
  await link(precious, partPath(id));

  await assertRefused(id, /a file with 2 names \(hard links\) is there/);
  await files.remove(id);
  assert.equal(await readFile(precious, 'utf8'), 'precious');
});

scenario('a pipe planted at the partial name is refused without a wait', async (world) => {
  const id = idOf(world.path('out.bin'));
  await run('mkfifo', [partPath(id)]);
  await assertRefused(id, /a pipe or socket is there/);
});

scenario('a directory planted at the partial name is refused', async (world) => {
  const id = idOf(world.path('out.bin'));
  await mkdir(partPath(id));
  await assertRefused(id, /a directory is there/);
});

scenario(
  '`..` after a symbolic link leads where the system says, for both names',
  async (world) => {
    await mkdir(world.path('far'));
    await mkdir(world.path('far/inner'));
    await symlink(world.path('far/inner'), world.path('link'));
    const id = idOf(world.path('link/../out.bin'));

    await files.checkTarget(id.localName);
    {
      await using file = await created({ files }, id);
      await file.write([bytesOf('hello')], 0);
    }
    assert.deepEqual(await world.names(), ['far', 'link']);
    await files.publish([id]);
    assert.equal(await readFile(world.path('far/out.bin'), 'utf8'), 'hello');
    assert.deepEqual(await world.names(), ['far', 'link']);
  },
);

scenario('the longest target names have partial files', async (world) => {
  for (const base of ['x'.repeat(255), 'ä'.repeat(127), '😀'.repeat(63)]) {
    const id = idOf(world.path(base));
    await files.checkTarget(id.localName);
    await (await created({ files }, id))[Symbol.asyncDispose]();
    await files.publish([id]);
    assert.deepEqual(await files.identify(id), undefined);
    assert.equal((await files.identifyTarget(id))?.lengthBytes, 0);
  }
});

scenario(
  'a symbolic link at the target is replaced, and what it leads to is kept',
  async (world) => {
    const id = idOf(world.path('out.bin'));
    await writeFile(world.path('precious'), 'precious');
    await chmod(world.path('precious'), 0o444);
    await symlink(world.path('precious'), id.localName);
    await files.checkTarget(id.localName);
    {
      await using file = await created({ files }, id);
      await file.write([bytesOf('new')], 0);
    }
    assert.equal(await files.identifyTarget(id), undefined);
    await files.publish([id]);
    assert.ok((await lstat(id.localName)).isFile());
    assert.equal(await readFile(id.localName, 'utf8'), 'new');
    assert.equal(await readFile(world.path('precious'), 'utf8'), 'precious');
  },
);

scenario('a link to a directory, a device and a pipe are no targets', async (world) => {
  await symlink(world.path(''), world.path('link'));
  await run('mkfifo', [world.path('pipe')]);
  for (const localName of [world.path('link'), world.path('pipe'), '/dev/null']) {
    await rejectsWith('E_INVALIDARG', files.checkTarget(localName));
  }
  const id = idOf(world.path('pipe'));
  await (await created({ files }, id))[Symbol.asyncDispose]();
  await assert.rejects(files.publish([id]), {
    code: 'E_ACCESSDENIED',
    message: /a pipe or socket/,
  });
});

scenario('a file on the way to the target is a missing directory', async (world) => {
  await writeFile(world.path('file'), '');
  const id = idOf(world.path('file/out.bin'));
  await rejectsWith('ERROR_PATH_NOT_FOUND', files.open(id, false));
  assert.equal(await files.identify(id), undefined);
});

scenario('a path longer than the system takes is an error with its own code', async (world) => {
  const localName = world.path(`${'x/'.repeat(2_100)}out.bin`);
  await rejectsWith('ERROR_FILENAME_EXCED_RANGE', files.checkTarget(localName));
  await rejectsWith('ERROR_FILENAME_EXCED_RANGE', files.open(idOf(localName), false));
});

scenario('1,500 buffers are written in one call', async (world) => {
  const id = idOf(world.path('out.bin'));
  await using file = await created({ files }, id);
  const buffers = Array.from({ length: 1_500 }, (_, index) => bytesOf(`${index},`));
  await file.write(buffers, 0);
  await file.flush();
  assert.deepEqual(await readFile(file.path), Buffer.concat(buffers));
});

scenario('a partial file gets the permissions that the umask leaves', async (world) => {
  await using file = await created({ files }, idOf(world.path('out.bin')));
  const expected = 0o666 & ~process.umask();
  assert.equal((await stat(file.path)).mode & 0o777, expected);
});

scenario('a file is the same by its identity until another one takes its place', async (world) => {
  const id = idOf(world.path('out.bin'));
  // Both exist at once, or the system could give the number of one to the other.
  await using first = await created({ files }, id);
  const before = await files.identify(id);
  await files.publish([id]);
  await using second = await created({ files }, id);
  assert.deepEqual(await files.identifyTarget(id), before);
  assert.notEqual((await files.identify(id))?.inode, before?.inode);
  assert.equal(first.path, second.path);
});

scenario('disposing waits for the writes under way', async (world) => {
  const file = await created({ files }, idOf(world.path('out.bin')));
  const writing = file.write([new Uint8Array(8_000_000)], 0);
  await file[Symbol.asyncDispose]();
  await writing;
  assert.equal((await stat(file.path)).size, 8_000_000);
});

scenario(
  'flushing a directory that cannot be read is let be, a missing one is not',
  async (world) => {
    await flushDirectory(world.path(''));
    await assert.rejects(flushDirectory(world.path('missing')), { code: 'ENOENT' });
  },
);

test('on disk: a file of another user at the partial name is refused', async (t) => {
  if (!isRoot) return t.skip('only root can give a file to another user');
  await using world = await diskWorld();
  const id = idOf(world.path('out.bin'));
  await writeFile(partPath(id), 'theirs');
  await run('chown', ['12345', partPath(id)]);
  await assertRefused(id, /belongs to another user \(uid 12345\)/);
  assert.equal(await readFile(partPath(id), 'utf8'), 'theirs');

  // A directory's owner can exchange its files at will, so theirs are no worse.
  await run('chown', ['12345', world.path('')]);
  await using file = await files.open(id, true);
  assert.equal(file?.lengthBytes, 6);
});

test('on disk: a full disk keeps what was written and goes on once there is room', async (t) => {
  await using disk = await smallDisk(t);
  if (disk === undefined) return;
  const id = idOf(`${disk.path}/out.bin`);
  assert.equal(await files.freeSpace(id.localName), 1_048_576);
  const ballast = await open(`${disk.path}/ballast`, 'w');
  await ballast.write(new Uint8Array(524_288));
  await ballast.close();
  assert.equal(await files.freeSpace(id.localName), 524_288);

  await using file = await created({ files }, id);
  await file.write([bytesOf('hello')], 0);
  const tooMuch = file.write([new Uint8Array(1_000_000).fill(120)], 5);
  await assert.rejects(tooMuch, { code: 'ERROR_DISK_FULL', failureClass: 'fatal' });
  const start = new Uint8Array(6);
  await file.read(start, 0);
  assert.deepEqual(start, bytesOf('hellox'));

  await writeFile(`${disk.path}/ballast`, '');
  await file.write([new Uint8Array(1_000_000).fill(121)], 5);
  assert.equal((await stat(file.path)).size, 1_000_005);
});

test('on disk: a disk that turned read-only loses nothing and says so', async (t) => {
  await using disk = await smallDisk(t);
  if (disk === undefined) return;
  const id = idOf(`${disk.path}/out.bin`);
  {
    await using file = await created({ files }, id);
    await file.write([bytesOf('hello')], 0);
  }
  await run('mount', ['-o', 'remount,ro', disk.path]);

  await assert.rejects(files.checkTarget(id.localName), {
    code: 'E_ACCESSDENIED',
    message: /its file system is read-only/,
  });
  await rejectsWith('ERROR_WRITE_PROTECT', files.open({ ...id, index: 1 }, false));
  await rejectsWith('ERROR_WRITE_PROTECT', files.open(id, true));
  await rejectsWith('ERROR_WRITE_PROTECT', files.publish([id]));
  await rejectsWith('ERROR_WRITE_PROTECT', files.remove(id));
  assert.equal((await files.identify(id))?.lengthBytes, 5);
});

test('on disk: a user without permission is told which one is missing', async () => {
  await using world = await diskWorld();
  await chmod(world.path(''), 0o755);
  await mkdir(world.path('locked'));
  await writeFile(world.path('locked/out.bin.a1-b2-0.haulyard-part'), 'part');
  await mkdir(world.path('drop-box'));
  await chmod(world.path('locked'), 0o555);
  await chmod(world.path('drop-box'), 0o333);
  const child = fileURLToPath(import.meta.resolve('./unprivileged-child.ts'));
  // Otherwise an ordinary user could not clean up; a disposal runs before those declared earlier.
  await using _unlocked = {
    [Symbol.asyncDispose]: async () => {
      await run('chmod', ['755', world.path('locked'), world.path('drop-box')]);
    },
  };

  const { stdout } = await run(process.execPath, [child, world.path('')]);
  assert.deepEqual(JSON.parse(stdout), {
    checkLocked: 'E_ACCESSDENIED',
    createLocked: 'E_ACCESSDENIED',
    publishLocked: 'E_ACCESSDENIED',
    removeLocked: 'E_ACCESSDENIED',
    checkDropBox: 'ok',
    downloadIntoDropBox: 'ok',
  });
});

/** A disk of 1 MiB in memory; undefined, with the test skipped, for users who may not mount one. */
async function smallDisk(
  t: TestContext,
): Promise<(AsyncDisposable & { readonly path: string }) | undefined> {
  if (!isRoot || process.platform !== 'linux') {
    t.skip('mounting a small disk takes root on Linux: run the tests as root to include this one');
    return undefined;
  }
  const directory = await temporaryDirectory();
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory.path]);
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    const advice = 'Give the container CAP_SYS_ADMIN, or run the tests as an ordinary user.';
    throw new Error(`This test mounts a tmpfs of 1 MiB and may not. ${advice}`, { cause: error });
  }
  return {
    path: directory.path,
    [Symbol.asyncDispose]: async () => {
      await run('umount', [directory.path]);
      await directory[Symbol.asyncDispose]();
    },
  };
}
