import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { RankedIds } from '../../../src/core/schedule/ranked-ids.ts';

test('ids stand in the order of their numbers, whatever is put, moved and taken out', () => {
  const id = fc.integer({ min: 0, max: 30 }).map((number) => `id ${number}`);
  const change = fc.record({ id, rank: fc.option(fc.integer({ min: -9, max: 9 })) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), fc.nat(40), (changes, count) => {
      const ids = new RankedIds();
      const model = new Map<string, number>();
      for (const { id: changed, rank } of changes) {
        if (rank === null) {
          ids.delete(changed);
          model.delete(changed);
        } else {
          ids.set(changed, rank);
          model.set(changed, rank);
        }
        const inOrder = [...model]
          .toSorted(([a, one], [b, other]) => one - other || (a < b ? -1 : 1))
          .map(([known]) => known);
        assert.equal(ids.size, model.size);
        assert.equal(ids.peek()?.id, inOrder[0]);
        assert.deepEqual(ids.first(count), inOrder.slice(0, count));
      }
    }),
  );
});
