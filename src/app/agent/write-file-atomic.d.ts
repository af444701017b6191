declare module 'write-file-atomic' {
  interface WriteOptions {
    readonly mode?: number;
    /** Whether the bytes are flushed before the rename; default true. */
    readonly fsync?: boolean;
  }

  /** Writes a file beside the target and renames it into place. */
  export default function writeFileAtomic(
    path: string,
    text: string,
    options?: WriteOptions,
  ): Promise<void>;

  /** The same, at once. */
  export function sync(path: string, text: string, options?: WriteOptions): void;
}
