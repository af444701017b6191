import {
  FLUSH_AFTER_BYTES,
  FLUSH_AFTER_MS,
  RECORD_AFTER_BYTES,
  RECORD_AFTER_MS,
  RECORD_PAUSE_MS,
} from '../../core/limits.ts';
import { setSize, type IntervalSet } from '../../core/piece/interval-set.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PartialFile } from '../../ports/partial-files.ts';

/** What the recorder reads and writes of the transfer it serves. */
export interface RecordedFile {
  /** Bytes handed to the operating system so far. */
  written(): IntervalSet;
  /** Stores the bytes written, to be believed after a crash of this process. */
  record(): void;
  /** Takes on, in memory, that these bytes survive a power cut. */
  flushed(flushed: IntervalSet): void;
  /** Stores what survives a power cut. */
  recordFlushed(): void;
}

/**
 * Keeps the store's word on a file close behind the file itself, and never ahead of it: a set is
 * stored as flushed only when a flush that began after its last write has returned
 * (docs/on-disk.md).
 */
export class Recorder {
  readonly #part: PartialFile;
  readonly #file: RecordedFile;
  readonly #clock: Clock;
  #unrecordedBytes = 0;
  #unflushedBytes = 0;
  #flushing: Promise<void> | undefined;
  #failure: unknown;
  #cancelTimer: (() => void) | undefined;
  #lastFlushMs: number;
  #lastRecordMs = -Infinity;

  /** @param unflushedBytes - written by an earlier process and never flushed by it */
  constructor(part: PartialFile, file: RecordedFile, clock: Clock, unflushedBytes: number) {
    this.#part = part;
    this.#file = file;
    this.#clock = clock;
    this.#unflushedBytes = unflushedBytes;
    this.#lastFlushMs = clock.nowMs();
    this.#arm();
  }

  /** Throws what an earlier flush failed with: bytes that cannot be flushed are not here. */
  wrote(bytes: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#unrecordedBytes += bytes;
    this.#unflushedBytes += bytes;
    const rested = this.#clock.nowMs() - this.#lastRecordMs >= RECORD_PAUSE_MS;
    if (this.#unrecordedBytes >= RECORD_AFTER_BYTES && rested) this.#record();
    if (this.#unflushedBytes >= FLUSH_AFTER_BYTES) this.#startFlush();
  }

  /** The file is about to be emptied: nothing that was written so far is to be recorded any more. */
  async restart(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    this.#unrecordedBytes = 0;
    this.#unflushedBytes = 0;
  }

  /**
   * Flushes and records everything written; afterwards nothing more is recorded.
   *
   * @param whole - every byte of the file is here, and the step that makes it done follows: a small
   *   file is recorded by that step alone
   */
  async close(whole: boolean): Promise<void> {
    this.#cancelTimer?.();
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#failure !== undefined) throw this.#failure;
    const unrecorded = whole && setSize(this.#file.written()) <= RECORD_AFTER_BYTES;
    if (this.#unflushedBytes > 0) await this.#flush(!unrecorded);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #arm(): void {
    this.#cancelTimer = this.#clock.after(RECORD_AFTER_MS, () => {
      if (this.#unrecordedBytes > 0) this.#record();
      const due = this.#clock.nowMs() - this.#lastFlushMs >= FLUSH_AFTER_MS;
      if (this.#unflushedBytes > 0 && due) this.#startFlush();
      this.#arm();
    });
  }

  #record(): void {
    this.#unrecordedBytes = 0;
    this.#lastRecordMs = this.#clock.nowMs();
    try {
      this.#file.record();
    } catch (error) {
      // Called from a timer too, where nobody could catch it: the next write reports it.
      this.#failure = error;
    }
  }

  #startFlush(): void {
    this.#flushing ??= this.#flush(true).finally(() => {
      this.#flushing = undefined;
    });
  }

  async #flush(record: boolean): Promise<void> {
    const covered = this.#file.written();
    const bytes = this.#unflushedBytes;
    try {
      await this.#part.flush();
      this.#unflushedBytes -= bytes;
      this.#unrecordedBytes = 0;
      this.#lastFlushMs = this.#clock.nowMs();
      this.#file.flushed(covered);
      if (record) this.#file.recordFlushed();
    } catch (error) {
      this.#failure = error;
    }
  }
}
