/** Small named values that outlive the process: settings made at run time, cursors, secrets of ours. */
export interface NoteStore {
  /** The value, a JSON text of at most 65,536 characters, or undefined. */
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  delete(name: string): void;
  /** Names that begin with `prefix`, in order. */
  list(prefix: string): readonly { readonly name: string; readonly value: string }[];
}
