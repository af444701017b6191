import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isStrained, type WorkloadReading } from '../../../src/core/picker/machine-strain.ts';

const before: WorkloadReading = { atMs: 1_000, threadMs: 200, processMs: 300, idleMs: 5_000 };

/** A reading 100 ms later, with what was taken in between. */
function after(threadMs: number, processMs: number, idleMs: number | undefined): WorkloadReading {
  return {
    atMs: before.atMs + 100,
    threadMs: before.threadMs + threadMs,
    processMs: before.processMs + processMs,
    idleMs: idleMs === undefined ? undefined : before.idleMs! + idleMs,
  };
}

test('a thread that computes nearly all the time is strained, however idle the machine', () => {
  assert.equal(isStrained(before, after(90, 90, 600)), true);
  assert.equal(isStrained(before, after(80, 80, 600)), false);
});

test('a process that takes much of a machine with little left is strained', () => {
  assert.equal(isStrained(before, after(50, 120, 20)), true);
  assert.equal(isStrained(before, after(50, 120, 90)), false);
});

test('a machine that others keep busy does not strain a process that takes little', () => {
  assert.equal(isStrained(before, after(5, 10, 0)), false);
});

test('where idle time is not known the thread alone counts', () => {
  assert.equal(isStrained(before, after(60, 150, undefined)), false);
  assert.equal(isStrained(before, after(95, 150, undefined)), true);
});

test('two readings of one moment say nothing', () => {
  assert.equal(isStrained(before, before), false);
});
