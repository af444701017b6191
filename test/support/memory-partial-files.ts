import assert from 'node:assert/strict';

import { DeliveryOptimizationError } from '../../src/core/errors.ts';
import { checkLocalName, splitLocalName } from '../../src/io/disk/local-name.ts';
import { partPath } from '../../src/io/disk/part-name.ts';
import type {
  FileIdentity,
  PartialFile,
  PartialFileId,
  PartialFiles,
} from '../../src/ports/partial-files.ts';

/** A call of the port, as `onCall` sees it. */
export interface MemoryDiskCall {
  readonly name: keyof PartialFiles | Exclude<keyof PartialFile, symbol | 'path' | 'lengthBytes'>;
  /** The partial file's path, or the target's for calls about the target. */
  readonly path: string;
}

/** How a disk in memory begins. */
export interface MemoryDiskOptions {
  /** Directories that exist; `/data` unless told. */
  readonly directories?: readonly string[];
  /** Bytes that all files may have together; no bound unless told. */
  readonly capacityBytes?: number;
}

/** One file, whatever its names. */
interface Inode {
  readonly number: number;
  bytes: Uint8Array;
  /** What `bytes` was at the last flush. */
  flushed: Uint8Array;
  modifiedMs: number | undefined;
  readOnly: boolean;
}

/**
 * Partial files in memory, with the means to spoil a test's day: the disk fills up, turns read-only,
 * fails or delays a chosen call, and forgets at a crash what was not flushed.
 */
export class MemoryPartialFiles implements PartialFiles {
  /** Bytes that all files may have together; writes beyond it fail with ERROR_DISK_FULL. */
  capacityBytes: number;
  /** Fails whatever changes the disk with ERROR_WRITE_PROTECT. */
  readOnly = false;
  /** Runs before every call; what it throws fails the call, and the call waits for its promise. */
  onCall: (call: MemoryDiskCall) => void | Promise<void> = () => {};

  readonly #directories: Set<string>;
  #entries = new Map<string, Inode>();
  /** The entries a power cut leaves. */
  #flushedEntries = new Map<string, Inode>();
  #inodes = 0;
  #crashed = false;

  constructor({ directories = ['/data'], capacityBytes = Infinity }: MemoryDiskOptions = {}) {
    this.#directories = new Set(directories.map((path) => `${path}/`));
    this.capacityBytes = capacityBytes;
  }

  /**
   * The disk as the next process finds it; every call to this one fails from now on, so that what is
   * left of the dead process cannot touch it.
   *
   * @param left - `flushed`: the power went; `written`: the process alone died
   */
  crash(left: 'flushed' | 'written' = 'flushed'): MemoryPartialFiles {
    this.#crashed = true;
    const next = new MemoryPartialFiles({ directories: [], capacityBytes: this.capacityBytes });
    for (const directory of this.#directories) next.#directories.add(directory);
    next.readOnly = this.readOnly;
    next.#inodes = this.#inodes;
    for (const [path, inode] of left === 'written' ? this.#entries : this.#flushedEntries) {
      const bytes = left === 'written' ? inode.bytes : inode.flushed;
      next.#entries.set(path, { ...inode, bytes: bytes.slice(), flushed: inode.flushed.slice() });
    }
    // What outlived one power cut outlives the next, but written bytes may still be lost to it.
    for (const path of this.#flushedEntries.keys()) {
      const inode = next.#entries.get(path);
      if (inode !== undefined) next.#flushedEntries.set(path, inode);
    }
    return next;
  }

  makeDirectory(path: string): void {
    this.#directories.add(`${path}/`);
  }

  /** Puts a finished file there, as if another program had. */
  put(
    path: string,
    bytes: Uint8Array,
    { readOnly = false }: { readonly readOnly?: boolean } = {},
  ): void {
    const inode = { ...this.#newInode(), bytes: bytes.slice(), flushed: bytes.slice(), readOnly };
    this.#entries.set(path, inode);
    this.#flushedEntries.set(path, inode);
  }

  /** The content of a file, or undefined when there is none. */
  contentOf(path: string): Uint8Array | undefined {
    return this.#entries.get(path)?.bytes.slice();
  }

  /** The time that was set on a file. */
  modifiedMsOf(path: string): number | undefined {
    return this.#entries.get(path)?.modifiedMs;
  }

  /** Paths of all files, sorted. */
  paths(): readonly string[] {
    return [...this.#entries.keys()].toSorted();
  }

  async checkTarget(localName: string, known?: Set<string>): Promise<void> {
    await this.#called('checkTarget', localName);
    checkLocalName(localName);
    if (this.#directories.has(`${localName}/`)) throw failure('E_INVALIDARG', localName);
    this.#needDirectory(localName);
    if (this.readOnly) throw failure('E_ACCESSDENIED', localName);
    known?.add(splitLocalName(localName).directory);
  }

  async createDirectoryOf(localName: string): Promise<void> {
    await this.#called('createDirectoryOf', localName);
    if (this.readOnly) throw failure('ERROR_WRITE_PROTECT', localName);
    const { directory } = splitLocalName(localName);
    for (let end = directory.indexOf('/'); end !== -1; end = directory.indexOf('/', end + 1)) {
      this.#directories.add(directory.slice(0, end + 1));
    }
  }

  async open(id: PartialFileId, mustExist: boolean): Promise<PartialFile | undefined> {
    const path = partPath(id);
    await this.#called('open', path);
    if (this.#directories.has(`${path}/`)) throw failure('E_ACCESSDENIED', path);
    const found = this.#entries.get(path);
    if (mustExist) return found && this.#handle(path, found);

    this.#needDirectory(path);
    this.#needWritable(path);
    const inode = found ?? this.#newInode();
    this.#entries.set(path, inode);
    return this.#handle(path, inode);
  }

  async identify(id: PartialFileId): Promise<FileIdentity | undefined> {
    const path = partPath(id);
    await this.#called('identify', path);
    return identityOf(this.#entries.get(path));
  }

  async identifyTarget(id: PartialFileId): Promise<FileIdentity | undefined> {
    await this.#called('identifyTarget', id.localName);
    return identityOf(this.#entries.get(id.localName));
  }

  async publish(
    ids: readonly PartialFileId[],
    renamed: (id: PartialFileId) => void = () => {},
  ): Promise<void> {
    try {
      for (const id of ids) {
        await this.#rename(id);
        renamed(id);
      }
    } finally {
      for (const { localName } of ids) this.#flushDirectory(localName);
    }
  }

  async #rename(id: PartialFileId): Promise<void> {
    const path = partPath(id);
    await this.#called('publish', path);
    const { localName } = id;
    const isTaken = this.#directories.has(`${localName}/`);
    if (isTaken || this.#entries.get(localName)?.readOnly)
      throw failure('E_ACCESSDENIED', localName);
    const inode = this.#entries.get(path);
    if (inode === undefined) throw failure('ERROR_FILE_NOT_FOUND', path);
    this.#needWritable(path);
    this.#entries.delete(path);
    this.#entries.set(localName, inode);
  }

  async remove(id: PartialFileId): Promise<void> {
    const path = partPath(id);
    await this.#called('remove', path);
    if (this.#directories.has(`${path}/`)) throw failure('E_ACCESSDENIED', path);
    if (!this.#entries.has(path)) return;
    this.#needWritable(path);
    this.#entries.delete(path);
    // A file that comes back after a power cut does no harm, so this disk spares the tests from it.
    this.#flushedEntries.delete(path);
  }

  async freeSpace(localName: string): Promise<number> {
    await this.#called('freeSpace', localName);
    this.#needDirectory(localName);
    return this.#freeBytes();
  }

  #handle(path: string, inode: Inode): PartialFile {
    let isOpen = true;
    const called = async (name: MemoryDiskCall['name']): Promise<void> => {
      assert.ok(isOpen, `${name} of ${path} was called after its disposal`);
      await this.#called(name, path);
    };
    return {
      path,
      lengthBytes: inode.bytes.length,
      descriptor: undefined,
      write: async (buffers, position) => {
        await called('write');
        this.#needWritable(path);
        let offset = position;
        for (const buffer of buffers) {
          this.#writeOne(path, inode, buffer, offset);
          offset += buffer.length;
        }
      },
      read: async (buffer, position) => {
        await called('read');
        const found = inode.bytes.subarray(position, position + buffer.length);
        buffer.set(found);
        return found.length;
      },
      flush: async () => {
        await called('flush');
        this.#needWritable(path);
        inode.flushed = inode.bytes.slice();
        this.#flushDirectory(path);
      },
      truncate: async (lengthBytes) => {
        await called('truncate');
        this.#needWritable(path);
        inode.bytes = resized(inode.bytes, lengthBytes);
      },
      setModifiedTime: async (epochMs) => {
        await called('setModifiedTime');
        if (epochMs >= 0 && epochMs <= Date.now()) inode.modifiedMs = epochMs;
      },
      [Symbol.asyncDispose]: async () => {
        isOpen = false;
      },
    };
  }

  /** Like a real disk, takes as much as it can before it is full. */
  #writeOne(path: string, inode: Inode, buffer: Uint8Array, position: number): void {
    const room = inode.bytes.length + this.#freeBytes();
    const fits = buffer.subarray(0, Math.max(0, room - position));
    const end = position + fits.length;
    if (fits.length > 0 && end > inode.bytes.length) inode.bytes = resized(inode.bytes, end);
    inode.bytes.set(fits, fits.length > 0 ? position : 0);
    if (fits.length < buffer.length) throw failure('ERROR_DISK_FULL', path);
  }

  #flushDirectory(path: string): void {
    const { directory } = splitLocalName(path);
    const isHere = (entry: string): boolean => splitLocalName(entry).directory === directory;
    for (const entry of [...this.#flushedEntries.keys()].filter(isHere)) {
      this.#flushedEntries.delete(entry);
    }
    for (const [entry, inode] of this.#entries) {
      if (isHere(entry)) this.#flushedEntries.set(entry, inode);
    }
  }

  #newInode(): Inode {
    const none = new Uint8Array();
    return {
      number: ++this.#inodes,
      bytes: none,
      flushed: none,
      modifiedMs: undefined,
      readOnly: false,
    };
  }

  #freeBytes(): number {
    let used = 0;
    for (const { bytes } of this.#entries.values()) used += bytes.length;
    return Math.max(0, this.capacityBytes - used);
  }

  async #called(name: MemoryDiskCall['name'], path: string): Promise<void> {
    await this.onCall({ name, path });
    if (this.#crashed) throw failure('E_UNEXPECTED', path);
  }

  #needDirectory(path: string): void {
    const { directory } = splitLocalName(path);
    if (!this.#directories.has(directory)) throw failure('ERROR_PATH_NOT_FOUND', path);
  }

  #needWritable(path: string): void {
    if (this.readOnly) throw failure('ERROR_WRITE_PROTECT', path);
  }
}

function identityOf(inode: Inode | undefined): FileIdentity | undefined {
  return inode && { lengthBytes: inode.bytes.length, inode: `1:${inode.number}` };
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}

type Code = ConstructorParameters<typeof DeliveryOptimizationError>[0];

function failure(code: Code, path: string): DeliveryOptimizationError {
  return new DeliveryOptimizationError(code, `${code} at ${path}, says the disk in memory.`);
}
