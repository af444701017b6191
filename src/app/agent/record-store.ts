import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import writeFileAtomic, { sync as writeAtOnce } from 'write-file-atomic';

import { isUuid } from '../../core/ids.ts';
import { errorFromFileSystem } from '../../core/node-errors.ts';
import { parseRecord, recordText, type AgentRecord } from './agent-record.ts';
import { MAX_RECORD_BYTES } from './limits.ts';

const SUFFIX = '.json';

/**
 * The records of agent downloads, a small file each: `<id>.json`. A change costs the same however
 * many there are, and a damaged file loses its own download alone.
 */
export class RecordStore {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param directory - of its own; made when it is missing, for this user only: URLs hold secrets */
  static async open(directory: string): Promise<RecordStore> {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw errorFromFileSystem(error, `make the directory ${directory}`, 'directory');
    }
    return new RecordStore(directory);
  }

  /** Every record that can be read; `warn` hears of the others, which stay where they are. */
  async readAll(warn: (message: string) => void): Promise<AgentRecord[]> {
    const records: AgentRecord[] = [];
    const names = await readdir(this.#directory);
    for (const name of names.sort()) {
      const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : '';
      if (isUuid(id)) {
        const record = parseRecord(await this.#readText(name));
        if (record?.id === id) records.push(record);
        else warn(`${join(this.#directory, name)} is damaged; its agent download is lost.`);
      } else if (/\.json\.\d+$/.test(name)) {
        // What a process that was killed in the middle of a write has left.
        await rm(join(this.#directory, name), { force: true });
      }
    }
    return records;
  }

  /**
   * Once it resolves, the record survives this process. It survives a power cut as well where that
   * matters: from the time on when the engine and the disk hold something that it alone explains.
   */
  async write(record: AgentRecord): Promise<void> {
    const path = this.#pathOf(record.id);
    const { kind } = record.phase;
    try {
      if (kind === 'started' || kind === 'staged') {
        await writeFileAtomic(path, recordText(record), { mode: 0o600 });
      } else {
        // Without a flush it stays in memory, so it is done here: as many trips to a worker thread
        // as there are system calls take several times as long, and a client waits for each.
        writeAtOnce(path, recordText(record), { mode: 0o600, fsync: false });
      }
    } catch (error) {
      throw errorFromFileSystem(error, `store the agent download in ${path}`, 'directory');
    }
  }

  async remove(id: string): Promise<void> {
    const path = this.#pathOf(id);
    try {
      await rm(path, { force: true });
    } catch (error) {
      throw errorFromFileSystem(error, `remove ${path}`, 'file');
    }
  }

  #pathOf(id: string): string {
    return join(this.#directory, id + SUFFIX);
  }

  async #readText(name: string): Promise<string> {
    await using file = await open(join(this.#directory, name), 'r');
    const buffer = Buffer.alloc(MAX_RECORD_BYTES);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) return buffer.toString('utf8', 0, length);
      length += bytesRead;
    }
  }
}
