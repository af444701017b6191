import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { BG_JOB_PRIORITY, BG_JOB_STATE, BG_JOB_TYPE } from '../../src/core/constants.ts';
import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import { newJob } from '../../src/core/job/calls.ts';
import { countFiles, newFile } from '../../src/core/job/file.ts';
import { DoneFiles, type Happening } from '../../src/engine/done-files.ts';
import { LiveJob } from '../../src/engine/live-job.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';

/** Milliseconds that a commit takes here. */
const COMMIT_MS = 2;

const store = new MemoryJobStore();

/** A job in TRANSFERRING with three files. */
function jobWithFiles(id: string, state: BG_JOB_STATE = BG_JOB_STATE.TRANSFERRING): LiveJob {
  const files = [0, 1, 2].map((index) =>
    newFile({
      jobId: id,
      index,
      fileId: `${id}/${index}`,
      remoteName: `http://origin/${index}`,
      localName: `/data/${id}-${index}`,
      ranges: [],
    }),
  );
  const identity = {
    id,
    displayName: id,
    type: BG_JOB_TYPE.DOWNLOAD,
    owner: 'me',
    priority: BG_JOB_PRIORITY.NORMAL,
    queueOrder: 0,
  };
  const job = { ...newJob(identity, 0, countFiles(files)), state };
  store.commit({ job, files });
  return new LiveJob(job, store);
}

function setUp(errors: readonly unknown[] = []): {
  readonly clock: ManualClock;
  readonly done: DoneFiles;
  readonly batches: Happening[][];
} {
  const clock = new ManualClock();
  const batches: Happening[][] = [];
  let committingMs = 0;
  const slowClock: Clock = {
    nowMs: () => clock.nowMs() + committingMs,
    wallMs: () => clock.wallMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
  const done = new DoneFiles(slowClock, (happenings) => {
    batches.push([...happenings]);
    committingMs += COMMIT_MS;
    return happenings.map((_, position) => errors[position]);
  });
  return { clock, done, batches };
}

const indexesOf = (batches: readonly (readonly Happening[])[]): unknown[] =>
  batches.map((batch) =>
    batch.map(({ live, event }) => [live.id, event.event === 'filesDone' && event.fileIndexes]),
  );

test('a single file is stored at once, with what it adds to its job', async () => {
  const { done, batches } = setUp();
  const live = jobWithFiles('a');
  await done.add(live, 1);
  assert.deepEqual(indexesOf(batches), [[['a', [1]]]]);
  const [{ event, files }] = batches[0] as [Happening];
  assert.ok(event.event === 'filesDone');
  assert.equal(event.files.transferred, 1);
  assert.deepEqual(
    files.map(({ index, done: isDone }) => [index, isDone]),
    [[1, true]],
  );
});

test('files that are finished while the store rests are stored together, one step for each job', async () => {
  const { clock, done, batches } = setUp();
  const [a, b] = [jobWithFiles('a'), jobWithFiles('b')];
  await done.add(a, 0);
  const rest = Promise.all([done.add(a, 2), done.add(b, 0), done.add(a, 1)]);
  await turn();
  assert.equal(batches.length, 1);
  await clock.advance(COMMIT_MS * 20);
  await rest;
  assert.deepEqual(indexesOf(batches.slice(1)), [
    [
      ['a', [2, 1]],
      ['b', [0]],
    ],
  ]);
});

test('what keeps one job from being stored is no matter of the others', async () => {
  const { done } = setUp([undefined, new DeliveryOptimizationError('ERROR_DISK_FULL', 'full')]);
  const [a, b] = [jobWithFiles('a'), jobWithFiles('b')];
  const [first, second] = await Promise.allSettled([done.add(a, 0), done.add(b, 0)]);
  assert.equal(first.status, 'fulfilled');
  assert.ok(second.status === 'rejected');
  // A store that is full once is asked again by the caller, and not by a timer.
  assert.ok(second.reason instanceof DeliveryOptimizationError);
  assert.equal(second.reason.code, 'ERROR_DISK_FULL');
  assert.equal(second.reason.failureClass, 'fatal');
});

test('files of a job that was cancelled meanwhile are not made done', async () => {
  const { done, batches } = setUp();
  await done.add(jobWithFiles('a', BG_JOB_STATE.CANCELLED), 0);
  assert.deepEqual(batches[0]?.[0]?.files, []);
});
