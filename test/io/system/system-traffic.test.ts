import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseCounters, systemTraffic } from '../../../src/io/system/system-traffic.ts';

const TEXT = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
    lo: 9012345    1200    0    0    0     0          0         0  9012345    1200    0
  eth0:4294967296000 4321    0    2    0     0          0         0  1234567    2345    0
wlp2s0: 0 0 0 0 0 0 0 0 0 0 0
`;

test('the received bytes of each interface but the loopback one are read', () => {
  assert.deepEqual(
    [...parseCounters(TEXT)],
    [
      ['eth0', 4_294_967_296_000],
      ['wlp2s0', 0],
    ],
  );
});

test('text of another form has no counters', () => {
  for (const text of ['', '\n:\n', 'eth0\n', 'eth0: many 1\n', 'x'.repeat(10_000)])
    assert.equal(parseCounters(text).size, 0);
});

test('on other systems nothing is known', () => {
  assert.equal(systemTraffic('win32').receivedBytes().size, 0);
});
