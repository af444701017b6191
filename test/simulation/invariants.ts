import assert from 'node:assert/strict';

import { BG_JOB_PRIORITY, BG_JOB_STATE } from '../../src/core/constants.ts';
import type { JobFile } from '../../src/core/job/file.ts';
import type { Job } from '../../src/core/job/job.ts';
import { stateName } from '../../src/core/job/step.ts';
import { layOut } from '../../src/core/piece/file-ranges.ts';
import { covers, gaps, type IntervalSet } from '../../src/core/piece/interval-set.ts';
import type { SlotRules } from '../../src/core/schedule/choose-jobs.ts';
import { partPath } from '../../src/io/disk/part-name.ts';
import type { JobStore } from '../../src/ports/job-store.ts';
import type { MemoryPartialFiles } from '../support/memory-partial-files.ts';

const { SUSPENDED, QUEUED, TRANSFERRING, TRANSIENT_ERROR, ERROR, TRANSFERRED } = BG_JOB_STATE;
const { ACKNOWLEDGED, CANCELLED } = BG_JOB_STATE;

/** Where tables A and B of job-lifecycle.md lead from each state. */
const NEXT: ReadonlyMap<BG_JOB_STATE, readonly BG_JOB_STATE[]> = new Map([
  [SUSPENDED, [QUEUED, ACKNOWLEDGED, CANCELLED]],
  [QUEUED, [SUSPENDED, TRANSFERRING, TRANSIENT_ERROR, ERROR, ACKNOWLEDGED, CANCELLED]],
  [TRANSFERRING, [SUSPENDED, QUEUED, TRANSIENT_ERROR, ERROR, TRANSFERRED, ACKNOWLEDGED, CANCELLED]],
  [TRANSIENT_ERROR, [SUSPENDED, QUEUED, ERROR, ACKNOWLEDGED, CANCELLED]],
  [ERROR, [SUSPENDED, QUEUED, ACKNOWLEDGED, CANCELLED]],
  [TRANSFERRED, [SUSPENDED, ACKNOWLEDGED, CANCELLED]],
  [ACKNOWLEDGED, []],
  [CANCELLED, []],
]);

export function assertTransition(id: string, from: BG_JOB_STATE, to: BG_JOB_STATE): void {
  if (from === to) return;
  const allowed = NEXT.get(from)?.includes(to) ?? false;
  assert.ok(allowed, `job ${id} went from ${stateName(from)} to ${stateName(to)}`);
}

/** What holds of a job and its files whenever the store has just changed. */
export function assertJob(job: Job, files: readonly JobFile[]): void {
  const { total, transferred } = job.files;
  assert.equal(total, files.length, 'the count of files');
  assert.equal(transferred, files.filter(({ done }) => done).length, 'the count of done files');
  for (const file of files) {
    const { written, flushed, sizeBytes = Infinity, done } = file;
    assert.ok((written.at(-1)?.end ?? 0) <= sizeBytes, `${file.fileId} has more than its size`);
    assert.ok(isWithin(flushed, written), `${file.fileId} flushed what was not written`);
    if (done) assert.ok(covers(flushed, 0, sizeBytes), `${file.fileId} is done and not flushed`);
  }
  if (job.state === TRANSFERRED) assert.equal(transferred, total, 'a transferred job is whole');
}

/**
 * A job that has just been given a slot was given one there is. One that changed its priority while
 * it ran may exceed them: it keeps its place until its time is over.
 */
export function assertSlotFree(
  granted: Job,
  store: JobStore,
  { foregroundSlots, backgroundSlots }: SlotRules,
  exceptFor: ReadonlySet<string>,
): void {
  const isForeground = ({ priority }: Job): boolean => priority === BG_JOB_PRIORITY.FOREGROUND;
  const rivals = store
    .list({ includeFinal: false })
    .filter(({ id, state }) => state === TRANSFERRING && !exceptFor.has(id))
    .filter((job) => isForeground(job) === isForeground(granted));
  const slots = isForeground(granted) ? foregroundSlots : backgroundSlots;
  assert.ok(rivals.length <= slots, `${rivals.length} jobs transfer in ${slots} slots`);
}

/** Every byte the store vouches for is on the disk, and all of them are of one version. */
export function assertTrusted(
  store: JobStore,
  disk: MemoryPartialFiles,
  versionsOf: (file: JobFile) => readonly Buffer[],
): void {
  for (const job of store.list({ includeFinal: false })) {
    for (const file of store.loadFiles(job.id)) {
      if (file.localName === undefined || file.published) continue;
      const id = { jobId: job.id, index: file.index, localName: file.localName };
      const part = disk.contentOf(partPath(id));
      const content = part ?? (job.publishing ? disk.contentOf(file.localName) : undefined);
      assertHere(file, content, versionsOf(file));
    }
  }
}

function assertHere(
  file: JobFile,
  content: Uint8Array | undefined,
  versions: readonly Buffer[],
): void {
  if (file.done) assert.ok(content, `${file.fileId} is done and not there`);
  if (content === undefined || file.written.length === 0) return;
  // What is recorded beyond the file's real end is not believed (job-lifecycle.md 10).
  const trusted = file.written.filter(({ start }) => start < content.length);
  const isOne = versions.some((version) => {
    const wanted = localContent(file, version);
    return trusted.every(({ start, end }) => {
      const here = content.subarray(start, end);
      return wanted?.subarray(start, start + here.length).equals(here) ?? false;
    });
  });
  assert.ok(isOne, `${file.fileId} of ${file.jobId} holds bytes of no one version`);
}

/** What a version of the remote file makes of the local one. */
export function localContent(file: JobFile, version: Buffer): Buffer | undefined {
  const layout = layOut(file.ranges, version.length);
  if ('kind' in layout) return undefined;
  return Buffer.concat(
    layout.map(({ local, remoteStart }) =>
      version.subarray(remoteStart, remoteStart + local.end - local.start),
    ),
  );
}

function isWithin(inner: IntervalSet, outer: IntervalSet): boolean {
  return inner.every(({ start, end }) => gaps(outer, start, end).length === 0);
}
