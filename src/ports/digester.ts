/** The hash functions of HashInfo and of streams. */
export type DigestAlgorithm = 'sha-256' | 'sha-512';

/** A digest being computed. */
export interface RunningDigest {
  update(data: Uint8Array): void;
  /** Lower-case hexadecimal; ends the digest. */
  hex(): string;
}

/** A file that a digest may follow: an open partial file. */
export interface FollowedFile {
  /** Its descriptor in this process, by which another thread may read it; undefined when it has none. */
  readonly descriptor: number | undefined;
  /** Reads up to `buffer.length` bytes from `position`; fewer only at the end of the file. */
  read(buffer: Uint8Array, position: number): Promise<number>;
}

/**
 * A digest that keeps up with a file while it is written, so that little is left to do at its end.
 * Nothing throws but where it is said: a digest that cannot be followed is computed some other way.
 */
export interface FollowingDigest extends AsyncDisposable {
  /** All bytes before `offset` are written, and stay as they are until `restart`. */
  reach(offset: number): void;
  /** The bytes reached so far may change, or have: nothing of them counts any more. */
  restart(): void;
  /**
   * The digest, in lower-case hexadecimal, of the first `sizeBytes` bytes, all of which have been
   * reached; undefined when they could not be followed, and are to be read from the beginning.
   * Rejects with the signal's reason. The last call but for the disposal.
   */
  finish(sizeBytes: number, signal: AbortSignal): Promise<string | undefined>;
  /** Resolves once the file is not read any more; it may not be closed before. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Hash functions. */
export interface Digester {
  start(algorithm: DigestAlgorithm): RunningDigest;
  /** Follows a file with a digest of all its bytes; undefined when that gains nothing here. */
  follow(algorithm: DigestAlgorithm, file: FollowedFile): FollowingDigest | undefined;
}
