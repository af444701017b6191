import { BG_JOB_PRIORITY, BG_JOB_STATE } from '../../src/core/constants.ts';
import { unexpected } from '../../src/core/errors.ts';
import type { JobFile } from '../../src/core/job/file.ts';
import type { Job } from '../../src/core/job/job.ts';
import type { IntervalSet } from '../../src/core/piece/interval-set.ts';
import { checkName, checkPageLimit } from '../../src/io/sqlite/checks.ts';
import type {
  FileCheckpoint,
  JobFilter,
  JobQuery,
  JobStore,
  OutboxRow,
  StoreChange,
  UnreadableRecord,
} from '../../src/ports/job-store.ts';
import {
  MemoryEventLog,
  MemoryNoteStore,
  MemoryRequestLedger,
  MemoryTrafficLedger,
} from './memory-ledgers.ts';
import {
  compareTexts,
  EMPTY_CONTENT,
  requestKey,
  without,
  type Content,
  type StoredJob,
} from './memory-store-content.ts';

/**
 * What outlives a {@link MemoryJobStore}, as the disk outlives a process. The content is a value, so
 * keeping `content` and putting it back takes a simulation to any earlier moment for free.
 */
export class MemoryJobStoreDisk {
  content: Content = EMPTY_CONTENT;
}

/** Jobs on a disk of memory: passes the same conformance suite as the real adapter. */
export class MemoryJobStore implements JobStore {
  readonly #disk: MemoryJobStoreDisk;
  readonly #bootId: string | undefined;
  readonly events: MemoryEventLog;
  readonly notes: MemoryNoteStore;
  readonly requests: MemoryRequestLedger;
  readonly traffic: MemoryTrafficLedger;
  #open = true;

  /** @param bootId - another one than before stands for a power cut in between */
  constructor(disk: MemoryJobStoreDisk = new MemoryJobStoreDisk(), bootId?: string) {
    this.#disk = disk;
    this.#bootId = bootId;
    this.events = new MemoryEventLog(this);
    this.notes = new MemoryNoteStore(this);
    this.requests = new MemoryRequestLedger(this);
    this.traffic = new MemoryTrafficLedger(this);
    const { content } = this;
    if (content.bootId !== undefined && (bootId === undefined || content.bootId !== bootId)) {
      const skipped = 1_000_000;
      const { lastEvent, lastSequence } = content;
      this.#disk.content = {
        ...content,
        lastEvent: lastEvent + skipped,
        lastSequence: lastSequence + skipped,
      };
    }
    this.#disk.content = { ...this.content, bootId: bootId ?? '' };
  }

  get maxQueueOrder(): number {
    return this.content.maxQueueOrder;
  }

  unreadable(): readonly UnreadableRecord[] {
    return [];
  }

  loadJob(id: string): Job | undefined {
    return this.content.jobs.get(id)?.job;
  }

  loadFiles(jobId: string): readonly JobFile[] {
    const files = [...(this.content.jobs.get(jobId)?.files.values() ?? [])];
    return files
      .map(({ file, bootId }) =>
        bootId !== undefined && bootId === this.#bootId ? file : { ...file, written: file.flushed },
      )
      .toSorted((a, b) => a.index - b.index);
  }

  list({ includeFinal }: { readonly includeFinal: boolean }): readonly Job[] {
    return this.#jobs((job) => includeFinal || !isFinal(job));
  }

  page({ afterId, limit, first = 'oldest', ...filter }: JobQuery): readonly Job[] {
    checkPageLimit(limit);
    const all = this.#jobs(() => true);
    const from = afterId === undefined ? 0 : endOf(all, afterId);
    if (first === 'oldest') return all.slice(from).filter(passes(filter)).slice(0, limit);
    const until = afterId === undefined ? all.length : beginOf(all, afterId);
    return all.slice(0, until).toReversed().filter(passes(filter)).slice(0, limit);
  }

  pageOfIds(query: JobQuery): readonly string[] {
    return this.page(query).map(({ id }) => id);
  }

  count(filter: JobFilter): number {
    return this.#jobs(passes(filter)).length;
  }

  countByState(owner?: string): ReadonlyMap<BG_JOB_STATE, number> {
    const counts = new Map<BG_JOB_STATE, number>();
    for (const { state } of this.#jobs((job) => owner === undefined || job.owner === owner)) {
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return counts;
  }

  queued(foreground: boolean, limit: number): readonly string[] {
    return this.#queue(foreground)
      .slice(0, Math.max(0, limit))
      .map(({ id }) => id);
  }

  queueBounds(foreground: boolean): ReturnType<JobStore['queueBounds']> {
    const queue = this.#queue(foreground);
    const [first] = queue;
    const last = queue.at(-1);
    if (first === undefined || last === undefined) return undefined;
    return { first: first.queueOrder, last: last.queueOrder };
  }

  queueNeighbours(foreground: boolean, order: number): ReturnType<JobStore['queueNeighbours']> {
    const queue = this.#queue(foreground);
    return {
      before: queue.findLast(({ queueOrder }) => queueOrder < order)?.queueOrder,
      after: queue.find(({ queueOrder }) => queueOrder > order)?.queueOrder,
    };
  }

  createdBefore(wallMs: number): readonly string[] {
    return this.#jobs((job) => !isFinal(job) && job.createdAtMs < wallMs)
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
      .map(({ id }) => id);
  }

  outboxOf(jobId: string): readonly OutboxRow[] {
    return this.content.outbox.filter((row) => row.jobId === jobId);
  }

  acknowledge(sequence: number): void {
    const { outbox, ...rest } = this.content;
    this.#disk.content = { ...rest, outbox: outbox.filter((row) => row.sequence !== sequence) };
  }

  commit(change: StoreChange): void {
    const { job, files = [], outbox = [], clearOutboxOf, events = [], answers } = change;
    const { customHeaders } = change;
    // Everything is worked out on values first, and takes effect with the one assignment at the end.
    const { content } = this;
    const jobs = new Map(content.jobs);
    if (job !== undefined) jobs.set(job.id, withJob(jobs.get(job.id), job));
    for (const file of files) {
      const owner = known(jobs, file.jobId);
      const stored = { file: storedFile(file), bootId: this.#bootId };
      jobs.set(file.jobId, { ...owner, files: new Map(owner.files).set(file.index, stored) });
    }
    if (customHeaders !== undefined) {
      const { jobId, headers } = customHeaders;
      jobs.set(jobId, { ...known(jobs, jobId), headers });
    }
    const rows = content.outbox.filter((row) => row.jobId !== clearOutboxOf);
    let { lastSequence } = content;
    for (const { jobId, event } of outbox) {
      known(jobs, jobId);
      rows.push({ sequence: ++lastSequence, jobId, event });
    }
    const maxQueueOrder = Math.max(content.maxQueueOrder, job?.queueOrder ?? 0);
    const requests = new Map(content.requests);
    if (answers !== undefined) {
      const { owner, key, ...request } = answers;
      requests.set(requestKey(owner, key), request);
    }
    let { lastEvent } = content;
    const told = events.map((event) => ({ ...event, sequence: ++lastEvent }));
    this.#disk.content = {
      ...content,
      jobs,
      outbox: rows,
      lastSequence,
      maxQueueOrder,
      events: told.length === 0 ? content.events : [...content.events, ...told],
      lastEvent,
      requests,
    };
  }

  flushed(): Promise<void> {
    return Promise.resolve();
  }

  together(work: () => void): void {
    const before = this.content;
    try {
      work();
    } catch (error) {
      this.#disk.content = before;
      throw error;
    }
  }

  checkpoint({ job, file, durability }: FileCheckpoint): void {
    const stored = known(this.content.jobs, file.jobId);
    const before = stored.files.get(file.index)?.file;
    if (before === undefined) throw unexpected(`Job ${file.jobId} has no file ${file.index}.`);
    const flushed = durability !== 'written' ? file.flushed : before.flushed;
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
    const stored = this.content.jobs.get(jobId);
    if (stored !== undefined) this.#replace(jobId, { ...stored, discarded });
  }

  purgeFinal(wallMs: number, atMost: number = Number.POSITIVE_INFINITY): number {
    const purged = this.#historyOf(true)
      .filter(({ modifiedAtMs }) => modifiedAtMs < wallMs)
      .slice(0, atMost);
    this.#forget(purged.map(({ id }) => id));
    return purged.length;
  }

  deleteFinal(jobId: string): void {
    const stored = this.content.jobs.get(jobId);
    if (stored !== undefined && isFinal(stored.job)) this.#forget([jobId]);
  }

  loadCustomHeaders(jobId: string): string | undefined {
    return this.content.jobs.get(jobId)?.headers;
  }

  saveCustomHeaders(jobId: string, headers: string | undefined): void {
    this.#replace(jobId, { ...known(this.content.jobs, jobId), headers });
  }

  loadSecret(jobId: string, name: string): string | undefined {
    return this.content.jobs.get(jobId)?.secrets.get(name);
  }

  saveSecret(jobId: string, name: string, secret: string | undefined): void {
    checkName('secret', name);
    const stored = known(this.content.jobs, jobId);
    const secrets =
      secret === undefined
        ? without(stored.secrets, name)
        : new Map(stored.secrets).set(name, secret);
    this.#replace(jobId, { ...stored, secrets });
  }

  [Symbol.dispose](): void {
    this.#open = false;
  }

  /** For the parts of the store. */
  get content(): Content {
    if (!this.#open) throw unexpected('The job store is closed.');
    return this.#disk.content;
  }

  set content(content: Content) {
    this.#disk.content = content;
  }

  #queue(foreground: boolean): readonly Job[] {
    const { FOREGROUND } = BG_JOB_PRIORITY;
    return this.#jobs(({ state }) => state === BG_JOB_STATE.QUEUED)
      .filter(({ priority }) => (priority === FOREGROUND) === foreground)
      .toSorted((a, b) => a.queueOrder - b.queueOrder);
  }

  #jobs(matches: (job: Job) => boolean): Job[] {
    return [...this.content.jobs.values()].map(({ job }) => job).filter(matches);
  }

  #historyOf(discarded: boolean): Job[] {
    return [...this.content.jobs.values()]
      .filter((stored) => isFinal(stored.job) && stored.discarded === discarded)
      .map(({ job }) => job)
      .toSorted((a, b) => a.modifiedAtMs - b.modifiedAtMs);
  }

  #forget(ids: readonly string[]): void {
    const gone = new Set(ids);
    const { jobs, outbox, ...rest } = this.content;
    this.#disk.content = {
      ...rest,
      jobs: new Map([...jobs].filter(([id]) => !gone.has(id))),
      outbox: outbox.filter(({ jobId }) => !gone.has(jobId)),
    };
  }

  #replace(jobId: string, stored: StoredJob): void {
    const { content } = this;
    this.#disk.content = { ...content, jobs: new Map(content.jobs).set(jobId, stored) };
  }
}

function known(jobs: ReadonlyMap<string, StoredJob>, jobId: string): StoredJob {
  const stored = jobs.get(jobId);
  if (stored === undefined) throw unexpected(`There is no job ${jobId} in the store.`);
  return stored;
}

/** Where in the list a page begins that goes on after `id`: behind it, or where it would be. */
function endOf(jobs: readonly Job[], id: string): number {
  const index = jobs.findIndex((job) => job.id === id);
  if (index !== -1) return index + 1;
  const [before] = jobs
    .filter((job) => compareTexts(job.id, id) < 0)
    .toSorted((a, b) => compareTexts(b.id, a.id));
  return before === undefined ? 0 : jobs.indexOf(before) + 1;
}

/** Where the jobs from the given one on begin, in order of creation; one that is gone as if it were there. */
function beginOf(jobs: readonly Job[], id: string): number {
  const index = jobs.findIndex((job) => job.id === id);
  if (index !== -1) return index;
  const [after] = jobs
    .filter((job) => compareTexts(job.id, id) > 0)
    .toSorted((a, b) => compareTexts(a.id, b.id));
  return after === undefined ? jobs.length : jobs.indexOf(after);
}

function passes({ owner, states, includeFinal, family }: JobFilter): (job: Job) => boolean {
  return (job) =>
    (includeFinal || !isFinal(job)) &&
    (owner === undefined || job.owner === owner) &&
    (states === undefined || states.includes(job.state)) &&
    (family === 'both' || (job.download !== undefined) === (family === 'download'));
}

/** The stored job with `trouble` left out; one that becomes final starts as not discarded. */
function withJob(before: StoredJob | undefined, job: Job): StoredJob {
  const next = { ...job, trouble: undefined };
  if (before === undefined) {
    const nothing = { files: new Map(), headers: undefined, secrets: new Map() };
    return { ...nothing, job: next, discarded: false };
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
