/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
}
