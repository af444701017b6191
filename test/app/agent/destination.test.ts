import assert from 'node:assert/strict';
import {
  chmod,
  mkdir,
  readdir,
  rename,
  stat,
  symlink,
  writeFile,
  readFile,
} from 'node:fs/promises';
import { test } from 'node:test';

import {
  contentAt,
  createPlaceholder,
  publishContent,
  removeIfMade,
} from '../../../src/app/agent/destination.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

test('a link in the place of the content is not followed, and what it leads to keeps its mode', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('file');
  const staging = directory.join('.staging');
  const secret = directory.join('secret');
  await writeFile(secret, 'secret');
  await chmod(secret, 0o600);
  const placeholder = await createPlaceholder(path);
  await writeFile(staging, 'content');
  const { mark } = (await contentAt(staging))!;
  await rename(staging, directory.join('kept'));
  await symlink(secret, staging);
  await assert.rejects(publishContent(staging, path, placeholder, mark));
  assert.equal((await stat(secret)).mode & 0o777, 0o600);

  await rename(directory.join('kept'), staging);
  await publishContent(staging, path, placeholder, mark);
  assert.equal(await readFile(path, 'utf8'), 'content');
});

test('a directory that is exchanged for a link while its user is asked for gets the file, and the link none', async (t) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    t.skip('only a service that runs as root works with the rights of another user');
    return;
  }
  await using directory = await temporaryDirectory();
  const [own, moved, foreign] = ['own', 'moved', 'foreign'].map((name) => directory.join(name));
  await mkdir(own!);
  await mkdir(foreign!);
  await createPlaceholder(`${own}/file`, async () => {
    await rename(own!, moved!);
    await symlink(foreign!, own!);
  });
  assert.deepEqual(await readdir(foreign!), []);
  assert.deepEqual(await readdir(moved!), ['file']);
});

test('a file of the same name in another directory is not deleted', async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join('file');
  const made = await createPlaceholder(path);
  await rename(path, directory.join('moved'));
  await writeFile(path, 'of somebody else');
  await removeIfMade(path, [made]);
  assert.equal(await readFile(path, 'utf8'), 'of somebody else');
});
