import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection } from '../../src/engine/transfer/connection.ts';
import { fetchSegment, type SegmentHost } from '../../src/engine/transfer/fetch-segment.ts';
import { noAttempts } from '../../src/engine/transfer/transfer-context.ts';
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

test('the same while it waited to ask the cache hosts again', async () => {
  const clock = new ManualClock();
  const connection = new Connection(1, 100, 200, clock);
  const attempts = noAttempts();
  attempts.cacheTries = { failed: ['cache:1'], failingSinceMs: 0, givenUp: false };
  const waiting = Promise.withResolvers<void>();
  const host = {
    gate: { open: () => undefined },
    context: {
      attempts,
      clock: {
        nowMs: () => clock.nowMs(),
        after(delayMs: number, callback: () => void) {
          waiting.resolve();
          return clock.after(delayMs, callback);
        },
      },
      cacheHosts: () => ({ hosts: ['cache:1'], delayMs: 60_000 }),
      cacheBans: { current: { everywhere: new Map(), forOrigin: new Map() } },
      file: () => ({ remoteName: 'http://origin.test/' }),
      get transport(): never {
        throw new Error('A request was made.');
      },
    },
  } as unknown as SegmentHost;
  const fetched = fetchSegment(connection, host);
  await waiting.promise;
  connection.end = 100;
  await clock.advance(60_000);
  assert.deepEqual(await fetched, { kind: 'finished' });
});
