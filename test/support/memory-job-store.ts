import { BG_JOB_PRIORITY, BG_JOB_STATE } from '../../src/core/constants.ts';
import { unexpected } from '../../src/core/errors.ts';
import type { JobFile } from '../../src/core/job/file.ts';
import type { Job } from '../../src/core/job/job.ts';
import type { IntervalSet } from '../../src/core/piece/interval-set.ts';
import type {
  FileCheckpoint,
  JobStore,
  OutboxRow,
  StoreChange,
  UnreadableRecord,
} from '../../src/ports/job-store.ts';

interface StoredFile {
  readonly file: JobFile;
  /** What the file's `written` set is worth: nothing under another boot id. */
  readonly bootId: string | undefined;
}

interface StoredJob {
  readonly job: Job;
  readonly files: ReadonlyMap<number, StoredFile>;
  readonly discarded: boolean;
  readonly headers: string | undefined;
}

interface Content {
  /** In order of creation. */
  readonly jobs: ReadonlyMap<string, StoredJob>;
  readonly outbox: readonly OutboxRow[];
  readonly lastSequence: number;
  readonly maxQueueOrder: number;
}

/**
 * What outlives a {@link MemoryJobStore}, as the disk outlives a process. The content is a value, so
 * keeping `content` and putting it back takes a simulation to any earlier moment for free.
 */
export class MemoryJobStoreDisk {
  content: Content = { jobs: new Map(), outbox: [], lastSequence: 0, maxQueueOrder: 0 };
}

/** Jobs on a disk of memory: passes the same conformance suite as the real adapter. */
export class MemoryJobStore implements JobStore {
  readonly #disk: MemoryJobStoreDisk;
  readonly #bootId: string | undefined;
  #open = true;

  /** @param bootId - another one than before stands for a power cut in between */
  constructor(disk: MemoryJobStoreDisk = new MemoryJobStoreDisk(), bootId?: string) {
    this.#disk = disk;
    this.#bootId = bootId;
  }

  get maxQueueOrder(): number {
    return this.#content.maxQueueOrder;
  }

  unreadable(): readonly UnreadableRecord[] {
    return [];
  }

  loadJob(id: string): Job | undefined {
    return this.#content.jobs.get(id)?.job;
  }

  loadFiles(jobId: string): readonly JobFile[] {
    const files = [...(this.#content.jobs.get(jobId)?.files.values() ?? [])];
    return files
      .map(({ file, bootId }) =>
        bootId !== undefined && bootId === this.#bootId ? file : { ...file, written: file.flushed },
      )
      .toSorted((a, b) => a.index - b.index);
  }

  list({ includeFinal }: { readonly includeFinal: boolean }): readonly Job[] {
    return this.#jobs((job) => includeFinal || !isFinal(job));
  }

  queued(foreground: boolean, limit: number): readonly string[] {
    const { FOREGROUND } = BG_JOB_PRIORITY;
    return this.#jobs(({ state }) => state === BG_JOB_STATE.QUEUED)
      .filter(({ priority }) => (priority === FOREGROUND) === foreground)
      .toSorted((a, b) => a.queueOrder - b.queueOrder)
      .slice(0, Math.max(0, limit))
      .map(({ id }) => id);
  }

  interrupted(includeQueued: boolean): readonly string[] {
    const { QUEUED, CONNECTING, TRANSFERRING, TRANSIENT_ERROR } = BG_JOB_STATE;
    const states: number[] = [CONNECTING, TRANSFERRING, TRANSIENT_ERROR];
    if (includeQueued) states.push(QUEUED);
    return this.#jobs(({ state }) => states.includes(state)).map(({ id }) => id);
  }

  createdBefore(wallMs: number): readonly string[] {
    return this.#jobs((job) => !isFinal(job) && job.createdAtMs < wallMs)
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
      .map(({ id }) => id);
  }

  outboxOf(jobId: string): readonly OutboxRow[] {
    return this.#content.outbox.filter((row) => row.jobId === jobId);
  }

  acknowledge(sequence: number): void {
    const { outbox, ...rest } = this.#content;
    this.#disk.content = { ...rest, outbox: outbox.filter((row) => row.sequence !== sequence) };
  }

  commit({ job, files = [], outbox = [], clearOutboxOf }: StoreChange): void {
    // Everything is worked out on values first, and takes effect with the one assignment at the end.
    const content = this.#content;
    const jobs = new Map(content.jobs);
    if (job !== undefined) jobs.set(job.id, withJob(jobs.get(job.id), job));
    for (const file of files) {
      const owner = known(jobs, file.jobId);
      const stored = { file: storedFile(file), bootId: this.#bootId };
      jobs.set(file.jobId, { ...owner, files: new Map(owner.files).set(file.index, stored) });
    }
    const rows = content.outbox.filter((row) => row.jobId !== clearOutboxOf);
    let { lastSequence } = content;
    for (const { jobId, event } of outbox) {
      known(jobs, jobId);
      rows.push({ sequence: ++lastSequence, jobId, event });
    }
    const maxQueueOrder = Math.max(content.maxQueueOrder, job?.queueOrder ?? 0);
    this.#disk.content = { jobs, outbox: rows, lastSequence, maxQueueOrder };
  }

  checkpoint({ job, file, durability }: FileCheckpoint): void {
    const stored = known(this.#content.jobs, file.jobId);
    const before = stored.files.get(file.index)?.file;
    if (before === undefined) throw unexpected(`Job ${file.jobId} has no file ${file.index}.`);
    const flushed = durability === 'flushed' ? file.flushed : before.flushed;
    const renewed = { file: renewedFile(before, file, flushed), bootId: this.#bootId };
    this.#replace(file.jobId, {
      ...stored,
      job: { ...stored.job, modifiedAtMs: job.modifiedAtMs, files: job.files },
      files: new Map(stored.files).set(file.index, renewed),
    });
  }

  undiscarded(): readonly string[] {
    return this.#historyOf(false).map(({ id }) => id);
  }

  setDiscarded(jobId: string, discarded: boolean): void {
    const stored = this.#content.jobs.get(jobId);
    if (stored !== undefined) this.#replace(jobId, { ...stored, discarded });
  }

  purgeFinal(wallMs: number): number {
    const purged = this.#historyOf(true).filter(({ modifiedAtMs }) => modifiedAtMs < wallMs);
    const gone = new Set(purged.map(({ id }) => id));
    const { jobs, outbox, ...rest } = this.#content;
    this.#disk.content = {
      ...rest,
      jobs: new Map([...jobs].filter(([id]) => !gone.has(id))),
      outbox: outbox.filter(({ jobId }) => !gone.has(jobId)),
    };
    return purged.length;
  }

  loadCustomHeaders(jobId: string): string | undefined {
    return this.#content.jobs.get(jobId)?.headers;
  }

  saveCustomHeaders(jobId: string, headers: string | undefined): void {
    this.#replace(jobId, { ...known(this.#content.jobs, jobId), headers });
  }

  [Symbol.dispose](): void {
    this.#open = false;
  }

  get #content(): Content {
    if (!this.#open) throw unexpected('The job store is closed.');
    return this.#disk.content;
  }

  #jobs(matches: (job: Job) => boolean): Job[] {
    return [...this.#content.jobs.values()].map(({ job }) => job).filter(matches);
  }

  #historyOf(discarded: boolean): Job[] {
    return [...this.#content.jobs.values()]
      .filter((stored) => isFinal(stored.job) && stored.discarded === discarded)
      .map(({ job }) => job)
      .toSorted((a, b) => a.modifiedAtMs - b.modifiedAtMs);
  }

  #replace(jobId: string, stored: StoredJob): void {
    const content = this.#content;
    this.#disk.content = { ...content, jobs: new Map(content.jobs).set(jobId, stored) };
  }
}

function known(jobs: ReadonlyMap<string, StoredJob>, jobId: string): StoredJob {
  const stored = jobs.get(jobId);
  if (stored === undefined) throw unexpected(`There is no job ${jobId} in the store.`);
  return stored;
}

/** The stored job with `trouble` left out; one that becomes final starts as not discarded. */
function withJob(before: StoredJob | undefined, job: Job): StoredJob {
  const next = { ...job, trouble: undefined };
  if (before === undefined) {
    return { job: next, files: new Map(), discarded: false, headers: undefined };
  }
  return { ...before, job: next, discarded: isFinal(before.job) && before.discarded };
}

function storedFile({ pendingRemoteName: _lost, ...file }: JobFile): JobFile {
  return file;
}

function renewedFile(before: JobFile, progress: JobFile, flushed: IntervalSet): JobFile {
  const { representation: _representation, sizeBytes: _size, ...rest } = before;
  const { representation, sizeBytes, written, statistics } = progress;
  return {
    ...rest,
    ...(representation !== undefined && { representation }),
    ...(sizeBytes !== undefined && { sizeBytes }),
    flushed,
    written,
    statistics,
  };
}

function isFinal({ state }: Job): boolean {
  return state === BG_JOB_STATE.ACKNOWLEDGED || state === BG_JOB_STATE.CANCELLED;
}
