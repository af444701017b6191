import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BG_JOB_STATE } from '../../../src/core/constants.ts';
import { createdEvent, eventsOf, touchedBy } from '../../../src/core/facts/events-of.ts';
import { newFile } from '../../../src/core/job/file.ts';
import { jobIn, TRANSIENT, troubleWith } from '../job/fixtures.ts';

const AT_MS = 1_700_000_000_000;

test('a new job is told with its name, owner and time', () => {
  const job = jobIn(BG_JOB_STATE.SUSPENDED);
  assert.deepEqual(createdEvent(job), {
    jobId: job.id,
    owner: 'somebody',
    atMs: job.createdAtMs,
    body: { kind: 'job.created', displayName: 'weights' },
  });
});

test('bytes that arrive are no event', () => {
  const before = jobIn(BG_JOB_STATE.TRANSFERRING);
  const after = { ...before, files: { ...before.files, bytesTransferred: 150 }, modifiedAtMs: 9 };
  assert.deepEqual(eventsOf(before, after, {}, AT_MS), []);
});

test('changed properties are named', () => {
  const before = jobIn(BG_JOB_STATE.SUSPENDED);
  const after = { ...before, displayName: 'x', notifyFlags: 0, maxBytesPerSecond: 7 };
  assert.deepEqual(
    eventsOf(before, after, {}, AT_MS).map(({ body }) => body),
    [{ kind: 'job.changed', what: ['displayName', 'notifyFlags', 'maxBytesPerSecond'] }],
  );
});

test('a call that sets what is kept elsewhere is told by its name', () => {
  const job = jobIn(BG_JOB_STATE.SUSPENDED);
  const touched = touchedBy({ call: 'setCustomHeaders' });
  assert.deepEqual(
    eventsOf(job, { ...job, modifiedAtMs: 9 }, { touched }, AT_MS).map(({ body }) => body),
    [{ kind: 'job.changed', what: ['customHeaders'] }],
  );
});

test('the way into the queue is a change of state alone', () => {
  const before = jobIn(BG_JOB_STATE.SUSPENDED);
  const after = { ...before, state: BG_JOB_STATE.QUEUED, queueOrder: 99 };
  assert.deepEqual(
    eventsOf(before, after, {}, AT_MS).map(({ body }) => body),
    [{ kind: 'job.state', from: BG_JOB_STATE.SUSPENDED, to: BG_JOB_STATE.QUEUED }],
  );
});

test('a failure is told with the step that it caused and not again', () => {
  const before = jobIn(BG_JOB_STATE.TRANSFERRING);
  const failed = {
    ...before,
    state: BG_JOB_STATE.TRANSIENT_ERROR,
    lastFailure: TRANSIENT,
    trouble: troubleWith(TRANSIENT),
  };
  const again = { ...failed, state: BG_JOB_STATE.QUEUED };
  assert.deepEqual(eventsOf(before, failed, {}, AT_MS)[0]?.body, {
    kind: 'job.state',
    from: BG_JOB_STATE.TRANSFERRING,
    to: BG_JOB_STATE.TRANSIENT_ERROR,
    failure: TRANSIENT,
  });
  assert.deepEqual(eventsOf(failed, again, {}, AT_MS)[0]?.body, {
    kind: 'job.state',
    from: BG_JOB_STATE.TRANSIENT_ERROR,
    to: BG_JOB_STATE.QUEUED,
  });
});

test('a file that is done comes before the state it leads to', () => {
  const before = jobIn(BG_JOB_STATE.TRANSFERRING);
  const after = { ...before, state: BG_JOB_STATE.TRANSFERRED };
  const file = newFile({
    jobId: before.id,
    index: 1,
    fileId: 'f',
    remoteName: 'http://x/',
    ranges: [],
  });
  assert.deepEqual(
    eventsOf(before, after, { finished: [file] }, AT_MS).map(({ body }) => body.kind),
    ['file.transferred', 'job.state'],
  );
});
