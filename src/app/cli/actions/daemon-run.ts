import { isDeliveryOptimizationError } from '../../../core/errors.ts';
import type { GlobalOptions } from '../global-options.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-numbers.ts';
import { openOutput } from '../output.ts';

/** Options of `daemon run`, as typed. */
export interface DaemonRunOptions extends GlobalOptions {
  readonly config?: string;
  readonly tcp?: string;
  readonly agent?: boolean;
  readonly set?: readonly string[];
  readonly logLevel?: string;
}

/** `daemon run`: is the service, until it is told to stop. */
export async function daemonRun(options: DaemonRunOptions): Promise<number> {
  const output = openOutput(options);
  const flags = daemonFlags(options);
  const { runDaemon } = await import('../../../daemon.ts');
  try {
    await runDaemon({
      flags,
      ...(options.config !== undefined && { configFile: options.config }),
      onReady: (addresses) => output.line(`haulyard: ready at ${addresses.join(', ')}`),
    });
  } catch (error) {
    const busy = isDeliveryOptimizationError(error) && error.code === 'ERROR_SHARING_VIOLATION';
    // The same code tells of a target in use; here it is the data directory or the socket.
    if (busy) throw new CommandError(EXIT.OVERLOADED, error.message, error);
    throw error;
  }
  return EXIT.OK;
}

/**
 * The options as settings, by `section.key`. A short option and `--set` for the same key are a
 * contradiction, even with one value.
 *
 * @throws CommandError 28
 */
export function daemonFlags(options: DaemonRunOptions): Readonly<Record<string, string>> {
  const flags: Record<string, string> = {};
  const put = (key: string, value: string | undefined): void => {
    if (value === undefined) return;
    if (Object.hasOwn(flags, key)) throw bad(`The setting ${key} is given twice.`);
    flags[key] = value;
  };
  put('daemon.data_dir', options.dataDir);
  put('daemon.socket', options.socket);
  put('daemon.tcp', options.tcp);
  put('agent.enabled', options.agent === true ? 'true' : undefined);
  put('log.level', options.logLevel);
  for (const word of options.set ?? []) {
    const equalsAt = word.indexOf('=');
    if (equalsAt < 1) {
      throw bad(`--set: "${word}" is not section.key=value, such as bandwidth.total=2M.`);
    }
    put(word.slice(0, equalsAt).toLowerCase().replaceAll('-', '_'), word.slice(equalsAt + 1));
  }
  for (const [key, value] of Object.entries(flags)) {
    if (value === '' && key !== 'log.file') throw bad(`The setting ${key} is empty.`);
  }
  return flags;
}

function bad(message: string): CommandError {
  return new CommandError(EXIT.BAD_OPTION, message);
}
