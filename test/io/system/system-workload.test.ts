import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseIdleMs, systemWorkload } from '../../../src/io/system/system-workload.ts';

test('idle time is what the first line of /proc/stat counts as idle and as waiting', () => {
  const text = 'cpu  108 2 30 4000 25 0 7 0 0 0\ncpu0 54 1 15 2000 12 0 3 0 0 0\nintr 1 2 3\n';
  assert.equal(parseIdleMs(text), 40_250);
});

test('a text of another form tells nothing', () => {
  assert.equal(parseIdleMs(''), undefined);
  assert.equal(parseIdleMs('cpu0 1 2 3 4 5\n'), undefined);
});

test('computing shows in the counters, and waiting does not', async () => {
  const workload = systemWorkload();
  const begun = workload.read();
  while (process.threadCpuUsage().user / 1_000 - begun.threadMs < 60);
  const computed = workload.read();
  assert.ok(computed.threadMs - begun.threadMs >= 50);
  assert.ok(computed.processMs - begun.processMs >= 50);
  await sleep(60);
  const waited = workload.read();
  assert.ok(waited.atMs - computed.atMs >= 50);
  assert.ok(waited.threadMs - computed.threadMs < 40);
});

test('where no counters of the machine are known, idle time is not', () => {
  assert.equal(systemWorkload('darwin').read().idleMs, undefined);
});
