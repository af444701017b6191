import { systemDigester } from '../../src/io/system/system-digester.ts';
import type {
  DigestAlgorithm,
  Digester,
  FollowedFile,
  FollowingDigest,
  RunningDigest,
} from '../../src/ports/digester.ts';

/** Bytes read at a time; odd, so that reads do not end where writes do. */
const READ_BYTES = 10_007;

/** Digests that follow a file in memory, and on this thread, by reading it as soon as it is written. */
export const memoryDigester: Digester = {
  start: (algorithm) => systemDigester.start(algorithm),
  follow: (algorithm, file) => new MemoryFollower(algorithm, file),
};

class MemoryFollower implements FollowingDigest {
  readonly #file: FollowedFile;
  readonly #algorithm: DigestAlgorithm;
  #hash: RunningDigest;
  #position = 0;
  #reached = 0;
  #failed = false;
  /** Counts the restarts: what was read before one counts no more after it. */
  #version = 0;
  #reading: Promise<void> | undefined;
  #stopped = false;

  constructor(algorithm: DigestAlgorithm, file: FollowedFile) {
    this.#algorithm = algorithm;
    this.#file = file;
    this.#hash = systemDigester.start(algorithm);
  }

  reach(offset: number): void {
    this.#reached = Math.max(this.#reached, offset);
    this.#reading ??= this.#read();
  }

  restart(): void {
    this.#version += 1;
    this.#hash = systemDigester.start(this.#algorithm);
    this.#position = 0;
    this.#reached = 0;
  }

  async finish(sizeBytes: number, signal: AbortSignal): Promise<string | undefined> {
    while (this.#reading !== undefined) await this.#reading;
    signal.throwIfAborted();
    return this.#failed || this.#position !== sizeBytes ? undefined : this.#hash.hex();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    while (this.#reading !== undefined) await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      while (this.#position < this.#reached && !this.#failed && !this.#stopped) {
        const version = this.#version;
        const buffer = new Uint8Array(Math.min(READ_BYTES, this.#reached - this.#position));
        const bytes = await this.#file.read(buffer, this.#position);
        if (version !== this.#version) continue;
        this.#failed = bytes === 0;
        this.#hash.update(buffer.subarray(0, bytes));
        this.#position += bytes;
      }
    } catch {
      // As the port has it: who asks for the digest reads the file again, and meets the failure.
      this.#failed = true;
    } finally {
      this.#reading = undefined;
    }
  }
}
