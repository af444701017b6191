/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly dataDir?: string;
  /** Use the engine in this process, whether a service runs or not. */
  readonly embedded?: boolean;
  /** Socket or pipe of the service. */
  readonly socket?: string;
  /** Address of the service over TCP. */
  readonly url?: string;
  readonly json?: boolean;
  /** Like `json`, but a list is one object a line. */
  readonly jsonl?: boolean;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

/** Names of the global options that are followed by a value; the search for the command skips it. */
export const GLOBAL_OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set([
  '--data-dir',
  '--socket',
  '--url',
]);
