import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BG_JOB_PRIORITY, BG_JOB_STATE } from '../../../src/core/constants.ts';
import { explain } from '../../../src/core/facts/explain.ts';
import type { SchedulerExplanation } from '../../../src/core/facts/explanation.ts';
import type { JobFacts } from '../../../src/core/facts/job-facts.ts';
import { policyBlock } from '../../../src/core/policy/policy-block.ts';
import { TRANSIENT } from '../job/fixtures.ts';

const NOW_MS = 1_700_000_000_000;

function facts(state: BG_JOB_STATE, changes: Partial<JobFacts> = {}): JobFacts {
  return {
    id: '0190163d-8694-739b-aea5-966c26f8ad91',
    family: 'job',
    displayName: 'weights',
    owner: 'somebody',
    state,
    priority: BG_JOB_PRIORITY.NORMAL,
    progress: { bytesTotal: 1_000, bytesTransferred: 400, filesTotal: 1, filesTransferred: 0 },
    bytesPerSecond: 0,
    createdAtMs: 0,
    modifiedAtMs: 0,
    transferredAtMs: undefined,
    notifyFlags: 3,
    noProgressTimeoutSeconds: 60,
    costFlags: 0x1,
    notificationClsid: '',
    maxBytesPerSecond: undefined,
    queueOrder: 0,
    error: undefined,
    lastFailure: undefined,
    extendedErrorInfo: '',
    retryAtMs: undefined,
    pendingEvent: undefined,
    revision: '',
    ...changes,
  };
}

function scheduling(changes: Partial<SchedulerExplanation> = {}): SchedulerExplanation {
  const free = { bytesPerSecond: undefined, rule: undefined };
  return {
    slot: { kind: 'background', running: 1, slots: 4, ahead: 0 },
    block: undefined,
    admitted: true,
    waitsForConnection: false,
    yields: false,
    limits: { total: free, kind: free, job: free },
    retryAtMs: undefined,
    noProgressDeadlineMs: undefined,
    ...changes,
  };
}

const NO_NETWORK = policyBlock(
  { foreground: false, costFlags: 1, disallowCellular: false, local: false },
  { online: false, costState: 1 },
  { power: {}, pauseOnVpn: false, disallowCellular: false },
);

test('a job that moves says how fast, and when it is done', () => {
  const explained = explain({
    facts: facts(BG_JOB_STATE.TRANSFERRING, { bytesPerSecond: 100 }),
    scheduling: scheduling(),
    sources: [],
    nowMs: NOW_MS,
  });
  assert.equal(explained.summary, 'It is being transferred at 100 B/s, 6s left.');
  assert.deepEqual(explained.reasons, []);
  assert.equal(explained.expectedFinishMs, NOW_MS + 6_000);
});

test('the rule that blocks a job comes first, with what ends it', () => {
  assert.ok(NO_NETWORK);
  const explained = explain({
    facts: facts(BG_JOB_STATE.TRANSIENT_ERROR, { error: NO_NETWORK.failure }),
    scheduling: scheduling({ block: NO_NETWORK }),
    sources: [],
    nowMs: NOW_MS,
  });
  assert.equal(explained.reasons[0]?.rule, 'network.online');
  assert.equal(explained.reasons[0]?.code, 'DO_E_BLOCKED_BY_NO_NETWORK');
  assert.equal(explained.reasons[0]?.unblockedBy, NO_NETWORK.unblockedBy);
  assert.equal(explained.reasons.length, 1);
  assert.equal(explained.block?.rule, 'network.online');
});

test('a queued job names the slots that are taken and how many stand before it', () => {
  const explained = explain({
    facts: facts(BG_JOB_STATE.QUEUED),
    scheduling: scheduling({
      slot: { kind: 'background', running: 4, slots: 4, ahead: 7, nextSliceAtMs: NOW_MS + 5 },
    }),
    sources: [],
    nowMs: NOW_MS,
  });
  assert.equal(explained.reasons[0]?.rule, 'jobs.background_slots');
  assert.match(
    explained.summary,
    /All 4 slots of background jobs are taken, and 7 stand before it/,
  );
  assert.equal(explained.reasons[0].untilMs, undefined);
});

test('the next job in the queue knows when a slot may be free', () => {
  const explained = explain({
    facts: facts(BG_JOB_STATE.QUEUED),
    scheduling: scheduling({
      slot: { kind: 'background', running: 4, slots: 4, ahead: 0, nextSliceAtMs: NOW_MS + 5 },
    }),
    sources: [],
    nowMs: NOW_MS,
  });
  assert.equal(explained.reasons[0]?.untilMs, NOW_MS + 5);
});

test('a retry says why and when', () => {
  const explained = explain({
    facts: facts(BG_JOB_STATE.TRANSIENT_ERROR, { error: TRANSIENT }),
    scheduling: scheduling({ retryAtMs: NOW_MS + 2_000, noProgressDeadlineMs: NOW_MS + 9_000 }),
    sources: [],
    nowMs: NOW_MS,
  });
  assert.deepEqual(
    [explained.reasons[0]?.rule, explained.reasons[0]?.code, explained.reasons[0]?.untilMs],
    ['job.retry', TRANSIENT.code, NOW_MS + 2_000],
  );
  assert.equal(explained.noProgressDeadlineMs, NOW_MS + 9_000);
});

test('a limit of 0 is named as what lets nothing pass', () => {
  const stopped = { bytesPerSecond: 0, rule: 'bandwidth.background' } as const;
  const explained = explain({
    facts: facts(BG_JOB_STATE.TRANSFERRING),
    scheduling: scheduling({ limits: { ...scheduling().limits, kind: stopped } }),
    sources: [],
    nowMs: NOW_MS,
  });
  assert.equal(explained.summary, 'bandwidth.background is 0, which lets nothing pass.');
});

for (const [state, pattern] of [
  [BG_JOB_STATE.SUSPENDED, /suspended/],
  [BG_JOB_STATE.TRANSFERRED, /waits under its temporary name/],
  [BG_JOB_STATE.ACKNOWLEDGED, /under their final names/],
  [BG_JOB_STATE.CANCELLED, /was cancelled/],
  [BG_JOB_STATE.ERROR, /has failed/],
] as const) {
  test(`state ${state} explains itself`, () => {
    const explained = explain({
      facts: facts(state),
      scheduling: scheduling({ block: NO_NETWORK }),
      sources: [],
      nowMs: NOW_MS,
    });
    assert.match(explained.summary, pattern);
    // Rules of the network say nothing about a job that nobody wants to run.
    assert.ok(explained.reasons.every(({ rule }) => rule !== 'network.online'));
  });
}

test('a job without files is told to get some', () => {
  const explained = explain({
    facts: facts(BG_JOB_STATE.SUSPENDED, {
      progress: { bytesTotal: 0, bytesTransferred: 0, filesTotal: 0, filesTransferred: 0 },
    }),
    scheduling: scheduling(),
    sources: [],
    nowMs: NOW_MS,
  });
  assert.match(explained.reasons[0]?.unblockedBy ?? '', /Add a file/);
});
