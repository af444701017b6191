import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection } from '../../src/engine/transfer/connection.ts';
import { fetchSegment, type SegmentHost } from '../../src/engine/transfer/fetch-segment.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('a segment that others have taken over while it waited for its turn asks for nothing', async () => {
  const connection = new Connection(1, 100, 200, new ManualClock());
  const host = {
    gate: {
      open: async () => {
        connection.end = 100;
      },
    },
    get context(): never {
      throw new Error('A request was made.');
    },
  } as unknown as SegmentHost;
  assert.deepEqual(await fetchSegment(connection, host), { kind: 'finished' });
});
