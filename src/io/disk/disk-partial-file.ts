import type { FileHandle } from 'node:fs/promises';

import { errorFromFileSystem } from '../../core/node-errors.ts';
import type { PartialFile } from '../../ports/partial-files.ts';
import { flushDirectory } from './flush-directory.ts';
import { inTurn } from './flush-turns.ts';
import { splitLocalName } from './local-name.ts';
import type { OpenedPart } from './open-part.ts';
import { hasCode } from './trusted-file.ts';
import { writeAll } from './write-all.ts';

/** A partial file on the real file system. */
export class DiskPartialFile implements PartialFile {
  readonly path: string;
  readonly lengthBytes: number;
  readonly #handle: FileHandle;
  /**
   * The directory may still forget the file: a flush of its data says nothing of its name. True of
   * one that was there as well, since the process that created it may not have come to a flush.
   */
  #entryIsVolatile = true;

  constructor(path: string, { handle, lengthBytes }: OpenedPart) {
    this.path = path;
    this.lengthBytes = lengthBytes;
    this.#handle = handle;
  }

  get descriptor(): number {
    return this.#handle.fd;
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    const writeSome = async (some: readonly Uint8Array[], at: number): Promise<number> =>
      (await this.#handle.writev(some, at)).bytesWritten;
    return this.#translated('write', () => writeAll(writeSome, buffers, position));
  }

  read(buffer: Uint8Array, position: number): Promise<number> {
    return this.#translated('read', async () => {
      let length = 0;
      while (length < buffer.length) {
        const rest = buffer.subarray(length);
        const { bytesRead } = await this.#handle.read(rest, 0, rest.length, position + length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return length;
    });
  }

  flush(): Promise<void> {
    return this.#translated('flush', async () => {
      await inTurn(() => this.#handle.datasync());
      if (!this.#entryIsVolatile) return;
      const { directory } = splitLocalName(this.path);
      try {
        await flushDirectory(directory);
      } catch (error) {
        throw errorFromFileSystem(error, `flush ${directory}`, 'directory');
      }
      this.#entryIsVolatile = false;
    });
  }

  truncate(lengthBytes: number): Promise<void> {
    return this.#translated('truncate', () => this.#handle.truncate(lengthBytes));
  }

  setModifiedTime(epochMs: number): Promise<void> {
    // A server's time before 1970 or in the future is a mistake of the server's (http.md 10).
    const nowMs = Date.now();
    if (!(epochMs >= 0 && epochMs <= nowMs)) return Promise.resolve();
    return this.#translated('date', async () => {
      try {
        await this.#handle.utimes(nowMs / 1_000, epochMs / 1_000);
      } catch (error) {
        // Some volumes keep no times, or let only their owner set them; the content is right anyway.
        if (!hasCode(error, 'EINVAL', 'EOVERFLOW', 'EPERM', 'ENOSYS', 'ENOTSUP')) throw error;
      }
    });
  }

  /** Waits for calls under way, then closes the file. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#translated('close', () => this.#handle.close());
  }

  async #translated<T>(verb: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw errorFromFileSystem(error, `${verb} ${this.path}`, 'file');
    }
  }
}
