import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HRESULT } from '../../../src/core/codes.ts';
import { BG_JOB_STATE, DODownloadState } from '../../../src/core/constants.ts';
import { downloadState, downloadStatus } from '../../../src/core/download/status.ts';
import { applyCall, type JobCall } from '../../../src/core/job/calls.ts';
import { applyEvent, type JobEvent } from '../../../src/core/job/events.ts';
import type { Job } from '../../../src/core/job/job.ts';
import { FATAL, moment, NOW_MS, OFFLINE, POLICY, TOO_OLD, TRANSIENT } from '../job/fixtures.ts';
import { downloadIn, fileOf, JOB_OF_STATE, troubled } from './fixtures.ts';

const { QUEUED, TRANSFERRING, SUSPENDED, ERROR, TRANSIENT_ERROR, TRANSFERRED } = BG_JOB_STATE;
const { Created, Transferring, Transferred, Finalized, Aborted, Paused } = DODownloadState;

function after(job: Job, event: JobEvent): Job {
  const step = applyEvent(job, event, moment());
  assert.equal(step.kind, 'moved');
  return step.kind === 'moved' ? step.job : job;
}

function afterCall(job: Job, call: JobCall): Job {
  const step = applyCall(job, call, moment());
  assert.equal(step.kind, 'moved');
  return step.kind === 'moved' ? step.job : job;
}

/** State, Error and ExtendedError. */
function seen(job: Job): readonly [DODownloadState, number, number] {
  const { state, error, extendedError } = downloadStatus(job, fileOf());
  return [state, error, extendedError];
}

test('each state of a download is that of the job made for it', () => {
  for (const state of Object.values(DODownloadState))
    assert.equal(downloadState(JOB_OF_STATE[state]), state);
});

test('the six states cover every state of a job', () => {
  const states = Object.values(BG_JOB_STATE).map((state) => downloadState(downloadIn(state)));
  assert.deepEqual(states, [
    Transferring,
    Transferring,
    Transferring,
    Paused,
    Paused,
    Transferring,
    Transferred,
    Finalized,
    Aborted,
  ]);
});

test('a download that was never started is Created and has counters of 0', () => {
  assert.deepEqual(downloadStatus(JOB_OF_STATE[Created], undefined), {
    bytesTotal: 0,
    bytesTransferred: 0,
    state: Created,
    error: 0,
    extendedError: 0,
  });
});

test('headers set the total; before them both counters are 0, whatever size is expected', () => {
  const { representation: _unknown, ...unanswered } = fileOf({ expectedSizeBytes: 1_000 });
  const before = downloadStatus(JOB_OF_STATE[Transferring], unanswered);
  assert.deepEqual([before.bytesTotal, before.bytesTransferred], [0, 0]);
  const now = downloadStatus(JOB_OF_STATE[Transferring], fileOf());
  assert.deepEqual([now.bytesTotal, now.bytesTransferred], [1_000, 400]);
});

test('a file that changed on the server takes BytesTransferred back to 0', () => {
  const now = downloadStatus(JOB_OF_STATE[Transferring], fileOf({ written: [] }));
  assert.deepEqual([now.state, now.bytesTransferred], [Transferring, 0]);
});

test('done: Transferred without codes', () => {
  const files = { ...JOB_OF_STATE[Transferring].files, total: 1, transferred: 1 };
  const job = { ...JOB_OF_STATE[Transferring], trouble: troubled(TRANSIENT) };
  assert.deepEqual(seen(after(job, { event: 'filesDone', fileIndexes: [0], files })), [
    Transferred,
    0,
    0,
  ]);
});

test('a retryable error leaves it Transferring with the code, until the next request goes out', () => {
  const failed = after(JOB_OF_STATE[Transferring], { event: 'failed', failure: TRANSIENT });
  assert.deepEqual(seen(failed), [Transferring, TRANSIENT.hresult, 0]);
  const due = after(failed, { event: 'retryDue' });
  assert.equal(due.state, QUEUED);
  assert.deepEqual(seen(due), [Transferring, TRANSIENT.hresult, 0], 'no request has gone out yet');
  assert.deepEqual(seen(after(due, { event: 'slotGranted' })), [Transferring, 0, 0]);
});

test('a download waits at most 30 s between two attempts', () => {
  const trouble = troubled(TRANSIENT, { failures: 20, noProgressSinceMs: NOW_MS });
  const failed = after(
    { ...JOB_OF_STATE[Transferring], trouble },
    {
      event: 'failed',
      failure: TRANSIENT,
    },
  );
  assert.equal(failed.trouble?.retryAtMs, NOW_MS + 30_000);
});

test('a lost network pauses it, and the network that is back lets it go on', () => {
  const lost = after(JOB_OF_STATE[Transferring], { event: 'networkLost', failure: OFFLINE });
  assert.deepEqual(seen(lost), [Paused, 0, HRESULT.DO_E_BLOCKED_BY_NO_NETWORK]);
  assert.deepEqual(seen(after(lost, { event: 'unblocked' })), [Transferring, 0, 0]);
});

test('a network lost during the wait for a retry is the reason that is shown', () => {
  const failed = after(JOB_OF_STATE[Transferring], { event: 'failed', failure: TRANSIENT });
  const lost = after(failed, { event: 'networkLost', failure: OFFLINE });
  assert.deepEqual(seen(lost), [Paused, 0, HRESULT.DO_E_BLOCKED_BY_NO_NETWORK]);
});

test('a policy pauses it with its code as the extended one', () => {
  const blocked = after(JOB_OF_STATE[Transferring], { event: 'failed', failure: POLICY });
  assert.deepEqual(seen(blocked), [Paused, 0, POLICY.hresult]);
});

test('a pause by the caller in place of one by a policy has no code', () => {
  const blocked = after(JOB_OF_STATE[Transferring], { event: 'failed', failure: POLICY });
  assert.deepEqual(seen(afterCall(blocked, { call: 'suspend' })), [Paused, 0, 0]);
});

test('a fatal error pauses it with the code and its detail, until it is started again', () => {
  const failure = { ...FATAL, extendedHresult: 0x8007_2f05 };
  const failed = after(JOB_OF_STATE[Transferring], { event: 'failed', failure });
  assert.deepEqual(seen(failed), [Paused, FATAL.hresult, 0x8007_2f05]);
  assert.deepEqual(seen(afterCall(failed, { call: 'resume' })), [Transferring, 0, 0]);
});

test('lack of progress pauses it, with the last code as the extended one', () => {
  const trouble = troubled(TRANSIENT, { noProgressSinceMs: 0, retryAtMs: NOW_MS + 1 });
  const job = downloadIn(TRANSIENT_ERROR, { trouble, noProgressTimeoutSeconds: 60 });
  assert.deepEqual(seen(after(job, { event: 'noProgressDue' })), [
    Paused,
    HRESULT.DO_E_DOWNLOAD_NO_PROGRESS,
    TRANSIENT.hresult,
  ]);
});

test('after a restart of the engine a failed download is Paused without a code', () => {
  const failed = after(JOB_OF_STATE[Transferring], { event: 'failed', failure: FATAL });
  assert.equal(failed.state, ERROR);
  assert.deepEqual(seen(after(failed, { event: 'recovered' })), [Paused, 0, 0]);
});

test('after a restart of the engine one that was retrying goes on, without a code', () => {
  const failed = after(JOB_OF_STATE[Transferring], { event: 'failed', failure: TRANSIENT });
  assert.deepEqual(seen(after(failed, { event: 'recovered' })), [Transferring, 0, 0]);
});

test('the age of 30 days aborts it and says so', () => {
  for (const state of [SUSPENDED, TRANSFERRING, TRANSFERRED]) {
    const expired = after(downloadIn(state), { event: 'expired', failure: TOO_OLD });
    assert.deepEqual(seen(expired), [Aborted, HRESULT.DO_E_JOB_TOO_OLD, 0]);
  }
});

test('one that its caller aborts has no code, whatever befell it before', () => {
  const failed = after(JOB_OF_STATE[Transferring], { event: 'failed', failure: FATAL });
  assert.deepEqual(seen(afterCall(failed, { call: 'cancel' })), [Aborted, 0, 0]);
});

test('a new portion of a Transferred download takes it on its way in one step', () => {
  const job = JOB_OF_STATE[Transferred];
  const files = { ...job.files, transferred: 0 };
  const next = afterCall(job, {
    call: 'setDownload',
    download: { ...job.download!, ranges: [{ offset: 5, length: 5 }] },
    files,
    resumes: true,
  });
  assert.deepEqual([next.state, next.files], [QUEUED, files]);
});

test('a property set on a Transferred download leaves it Transferred', () => {
  const job = { ...JOB_OF_STATE[Transferred] };
  const full = { ...job, files: { ...job.files, transferred: job.files.total } };
  const next = afterCall(full, {
    call: 'setDownload',
    download: full.download!,
    traits: { noProgressTimeoutSeconds: 90 },
  });
  assert.deepEqual([next.state, next.noProgressTimeoutSeconds], [TRANSFERRED, 90]);
});
