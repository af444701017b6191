import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BG_JOB_PRIORITY, BG_JOB_STATE } from '../../../src/core/constants.ts';
import { revisionOf } from '../../../src/core/facts/revision.ts';
import type { Job } from '../../../src/core/job/job.ts';
import { jobIn } from '../job/fixtures.ts';

const JOB = jobIn(BG_JOB_STATE.SUSPENDED);

const CHANGES: readonly Partial<Job>[] = [
  { state: BG_JOB_STATE.QUEUED },
  { displayName: 'other' },
  { priority: BG_JOB_PRIORITY.LOW },
  { notifyFlags: 0 },
  { noProgressTimeoutSeconds: 1 },
  { costFlags: 1 },
  { notificationClsid: '9e4b2c1a-5d6f-4c3b-8a7e-000000000001' },
  { maxBytesPerSecond: 0 },
  { queueOrder: -1 },
  { files: { ...JOB.files, total: 3 } },
];

test('a revision changes with every property a caller can set', () => {
  const revisions = [JOB, ...CHANGES.map((change) => ({ ...JOB, ...change }))].map(revisionOf);
  assert.equal(new Set(revisions).size, revisions.length);
  for (const revision of revisions) assert.match(revision, /^[0-9a-f]{16}$/);
});

test('a revision stays the same while bytes arrive', () => {
  const later = {
    ...JOB,
    modifiedAtMs: JOB.modifiedAtMs + 1,
    files: { ...JOB.files, bytesTransferred: 199 },
  };
  assert.equal(revisionOf(later), revisionOf(JOB));
});

test('the digest is FNV-1a of 64 bits', () => {
  // Computed with big integers, which need no halves.
  const text = JSON.stringify([
    JOB.state,
    JOB.displayName,
    JOB.priority,
    JOB.notifyFlags,
    null,
    null,
    JOB.notificationClsid,
    null,
    JOB.queueOrder,
    JOB.files.total,
    null,
  ]);
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n);
  }
  assert.equal(revisionOf(JOB), hash.toString(16).padStart(16, '0'));
});
