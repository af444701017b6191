import assert from 'node:assert/strict';
import { test } from 'node:test';

import { renamePatiently } from '../../../src/io/disk/rename-patiently.ts';

/** A rename that fails with `code` so many times, and then works. */
function failing(
  code: string,
  times: number,
): { calls: () => number; renameOnce: () => Promise<void> } {
  let calls = 0;
  return {
    calls: () => calls,
    renameOnce: async () => {
      calls++;
      if (calls <= times) throw Object.assign(new Error('rename failed'), { code });
    },
  };
}

test('on Windows a file that a scanner holds is renamed when the scanner lets go', async () => {
  for (const code of ['EPERM', 'EBUSY', 'EACCES']) {
    const { calls, renameOnce } = failing(code, 2);
    await renamePatiently('a', 'b', { renameOnce, isWindows: true });
    assert.equal(calls(), 3);
  }
});

test('on Windows a file that stays in use fails after about a second', async () => {
  const { calls, renameOnce } = failing('EBUSY', 1_000);
  const startMs = performance.now();
  await assert.rejects(renamePatiently('a', 'b', { renameOnce, isWindows: true }), {
    code: 'EBUSY',
  });
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs > 900 && tookMs < 3_000, `${tookMs} ms`);
  assert.equal(calls(), 7);
});

test('an error that waiting does not heal is passed on at once', async () => {
  for (const [code, isWindows] of [
    ['ENOENT', true],
    ['EPERM', false],
    ['EBUSY', false],
  ] as const) {
    const { calls, renameOnce } = failing(code, 1_000);
    await assert.rejects(renamePatiently('a', 'b', { renameOnce, isWindows }), { code });
    assert.equal(calls(), 1);
  }
});
