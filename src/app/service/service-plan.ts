/** What a definition is made for. All paths are absolute paths of the machine that will run it. */
export interface ServiceSettings {
  readonly platform: ServicePlatform;
  /** `user`: starts with the user's session and serves that user. `system`: starts with the machine. */
  readonly scope: ServiceScope;
  /** Node.js, as the service manager is to start it. */
  readonly node: string;
  /** The script that Node runs: `bin/haulyard.js`. */
  readonly program: string;
  /** Home directory of the user; where a user's definitions lie. */
  readonly home: string;
  /** Value of `XDG_CONFIG_HOME`, for a user's systemd units. Default: `~/.config`. */
  readonly configHome?: string | undefined;
  /** Numeric id of the user, which launchd calls the session by. */
  readonly uid?: number | undefined;
  /** Options of `haulyard daemon run`, such as `--config FILE`. */
  readonly options?: readonly string[];
  /** Directories that a service of the machine may put files into, beyond its own. */
  readonly writable?: readonly string[];
}

export type ServicePlatform = 'linux' | 'darwin' | 'win32';
export type ServiceScope = 'user' | 'system';

/** A file of a definition. */
export interface DefinitionFile {
  readonly path: string;
  readonly text: string;
  /** Task Scheduler reads nothing but UTF-16; everything else is UTF-8. */
  readonly encoding: 'utf8' | 'utf16le';
}

/** A command with its arguments; nothing is handed to a shell. */
export interface PlanCommand {
  readonly argv: readonly [string, ...string[]];
  /** Its failure ends the plan; otherwise it is only told, as when something was gone already. */
  readonly required: boolean;
}

/** Everything it takes to install a service and to remove it again, as data. */
export interface ServicePlan {
  readonly files: readonly DefinitionFile[];
  readonly install: readonly PlanCommand[];
  /** Run before the files are deleted. */
  readonly uninstall: readonly PlanCommand[];
  /** Run after the files are deleted. */
  readonly afterUninstall: readonly PlanCommand[];
  /** What the person at the keyboard should know. */
  readonly notes: readonly string[];
}

/** A command whose failure matters. */
export function must(...argv: [string, ...string[]]): PlanCommand {
  return { argv, required: true };
}

/** A command that may fail. */
export function may(...argv: [string, ...string[]]): PlanCommand {
  return { argv, required: false };
}
