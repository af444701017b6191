import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { inParallel } from '../../src/engine/in-parallel.ts';

test('every item has its turn, and no more than the width are under way', async () => {
  let underWay = 0;
  let most = 0;
  const seen: number[] = [];
  await inParallel([10, 11, 12, 13, 14, 15, 16], 3, async (item, position) => {
    assert.equal(item, 10 + position);
    underWay += 1;
    most = Math.max(most, underWay);
    await turn();
    underWay -= 1;
    seen.push(item);
  });
  assert.equal(most, 3);
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    [10, 11, 12, 13, 14, 15, 16],
  );
});

test('the failure of the earliest item is thrown once nothing is under way, and nothing more begins', async () => {
  const begun: number[] = [];
  let ended = 0;
  const work = inParallel([0, 1, 2, 3, 4, 5], 3, async (item) => {
    begun.push(item);
    // The second fails before the first does.
    for (let turns = item === 0 ? 3 : 1; turns > 0; turns -= 1) await turn();
    ended += 1;
    if (item < 2) throw new Error(`item ${item}`);
  });
  await assert.rejects(work, { message: 'item 0' });
  assert.equal(ended, begun.length);
  assert.ok(begun.length < 6);
});
