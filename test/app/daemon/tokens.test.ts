import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';

import {
  createToken,
  listTokens,
  revokeTokens,
  TokenBook,
} from '../../../src/app/daemon/tokens.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

test('a token stands for its user, from the moment it is made until it is revoked', async () => {
  await using directory = await temporaryDirectory();
  const book = new TokenBook(directory.path);
  assert.equal(book.find('hyd_unknown'), undefined);
  const anna = createToken(directory.path, { user: 'anna', administrator: false });
  const root = createToken(directory.path, { user: 'root', administrator: true });
  assert.deepEqual(book.find(anna), { user: 'anna', administrator: false });
  assert.deepEqual(book.find(root), { user: 'root', administrator: true });
  assert.equal(revokeTokens(directory.path, 'anna'), 1);
  assert.equal(book.find(anna), undefined);
  assert.deepEqual(book.find(root), { user: 'root', administrator: true });
});

test('only a digest of a token is kept, for the owner of the directory alone', async () => {
  await using directory = await temporaryDirectory();
  const token = createToken(directory.path, { user: 'anna', administrator: false });
  const text = await readFile(directory.join('tokens.json'), 'utf8');
  assert.ok(!text.includes(token));
  assert.equal((await stat(directory.join('tokens.json'))).mode & 0o777, 0o600);
});

test('two tokens are never alike, and a user may have several', async () => {
  await using directory = await temporaryDirectory();
  const first = createToken(directory.path, { user: 'anna', administrator: false });
  const second = createToken(directory.path, { user: 'anna', administrator: true });
  assert.notEqual(first, second);
  assert.equal(listTokens(directory.path).length, 2);
  assert.equal(revokeTokens(directory.path, 'anna'), 2);
});

for (const user of ['', 'two words', '*', 'a/b', 'x'.repeat(257)]) {
  test(`${JSON.stringify(user.slice(0, 12))} is no name for the user of a token`, async () => {
    await using directory = await temporaryDirectory();
    assert.throws(() => createToken(directory.path, { user, administrator: false }), {
      code: 'E_INVALIDARG',
    });
  });
}

test('a damaged file of tokens lets nobody in and says so', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(directory.join('tokens.json'), '[{"user":"anna"}]');
  const book = new TokenBook(directory.path);
  assert.throws(() => book.find('hyd_x'), { code: 'E_UNEXPECTED', message: /is damaged/ });
});
