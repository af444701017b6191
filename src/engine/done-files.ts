import { DeliveryOptimizationError, messageOf } from '../core/errors.ts';
import { recount, type JobFile } from '../core/job/file.ts';
import { isFinal } from '../core/job/step.ts';
import type { JobEvent } from '../core/job/events.ts';
import type { Clock } from '../ports/clock.ts';
import type { LiveJob } from './live-job.ts';

/** A commit may take this share of the time: after one of 0.5 ms the next waits 4 ms. */
const REST_PER_COMMIT = 8;

/** Longest wait of a finished file for others to be stored with, in milliseconds. */
const MAX_REST_MS = 100;

/** An event of a job, and the files that change with it. */
export interface Happening {
  readonly live: LiveJob;
  readonly event: JobEvent;
  readonly files: readonly JobFile[];
}

/**
 * Applies events, one of each job, stored in one transaction. Returns for each what kept it from
 * being stored.
 */
export type HappenTogether = (happenings: readonly Happening[]) => readonly unknown[];

interface Waiting {
  readonly index: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes files done whose bytes are here, flushed and checked. A thousand files a second would each
 * be a flushed commit, so those that are finished while the store rests are stored together, over
 * all jobs: one transaction, and in it one step of each job. The rest follows the time the last
 * commit took. A single file is stored at once.
 */
export class DoneFiles {
  readonly #clock: Clock;
  readonly #happenTogether: HappenTogether;
  #waiting = new Map<LiveJob, Waiting[]>();
  #armed = false;
  #restUntilMs = -Infinity;

  constructor(clock: Clock, happenTogether: HappenTogether) {
    this.#clock = clock;
    this.#happenTogether = happenTogether;
  }

  /** Resolves once the file is stored as done; rejects with a fatal failure when it cannot be. */
  add(live: LiveJob, index: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(live) ?? [];
    waiting.push({ index, resolve, reject });
    this.#waiting.set(live, waiting);
    this.#arm();
    return promise;
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    const restMs = this.#restUntilMs - this.#clock.nowMs();
    if (restMs <= 0) queueMicrotask(() => this.#storeAll());
    else this.#clock.after(restMs, () => this.#storeAll());
  }

  #storeAll(): void {
    this.#armed = false;
    const batch = [...this.#waiting];
    this.#waiting = new Map();
    const startedMs = this.#clock.nowMs();
    const errors = this.#happenTogether(batch.map(([live, files]) => happening(live, files)));
    const tookMs = this.#clock.nowMs() - startedMs;
    this.#restUntilMs = startedMs + tookMs + Math.min(MAX_REST_MS, REST_PER_COMMIT * tookMs);
    for (const [position, [, files]] of batch.entries()) {
      const error = errors[position];
      for (const { resolve, reject } of files) {
        if (error === undefined) resolve();
        else reject(notStored(error));
      }
    }
  }
}

function happening(live: LiveJob, waiting: readonly Waiting[]): Happening {
  // A cancelled job's files are about to be deleted.
  const indexes = isFinal(live.job.state) ? [] : waiting.map(({ index }) => index);
  const done = indexes.map((index): JobFile => ({ ...live.files[index]!, done: true }));
  let files = live.job.files;
  for (const file of done) files = recount(files, live.files[file.index], file);
  return { live, event: { event: 'filesDone', fileIndexes: indexes, files }, files: done };
}

/**
 * What could not be stored did not happen: the job stops with the store's error, and the files are
 * checked again when it goes on.
 */
function notStored(cause: unknown): DeliveryOptimizationError {
  const code = cause instanceof DeliveryOptimizationError ? cause.code : 'E_UNEXPECTED';
  return new DeliveryOptimizationError(code, messageOf(cause), { failureClass: 'fatal', cause });
}
