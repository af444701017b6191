import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';

import { openOwnedPartialFiles } from '../../../src/io/disk/owned-partial-files.ts';
import type { PartialFiles } from '../../../src/ports/partial-files.ts';
import { temporaryDirectory, type TemporaryDirectory } from '../../support/temporary.ts';

const UID = 12_345;
const GID = 12_346;
const OTHER_GID = 12_347;
const JOB = '0190d2a1-0000-7000-8000-000000000001';
const options = {
  skip: process.getuid?.() === 0 ? false : 'only root can make directories of other users',
};

interface World extends AsyncDisposable {
  readonly directory: TemporaryDirectory;
  /** A directory of the user the files are made for. */
  readonly own: string;
  readonly files: PartialFiles;
}

async function openWorld(): Promise<World> {
  const directory = await temporaryDirectory();
  await chmod(directory.path, 0o755);
  const own = directory.join('own');
  await mkdir(own);
  await chown(own, UID, GID);
  const files = openOwnedPartialFiles('somebody', async () => ({
    uid: UID,
    gids: [GID, OTHER_GID],
  }));
  return { directory, own, files, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

async function deliver(files: PartialFiles, localName: string, text: string): Promise<void> {
  const id = { jobId: JOB, index: 0, localName };
  await using part = await files.open(id, false);
  assert.ok(part);
  await part.write([Buffer.from(text)], 0);
  await part.flush();
  await files.publish([id]);
}

test('a file made for another user belongs to that user', options, async () => {
  await using world = await openWorld();
  await world.files.checkTarget(`${world.own}/a.bin`);
  await deliver(world.files, `${world.own}/a.bin`, 'bytes');
  const { uid, gid } = await stat(`${world.own}/a.bin`);
  assert.deepEqual({ uid, gid }, { uid: UID, gid: GID });
  assert.equal(await readFile(`${world.own}/a.bin`, 'utf8'), 'bytes');
});

test('a partial file of another user is opened again', options, async () => {
  await using world = await openWorld();
  const shared = world.directory.join('shared');
  await mkdir(shared);
  await chown(shared, 0, OTHER_GID);
  await chmod(shared, 0o775);
  const id = { jobId: JOB, index: 0, localName: `${shared}/a.bin` };
  await (await world.files.open(id, false))?.[Symbol.asyncDispose]();
  await using again = await world.files.open(id, true);
  assert.equal(again?.lengthBytes, 0);
});

test('a directory the user may not write to is refused', options, async () => {
  await using world = await openWorld();
  const foreign = world.directory.join('foreign');
  await mkdir(foreign, { mode: 0o755 });
  for (const attempt of [
    () => world.files.checkTarget(`${foreign}/a.bin`),
    () => world.files.open({ jobId: JOB, index: 0, localName: `${foreign}/a.bin` }, false),
    () => world.files.publish([{ jobId: JOB, index: 0, localName: `${foreign}/a.bin` }]),
    () => world.files.createDirectoryOf(`${foreign}/new/a.bin`),
  ]) {
    await assert.rejects(attempt, {
      code: 'E_ACCESSDENIED',
      message: /somebody may not write to the directory .*foreign/,
    });
  }
});

test('a directory of the user below one that is closed to him is refused', options, async () => {
  await using world = await openWorld();
  const closed = world.directory.join('closed');
  await mkdir(`${closed}/own`, { recursive: true });
  await chown(`${closed}/own`, UID, GID);
  await chmod(closed, 0o700);
  await assert.rejects(world.files.checkTarget(`${closed}/own/a.bin`), {
    code: 'E_ACCESSDENIED',
    message: /may not enter the directory .*closed/,
  });
});

test('the class of an owner counts, not what his group may', options, async () => {
  await using world = await openWorld();
  await chmod(world.own, 0o575);
  await assert.rejects(world.files.checkTarget(`${world.own}/a.bin`), { code: 'E_ACCESSDENIED' });
});

test('a link that leads out of the own directory does not help', options, async () => {
  await using world = await openWorld();
  const foreign = world.directory.join('foreign');
  await mkdir(foreign, { mode: 0o755 });
  await symlink(foreign, `${world.own}/link`);
  await assert.rejects(
    world.files.open({ jobId: JOB, index: 0, localName: `${world.own}/link/a.bin` }, false),
    { code: 'E_ACCESSDENIED' },
  );
});

test(
  'a directory exchanged for a link after the partial file was made is judged anew',
  options,
  async () => {
    await using world = await openWorld();
    const inner = `${world.own}/inner`;
    const foreign = world.directory.join('foreign');
    await mkdir(foreign, { mode: 0o755 });
    await mkdir(inner);
    await chown(inner, UID, GID);
    const id = { jobId: JOB, index: 0, localName: `${inner}/a.bin` };
    await using part = await world.files.open(id, false);
    assert.ok(part);
    await rename(inner, `${world.own}/moved`);
    await symlink(foreign, inner);
    await assert.rejects(world.files.publish([id]), { code: 'E_ACCESSDENIED' });
  },
);

test('a link at the final name is replaced and not followed', options, async () => {
  await using world = await openWorld();
  const victim = world.directory.join('victim');
  await writeFile(victim, 'precious');
  await symlink(victim, `${world.own}/a.bin`);
  await deliver(world.files, `${world.own}/a.bin`, 'bytes');
  assert.equal(await readFile(victim, 'utf8'), 'precious');
  assert.equal(await readFile(`${world.own}/a.bin`, 'utf8'), 'bytes');
});

test('in a sticky directory the file of somebody else is kept', options, async () => {
  await using world = await openWorld();
  const sticky = world.directory.join('sticky');
  await mkdir(sticky);
  await chmod(sticky, 0o1777);
  await writeFile(`${sticky}/a.bin`, 'precious');
  await assert.rejects(deliver(world.files, `${sticky}/a.bin`, 'bytes'), {
    code: 'E_ACCESSDENIED',
    message: /belongs to another user/,
  });
  assert.equal(await readFile(`${sticky}/a.bin`, 'utf8'), 'precious');
});

test('missing directories belong to the user as well', options, async () => {
  await using world = await openWorld();
  await world.files.createDirectoryOf(`${world.own}/x/y/a.bin`);
  for (const path of ['x', 'x/y']) {
    assert.equal((await stat(`${world.own}/${path}`)).uid, UID);
  }
});

test('a user whom the machine does not know gets nothing', options, async () => {
  await using world = await openWorld();
  const files = openOwnedPartialFiles('nobody-there', async () => undefined);
  await assert.rejects(files.checkTarget(`${world.own}/a.bin`), {
    code: 'E_ACCESSDENIED',
    message: /has no user nobody-there/,
  });
});

test('a directory that somebody else makes meanwhile is not given away', options, async (t) => {
  await using world = await openWorld();
  const real = promises.mkdir;
  t.mock.method(promises, 'mkdir', async (path: string) => {
    // Root itself is quicker, the first time.
    if (path.endsWith('/new')) await real(path, { mode: 0o755 });
    await real(path);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  await assert.rejects(world.files.createDirectoryOf(`${world.own}/new/inner/a.bin`), {
    code: 'E_ACCESSDENIED',
  });
  assert.equal((await stat(`${world.own}/new`)).uid, 0);
});

test('what is in a place the user cannot see is not told', options, async () => {
  await using world = await openWorld();
  const hidden = world.directory.join('hidden');
  await mkdir(`${hidden}/directory`, { recursive: true });
  await chmod(hidden, 0o700);
  await symlink(`${hidden}/directory`, `${world.own}/link`);
  await symlink(`${hidden}/nothing`, `${world.own}/dangling`);
  for (const path of [
    `${hidden}/directory`,
    `${hidden}/nothing`,
    `${hidden}/directory/a.bin`,
    `${hidden}/nothing/a.bin`,
    `${world.own}/link`,
    `${world.own}/dangling`,
    `${world.own}/link/a.bin`,
    `${world.own}/dangling/a.bin`,
  ]) {
    await assert.rejects(world.files.checkTarget(path), { code: 'E_ACCESSDENIED' }, path);
  }
  await assert.rejects(world.files.checkTarget(`${world.own}/nothing/a.bin`), {
    code: 'ERROR_PATH_NOT_FOUND',
  });
  await assert.rejects(world.files.checkTarget(world.own), { code: 'E_INVALIDARG' });
  await world.files.checkTarget(`${world.own}/a.bin`);
});
