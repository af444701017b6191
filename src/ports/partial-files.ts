/** Where a partial file is and whose it is. */
export interface PartialFileId {
  readonly jobId: string;
  readonly index: number;
  /** Absolute path of the finished file; the partial one stands beside it. */
  readonly localName: string;
}

/** What writes to a partial file. */
export interface PartWriter {
  /** Writes all bytes of all buffers, one after the other, from `position` on. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>;
}

/** An open partial file. Calls may overlap; none may follow `[Symbol.asyncDispose]`. */
export interface PartialFile extends PartWriter, AsyncDisposable {
  readonly path: string;
  /** Real length on disk when it was opened, in bytes. */
  readonly lengthBytes: number;
  /** The open file's number in this process; undefined when it has none. Void after the disposal. */
  readonly descriptor: number | undefined;
  /** Reads up to `buffer.length` bytes from `position`; fewer only at the end of the file. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Returns once everything written so far would survive a power cut. */
  flush(): Promise<void>;
  truncate(lengthBytes: number): Promise<void>;
  /** Sets the modification time; a time the file system cannot hold is left as it is. */
  setModifiedTime(epochMs: number): Promise<void>;
}

/** What stands at a path. */
export interface FileIdentity {
  readonly lengthBytes: number;
  /** Device and inode: the same as long as it is the same file, whatever its name. */
  readonly inode: string;
}

/**
 * Partial files beside their targets: `docs/on-disk.md`. Every failure is a
 * `DeliveryOptimizationError` with the code of errors.md 7.
 */
export interface PartialFiles {
  /**
   * Checks that a file may be put at `localName`: the directory is there and may be written, and no
   * directory has that name. `ERROR_PATH_NOT_FOUND`, `E_ACCESSDENIED` or `E_INVALIDARG` otherwise.
   *
   * @param known - directories found in order within the same call of a program: they are added
   *   here, and need not be looked at again
   */
  checkTarget(localName: string, known?: Set<string>): Promise<void>;
  /**
   * Creates the directory of `localName` and those above it that are missing, to survive a power cut.
   * The path must have been found in order but for that: ERROR_PATH_NOT_FOUND from `checkTarget`.
   */
  createDirectoryOf(localName: string): Promise<void>;
  /**
   * Opens the partial file. `mustExist` false creates it, and refuses to take over a file that is
   * already there and is not one of ours; one of ours keeps its bytes until it is truncated. True
   * gives undefined when there is none.
   */
  open(id: PartialFileId, mustExist: boolean): Promise<PartialFile | undefined>;
  /** Identity of the partial file, or undefined when there is none. */
  identify(id: PartialFileId): Promise<FileIdentity | undefined>;
  /** Identity of the finished file, or undefined when there is none. */
  identifyTarget(id: PartialFileId): Promise<FileIdentity | undefined>;
  /**
   * Renames partial files to their final names, in the order given, replacing what is there. Stops
   * at the first failure. When it settles, either way, every rename made survives a power cut.
   *
   * @param renamed - told of each file once it has its final name
   */
  publish(ids: readonly PartialFileId[], renamed?: (id: PartialFileId) => void): Promise<void>;
  /** Deletes the partial file if it is there. */
  remove(id: PartialFileId): Promise<void>;
  /** Bytes free for this user on the target's volume. */
  freeSpace(localName: string): Promise<number>;
}
