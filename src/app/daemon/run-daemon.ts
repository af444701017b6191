import { flushCompileCache } from 'node:module';

import { asDeliveryOptimizationError } from '../../core/errors.ts';
import { owedToHooks } from '../../engine/hooks/owed-events.ts';
import { createTransferService } from '../../engine/service/create-transfer-service.ts';
import { EventHub } from '../../engine/service/event-hub.ts';
import { watchSystemNetwork } from '../../io/system/system-network.ts';
import { openEngine } from '../../open-engine.ts';
import { packageVersion } from '../../package-version.ts';
import { createApi } from '../api/create-api.ts';
import { loadConfig, type LoadConfigOptions, type LoadedConfig } from '../config/load-config.ts';
import { networkOverrides } from '../config/policies-of.ts';
import { runtimePaths } from '../config/runtime-paths.ts';
import { adjustableSettings, authorities, engineSettings } from './engine-settings.ts';
import { filesOfUsers } from './files-of-users.ts';
import { inheritsSocket, openListeners } from './listeners.ts';
import { type ConfigChanges, LiveConfig } from './live-config.ts';
import { openLog } from './log.ts';
import { aborted, onSignals } from './process-signals.ts';
import { notifySystemd } from './readiness.ts';
import { runAgent, type ServiceAgent } from './run-agent.ts';
import { ServiceHooks } from './service-hooks.ts';
import { serviceHost } from './service-host.ts';
import { ensureSocketDirectory } from './socket-directory.ts';
import { TokenBook } from './tokens.ts';
import { ownUser } from '../config/own-user.ts';

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
    engine.applySettings(adjustableSettings(loaded.values));
    engine.applyPolicies(loaded.policies());
    network.refresh();
    await hooks.apply(loaded.values.notify);
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
    httpClient: first.values.http.client,
    network,
    onWarning: warn,
    partialsFor: files,
    settings: async (store) => {
      config = await LiveConfig.open(options, store.notes, adopt);
      return {
        ...engineSettings(config.current, warn),
        cacheHostsFor: (job) => agent?.cacheHostsFor(job),
        owedEvents: () => owedToHooks(store.notes),
      };
    },
  });
  const { engine } = running;
  closing.defer(() => running.close());

  const hub = closing.use(new EventHub(engine));
  const service = closing.use(createTransferService(engine, hub));
  const hooks = closing.use(new ServiceHooks(engine, hub));
  await hooks.apply(config.current.values.notify);

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
  // Node writes the cache of compiled code, if one is on, at the end of the process otherwise: that can
  // take seconds the first time, and a stop has five of them for everything.
  setImmediate(flushCompileCache);

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
