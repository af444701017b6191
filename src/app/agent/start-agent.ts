import type { Clock } from '../../ports/clock.ts';
import type { AgentDownloads } from './agent-downloads.ts';
import { AgentLog } from './agent-log.ts';
import { answerRequest } from './calls.ts';
import { AgentConfig } from './config-files.ts';
import type { AgentSettings } from './config-values.ts';
import { AgentListener } from './listener.ts';
import { writePortFile } from './port-file.ts';

export interface StartAgentOptions {
  readonly downloads: AgentDownloads;
  /** Where clients look for the port file. */
  readonly runDir: string;
  /** Where admin-config.json and sdk-config.json are. */
  readonly configDir: string;
  /** Where the listener keeps its log; without it there is none. */
  readonly logDir?: string | undefined;
  readonly clock: Clock;
  /** Hears of what a person should look at; the log has it as well. */
  readonly warn: (message: string) => void;
  /** Hears of the settings in the configuration files, at the start and when they change. */
  readonly onSettings?: ((settings: AgentSettings) => void) | undefined;
  /** Ports to try, both included; 50,000 to 60,999 unless told. */
  readonly firstPort?: number | undefined;
  readonly lastPort?: number | undefined;
  /** Connections held at once; 2,048 unless told. */
  readonly maxConnections?: number | undefined;
}

/** The agent's place, taken: clients find it and are served until it is disposed of. */
export interface RunningAgent extends AsyncDisposable {
  readonly port: number;
  /** What the configuration files say just now. */
  readonly settings: AgentSettings;
  /** Reads the configuration files now, as SIGHUP asks. */
  reload(): Promise<AgentSettings>;
}

/**
 * Serves the clients of the Linux Delivery Optimization agent.
 *
 * The port file comes last, when calls are answered already, and goes first.
 *
 * @throws DeliveryOptimizationError when no port is free or the port file cannot be written
 */
export async function startAgent(options: StartAgentOptions): Promise<RunningAgent> {
  const { clock, downloads } = options;
  await using opened = new AsyncDisposableStack();
  const log =
    options.logDir === undefined
      ? undefined
      : opened.use(new AgentLog(options.logDir, clock, options.warn));
  const warn = (message: string): void => {
    log?.write(message);
    options.warn(message);
  };
  const config = opened.use(
    await AgentConfig.open({
      directory: options.configDir,
      clock,
      warn,
      onChange(settings) {
        log?.write(`settings: ${JSON.stringify(settings)}`);
        options.onSettings?.(settings);
      },
    }),
  );
  const listener = opened.use(
    await AgentListener.open({
      clock,
      warn,
      firstPort: options.firstPort,
      lastPort: options.lastPort,
      maxConnections: options.maxConnections,
      answer: (request, peer) =>
        answerRequest(request, peer, {
          downloads,
          validateRemoteAddr: config.settings.validateRemoteAddr,
          warn,
        }),
    }),
  );
  opened.use(await writePortFile(options.runDir, listener.port));
  log?.write(`listening on port ${listener.port}`);
  const resources = opened.move();
  return {
    port: listener.port,
    get settings() {
      return config.settings;
    },
    reload: () => config.reload(),
    async [Symbol.asyncDispose]() {
      log?.write('closing');
      await resources.disposeAsync();
    },
  };
}
