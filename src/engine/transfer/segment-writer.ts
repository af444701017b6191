import { MAX_UNWRITTEN_BYTES } from '../../core/limits.ts';
import type { PartWriter } from '../../ports/partial-files.ts';

/**
 * Writes what one connection receives, in order and at its place. While a write is under way the
 * next chunks gather, so the size of the writes follows the speed of the disk, and the connection
 * waits once too much has gathered.
 */
export class SegmentWriter {
  readonly #part: PartWriter;
  readonly #onWritten: (start: number, end: number) => void;
  /** Where the next gathered byte goes. */
  #position: number;
  #gathered: Uint8Array[] = [];
  /** Called once what has gathered is written. */
  #gatheredReleases: (() => void)[] = [];
  #gatheredBytes = 0;
  #writing: Promise<void> | undefined;
  #onTaken: (() => void) | undefined;
  #failure: unknown;

  constructor(part: PartWriter, position: number, onWritten: (start: number, end: number) => void) {
    this.#part = part;
    this.#position = position;
    this.#onWritten = onWritten;
  }

  /** Takes a chunk. The returned promise, if any, is how long to wait before the next one. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (chunk.length === 0) return undefined;
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.length;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    if (this.#gatheredBytes < MAX_UNWRITTEN_BYTES) return undefined;
    return new Promise((resolve) => {
      this.#onTaken = resolve;
    });
  }

  /** Calls back when everything taken so far is written, or lost to a failure. */
  afterwards(release: () => void): void {
    if (this.#writing === undefined) release();
    else this.#gatheredReleases.push(release);
  }

  /** Resolves once everything taken is written; rejects with what kept it from being. */
  async drain(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(): Promise<void> {
    let releases: (() => void)[] = [];
    try {
      while (this.#gatheredBytes > 0) {
        const buffers = this.#gathered;
        const bytes = this.#gatheredBytes;
        releases = this.#take();
        await this.#part.write(buffers, this.#position);
        for (const release of releases.splice(0)) release();
        const start = this.#position;
        this.#position += bytes;
        this.#onWritten(start, this.#position);
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      for (const release of [...releases, ...this.#take()]) release();
    }
  }

  /** What had gathered is being written, or lost to a failure: there is room again. */
  #take(): (() => void)[] {
    const releases = this.#gatheredReleases;
    this.#gatheredReleases = [];
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const taken = this.#onTaken;
    this.#onTaken = undefined;
    taken?.();
    return releases;
  }
}
