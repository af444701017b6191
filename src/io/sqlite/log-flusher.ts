import { closeSync, fdatasync, openSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';

import { messageOf } from '../../core/errors.ts';
import { storeError } from './sqlite-errors.ts';

/** Commits that nobody waits for are flushed after this long, in milliseconds. */
const UNASKED_FLUSH_MS = 100;

/** What a {@link LogFlusher} flushes, and who hears of it. */
export interface FlushedLog {
  /** SQLite's write-ahead log, which stays one file as long as the database is open. */
  readonly path: string;
  /** Moves what the log holds into the database, which is flushed, and cuts the log. */
  readonly empty: () => void;
  readonly warn: (message: string) => void;
  /** For tests: `fdatasync` otherwise. */
  readonly flush?: (descriptor: number) => Promise<void>;
}

const flushDescriptor: (descriptor: number) => Promise<void> = promisify(fdatasync);

/**
 * Flushes SQLite's log outside of the main thread, once for all commits that came before and for all
 * who wait. The log is one file with chained checksums, so whatever was appended before a flush began
 * survives a power cut when it has returned, exactly as if SQLite had flushed it.
 */
export class LogFlusher implements Disposable {
  readonly #log: FlushedLog;
  readonly #descriptor: number;
  /** Something was committed since the last flush began. */
  #dirty = false;
  /** A flush has failed: what it was to cover may be lost, whatever the next one says. */
  #doubtful = false;
  #running: Promise<void> | undefined;
  /** The flush that is to begin after the one that runs, or at the end of this turn. */
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(log: FlushedLog) {
    this.#log = log;
    // Windows flushes no file that is open for reading alone.
    this.#descriptor = openSync(log.path, 'r+');
    // A process that was killed has left commits that nobody has flushed.
    this.committed();
  }

  /** Something was appended to the log. It is flushed soon, also when nobody asks. */
  committed(): void {
    this.#dirty = true;
    this.#timer ??= setTimeout(() => {
      this.flushed().catch((error: unknown) => this.#log.warn(messageOf(error)));
    }, UNASKED_FLUSH_MS).unref();
  }

  /** Resolves once everything committed so far survives a power cut. Rejects when the disk fails. */
  flushed(): Promise<void> {
    if (!this.#dirty) return this.#running ?? Promise.resolve();
    // The flush under way may have begun before the last commit.
    this.#next ??= this.#nextFlush();
    return this.#next;
  }

  /** To be called once the log is empty. A flush under way keeps the file open until it ends. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#dirty = false;
    clearTimeout(this.#timer);
    const close = (): void => closeSync(this.#descriptor);
    if (this.#running === undefined) close();
    else void this.#running.then(close, close);
  }

  async #nextFlush(): Promise<void> {
    if (this.#running === undefined) {
      // Whoever commits in this turn of the loop has a part in the flush.
      await setImmediate();
    } else {
      await this.#running.catch(() => {
        // Those who waited for it have been told.
      });
    }
    this.#next = undefined;
    if (this.#dirty) await this.#start();
  }

  #start(): Promise<void> {
    this.#dirty = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = this.#flush().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #flush(): Promise<void> {
    const { flush = flushDescriptor, empty } = this.#log;
    try {
      if (this.#doubtful) empty();
      await flush(this.#descriptor);
      this.#doubtful = false;
    } catch (error) {
      if (this.#disposed) return;
      if (!this.#doubtful) {
        // The system tells of pages it could not write once, and then takes them for written. The
        // process still reads them right, so they go to the disk by way of the database.
        this.#doubtful = true;
        return this.#flush();
      }
      this.#dirty = true;
      throw storeError(error, 'flush its log');
    }
  }
}
