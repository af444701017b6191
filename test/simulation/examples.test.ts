import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EMPTY_SET } from '../../src/core/piece/interval-set.ts';
import { newFile } from '../../src/core/job/file.ts';
import { newJob } from '../../src/core/job/calls.ts';
import { NO_FILES } from '../../src/core/job/job.ts';
import { LiveJob } from '../../src/engine/live-job.ts';
import { MemoryJobStore } from '../support/memory-job-store.ts';

test('counters that a crash left ahead of the files are counted anew', () => {
  const store = new MemoryJobStore();
  const identity = { id: 'a1', displayName: '', type: 0, owner: '', priority: 2, queueOrder: 0 };
  const empty = newJob({ ...identity, type: 0, priority: 2 }, 0, NO_FILES);
  const files = { ...NO_FILES, total: 1, bytesTotal: 900, bytesTransferred: 700 };
  const wanted = { jobId: 'a1', index: 0, fileId: 'f', remoteName: 'http://host/', ranges: [] };
  const file = { ...newFile({ ...wanted, localName: '/data/f' }), sizeBytes: 900 };
  const written = [{ start: 0, end: 500 }];
  store.commit({
    job: { ...empty, files },
    files: [{ ...file, written, flushed: EMPTY_SET }],
  });
  // Another boot: only what was flushed is believed.
  const live = new LiveJob(store.loadJob('a1')!, store);
  assert.equal(live.counters.bytesTransferred, 0);
  assert.equal(live.counters.bytesTotal, 900);
});
