import { parseCustomHeaders } from '../core/http/custom-headers.ts';
import type { HeaderList } from '../core/http/fields.ts';
import type { IBackgroundCopyCallback } from '../core/interfaces/job.ts';
import { countFiles, type JobFile } from '../core/job/file.ts';
import { allTransferred, type FileCounters, type Job, type Trouble } from '../core/job/job.ts';
import { isFinal } from '../core/job/step.ts';
import type { JobStore, OutboxRow } from '../ports/job-store.ts';
import type { DownloadMemory } from './download/download-memory.ts';
import type { JobRun } from './job-run.ts';
import type { NotificationQueue } from '../notify/notification-queue.ts';
import { Serial } from './serial.ts';
import { noAttempts, type FileAttempts } from './transfer/transfer-context.ts';

/** What earlier attempts on a job's files have taught. */
interface Lessons {
  readonly attempts: Map<number, FileAttempts>;
  /** Files whose last attempt contradicted what is recorded. */
  readonly contradicted: Set<number>;
}

/** All that memory knows of a job that only waits: a hundred thousand of them take little room. */
export interface RestingJob {
  readonly trouble: Trouble;
  readonly lessons: Lessons | undefined;
}

/**
 * A job in memory: its stored value, and what lives only as long as this process. There is at most
 * one for each job, so whoever holds it sees the same.
 */
export class LiveJob {
  readonly id: string;
  readonly #store: JobStore;
  #files: JobFile[] | undefined;
  #fileIds: Set<string> | undefined;
  #firstUndone = 0;
  readonly #renamed = new Set<number>();
  #customHeaders: HeaderList | undefined;
  #lessons: Lessons | undefined;
  job: Job;
  /** The transfer that holds the job's slot. */
  run: JobRun | undefined;
  /** An earlier transfer whose last writes are still under way. */
  stopping: Promise<void> | undefined;
  /** `complete` or `cancel` is at work on the job's files: it must not be started. */
  busy = false;
  /** The deletion of a final job's partial files: whether nothing was left. */
  discarding: Promise<boolean> | undefined;
  /** A step was taken that the store does not have: reading the job again would undo it. */
  ahead = false;
  /** The callback registered in this process, and what it is still to be told. */
  callback: IBackgroundCopyCallback | undefined;
  notifications: NotificationQueue | undefined;
  /** A final event that the store could not take; told from here, and lost with the process. */
  unstoredFinal: OutboxRow['event'] | undefined;
  /** What a download of the IDO family keeps in this process; undefined for a job. */
  download: DownloadMemory | undefined;
  /** Calls that change the job run one after the other. */
  readonly serial: Serial = new Serial();
  /** Resolves once the calls under way have their answers; undefined when none is. */
  answered: Promise<void> | undefined;

  /** @param resting - what was kept of the job when it was last let go of */
  constructor(job: Job, store: JobStore, resting?: RestingJob) {
    this.id = job.id;
    this.job = resting === undefined ? job : { ...job, trouble: resting.trouble };
    this.#lessons = resting?.lessons;
    this.#store = store;
  }

  /** All files by index; read from the store when first needed. */
  get files(): readonly JobFile[] {
    if (this.#files === undefined) {
      this.#files = [...this.#store.loadFiles(this.id)];
      // A job's counters are stored with its every step, a file only with its checkpoints: a crash
      // takes the file back further than the counters.
      this.job = { ...this.job, files: countFiles(this.#files) };
    }
    return this.#files;
  }

  /** What the files add up to; counted anew where a crash may have come between them and the job. */
  get counters(): FileCounters {
    const { files } = this.job;
    if (files.bytesTransferred > 0 && !allTransferred(files)) void this.files;
    return this.job.files;
  }

  setFile(file: JobFile): void {
    void this.files;
    this.#files![file.index] = file;
    this.#fileIds?.add(file.fileId);
    // A URL that Resume has not made last yet is known here alone.
    if (file.pendingRemoteName === undefined) this.#renamed.delete(file.index);
    else this.#renamed.add(file.index);
    if (!file.done) this.#firstUndone = Math.min(this.#firstUndone, file.index);
  }

  /** Whether a file of the job has this fileId. */
  hasFileId(fileId: string): boolean {
    this.#fileIds ??= new Set(this.files.map((file) => file.fileId));
    return this.#fileIds.has(fileId);
  }

  /** The first file that is not done, of those from `from` on: files of a job begin in their order. */
  nextFile(from = 0): JobFile | undefined {
    const { files } = this;
    while (files[this.#firstUndone]?.done === true) this.#firstUndone += 1;
    let index = Math.max(from, this.#firstUndone);
    while (files[index]?.done === true) index += 1;
    return files[index];
  }

  attempts(index: number): FileAttempts {
    const { attempts } = this.#learned();
    const known = attempts.get(index);
    if (known !== undefined) return known;
    const fresh = noAttempts();
    attempts.set(index, fresh);
    return fresh;
  }

  /**
   * The file's last attempt ended in answers that contradict what is recorded, and is resumed. At
   * the second time the record itself is doubted: a size that was believed once, wrongly, would
   * end every further attempt alike.
   */
  noteContradiction(index: number | undefined): void {
    if (index === undefined) return;
    const { contradicted } = this.#learned();
    if (contradicted.delete(index)) this.attempts(index).distrusted = true;
    else contradicted.add(index);
  }

  /** What earlier attempts taught is void: the file is done, or its caller starts afresh. */
  forgetAttempts(index?: number): void {
    if (index === undefined) this.#lessons?.attempts.clear();
    else this.#lessons?.attempts.delete(index);
  }

  get customHeaders(): HeaderList {
    this.#customHeaders ??= parseCustomHeaders(this.#store.loadCustomHeaders(this.id) ?? '');
    return this.#customHeaders;
  }

  customHeadersChanged(): void {
    this.#customHeaders = undefined;
  }

  /** Whether something is at work, or known, that cannot be kept as a {@link RestingJob}. */
  isAlive(): boolean {
    return (
      this.run !== undefined ||
      this.stopping !== undefined ||
      this.busy ||
      this.ahead ||
      this.notifications !== undefined ||
      this.#renamed.size > 0 ||
      (this.download?.holdsSomething() === true && !isFinal(this.job.state))
    );
  }

  /** What has to be kept of it when only the store remembers the rest. */
  resting(): RestingJob | undefined {
    const { trouble, state } = this.job;
    if (trouble === undefined || isFinal(state)) return undefined;
    return { trouble, lessons: this.#lessons };
  }

  #learned(): Lessons {
    this.#lessons ??= { attempts: new Map(), contradicted: new Set() };
    return this.#lessons;
  }
}
