import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { asDeliveryOptimizationError } from '../../core/errors.ts';
import { MIN_SPLIT_BYTES } from '../../core/limits.ts';
import type { AdjustableSettings, EngineSettings } from '../../engine/engine.ts';
import { HookDispatcher } from '../../engine/hooks/hook-dispatcher.ts';
import { createTransferService } from '../../engine/service/create-transfer-service.ts';
import { EventHub } from '../../engine/service/event-hub.ts';
import { watchSystemNetwork } from '../../io/system/system-network.ts';
import { openEngine } from '../../open-engine.ts';
import { packageVersion } from '../../package-version.ts';
import { createApi } from '../api/create-api.ts';
import type { Config } from '../config/config.ts';
import { loadConfig, type LoadConfigOptions, type LoadedConfig } from '../config/load-config.ts';
import { networkOverrides, retryPolicyOf } from '../config/policies-of.ts';
import { runtimePaths } from '../config/runtime-paths.ts';
import { filesOfUsers } from './files-of-users.ts';
import { inheritsSocket, openListeners } from './listeners.ts';
import { type ConfigChanges, LiveConfig } from './live-config.ts';
import { openLog } from './log.ts';
import { makeHooks } from './make-hooks.ts';
import { notifySystemd } from './readiness.ts';
import { runAgent, type ServiceAgent } from './run-agent.ts';
import { serviceHost } from './service-host.ts';
import { ensureSocketDirectory } from './socket-directory.ts';
import { TokenBook } from './tokens.ts';
import { ownUser } from './users.ts';

/** How a service is started. */
export interface RunDaemonOptions extends LoadConfigOptions {
  /** Told once the service accepts calls. */
  readonly onReady?: (addresses: readonly string[]) => void;
  /** Ends the service, as SIGTERM does; for tests and for programs that embed it. */
  readonly signal?: AbortSignal;
}

/** After this long an orderly end is given up: what is not flushed by then a crash would not have had. */
const STOP_WITHIN_MS = 4_500;

/**
 * Runs the service until it is told to stop: by SIGTERM, SIGINT, its REST interface or the signal.
 * Resolves once every transfer is flushed and the data directory is free again.
 *
 * @throws DeliveryOptimizationError for a configuration that is wrong, a data directory or socket in
 *   use by another service, an address that cannot be listened at
 */
export async function runDaemon(options: RunDaemonOptions = {}): Promise<void> {
  const startedAtMs = Date.now();
  const first = await loadConfig(options);
  await using closing = new AsyncDisposableStack();
  const log = closing.use(openLog(first.values.log));
  const { logger } = log;
  const user = ownUser();
  const problems: string[] = [];
  const warn = (message: string): void => logger.warn(message);

  let config!: LiveConfig;
  let agent: ServiceAgent | undefined;
  const network = watchSystemNetwork({
    vpnKeywords: () => (config?.current ?? first).values.network.vpnKeywords,
    override: () => networkOverrides((config?.current ?? first).values.network),
  });
  const adopt = async (
    loaded: LoadedConfig,
    { changed, needRestart }: ConfigChanges,
  ): Promise<void> => {
    log.setLevel(loaded.values.log.level);
    engine.applySettings(adjustable(loaded.values));
    engine.applyPolicies(loaded.policies());
    network.refresh();
    // By value: a secret that changed is not told apart where settings are shown.
    if (!isDeepStrictEqual(loaded.values.notify, hooked)) await startHooks(loaded);
    logger.info({ changed }, changed.length > 0 ? 'configuration changed' : 'nothing has changed');
    if (needRestart.length > 0) {
      logger.warn(
        { needRestart },
        'these settings are read at the start only: restart the service',
      );
    }
  };
  const files = filesOfUsers(user);
  const running = await openEngine({
    dataDir: first.values.daemon.dataDir,
    processName: 'haulyard daemon run',
    ca: await authorities(first.values.http.caFile),
    network,
    onWarning: warn,
    partialsFor: files,
    settings: async (store) => {
      config = await LiveConfig.open(options, store.notes, adopt);
      return {
        ...engineSettings(config.current, warn),
        cacheHostsFor: (job) => agent?.cacheHostsFor(job),
      };
    },
  });
  const { engine } = running;
  closing.defer(() => running.close());

  const hub = closing.use(new EventHub(engine));
  const service = closing.use(createTransferService(engine, hub));
  let hooks: HookDispatcher | undefined;
  let hooked: Config['notify'] | undefined;
  const startHooks = async (loaded: LoadedConfig): Promise<void> => {
    const before = hooks;
    hooks = undefined;
    await before?.[Symbol.asyncDispose]();
    const { notify } = loaded.values;
    hooked = notify;
    hooks = new HookDispatcher(engine, hub, makeHooks(notify), {
      minDelayMs: notify.retryMinMs,
      maxDelayMs: notify.retryMaxMs,
      giveUpAfterMs: notify.giveUpAfterMs,
    });
  };
  await startHooks(config.current);
  closing.defer(() => hooks?.[Symbol.asyncDispose]());
  engine.owedEvents = () => {
    const protectedSequence = hooks?.owedFrom;
    return protectedSequence === undefined ? {} : { protectedSequence };
  };

  const stopping = new AbortController();
  const stop = (why: string): void => {
    if (stopping.signal.aborted) return;
    logger.info({ why }, 'stopping');
    stopping.abort();
  };
  let addresses: readonly string[] = [];
  let ready = false;
  const tokens = new TokenBook(config.current.values.daemon.dataDir);
  const host = serviceHost({
    startedAtMs,
    user,
    engine,
    service,
    config,
    log,
    listeners: () => addresses,
    problems: () => problems,
    ready: () => ready,
    stop: () => setImmediate(() => stop('asked for through the interface')),
  });

  const { values } = config.current;
  if (values.agent.enabled) {
    agent = closing.use(
      await runAgent({
        downloadsOf: (owner) => service.downloads({ user: owner, administrator: false }),
        filesOf: files,
        ownUser: user,
        config: values.agent,
        dataDir: values.daemon.dataDir,
        clock: engine.ports.clock,
        warn,
      }),
    );
  }

  const paths = runtimePaths(options.env ?? process.env, options);
  if (!inheritsSocket()) ensureSocketDirectory(values.daemon.socket, values.daemon, paths, options);
  const listeners = closing.use(
    await openListeners(values.daemon, { user, administrator: true }, (listener) =>
      createApi({
        service,
        host,
        authenticator: { byToken: (token) => tokens.find(token) },
        logger,
        listener,
      }),
    ),
  );
  addresses = [
    ...listeners.addresses,
    ...(agent === undefined ? [] : [`agent 127.0.0.1:${agent.port}`]),
  ];
  closing.defer(() => {
    ready = false;
  });

  using _signals = onSignals({
    stop,
    reload: () => {
      void Promise.all([config.reload(), agent?.reload()]).catch((error: unknown) => {
        const { message } = asDeliveryOptimizationError(error, 'E_UNEXPECTED');
        logger.error({ message }, 'the configuration was not reloaded');
      });
    },
  });
  ready = true;
  logger.info({ version: packageVersion(), pid: process.pid, addresses, user }, 'ready');
  await notifySystemd(['--ready', `--status=${addresses.join(', ')}`], warn);
  options.onReady?.(addresses);

  await aborted(AbortSignal.any([stopping.signal, ...(options.signal ? [options.signal] : [])]));
  ready = false;
  await notifySystemd(['STOPPING=1'], warn);
  const late = setTimeout(() => {
    logger.error('not everything ended in time; what is stored is safe');
    process.exit(1);
  }, STOP_WITHIN_MS);
  late.unref();
  await closing.disposeAsync();
  clearTimeout(late);
}

function engineSettings(
  loaded: LoadedConfig,
  onWarning: (message: string) => void,
): EngineSettings {
  const { values } = loaded;
  return {
    ...adjustable(values),
    transfer: {
      pieceSizeBytes: values.http.pieceSizeBytes,
      minSplitBytes: MIN_SPLIT_BYTES,
      connectionsPerFile: values.http.connectionsPerOrigin,
      userAgent: values.http.userAgent ?? `haulyard/${packageVersion()}`,
    },
    maxBytesPerSecond: undefined,
    policies: loaded.policies(),
    owner: ownUser(),
    startInterrupted: values.daemon.startInterrupted,
    historyMs: values.jobs.historyMs,
    streamDirectory: join(values.daemon.dataDir, 'streams'),
    onWarning,
  };
}

/** What of the settings a running engine takes anew. */
function adjustable({ jobs, http }: Config): AdjustableSettings {
  return {
    slots: {
      foregroundSlots: jobs.foregroundSlots,
      backgroundSlots: jobs.backgroundSlots,
      timeSliceMs: jobs.timeSliceMs,
    },
    retry: retryPolicyOf(http),
    connectionsPerOrigin: http.connectionsPerOrigin,
  };
}

async function authorities(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : readFile(file, 'utf8');
}

function onSignals(handlers: {
  readonly stop: (why: string) => void;
  readonly reload: () => void;
}): Disposable {
  const listeners: readonly (readonly [NodeJS.Signals, () => void])[] = [
    ['SIGTERM', () => handlers.stop('SIGTERM')],
    ['SIGINT', () => handlers.stop('SIGINT')],
    ['SIGHUP', () => handlers.reload()],
  ];
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
