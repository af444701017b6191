import { mkdir, readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';

import { createApi } from '../../src/app/api/create-api.ts';
import type { ApiLimits } from '../../src/app/api/limits.ts';
import type { ServiceHost } from '../../src/app/api/service-host.ts';
import { connect, type ConnectOptions } from '../../src/client/index.ts';
import type { HaulyardManager } from '../../src/core/interfaces/haulyard-manager.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../../src/core/retry/retry-delay.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createTransferService } from '../../src/engine/service/create-transfer-service.ts';
import { EventHub } from '../../src/engine/service/event-hub.ts';
import { watchSystemNetwork } from '../../src/io/system/system-network.ts';
import { openEngine } from '../../src/open-engine.ts';
import { FAST_RETRIES } from '../support/engine-world.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** What of a service's settings a test may choose, as for `openWorld`. */
export interface ServiceOptions {
  readonly retry?: Partial<RetryPolicy>;
  readonly backgroundSlots?: number;
  readonly limits?: Partial<ApiLimits>;
}

/** A service with its REST interface on a socket, in this process. */
export interface RunningService extends AsyncDisposable {
  readonly engine: Engine;
  readonly socket: string;
}

/** Starts a service on a data directory. */
async function startService(
  dataDir: string,
  socket: string,
  { retry = FAST_RETRIES, backgroundSlots = 4, limits }: ServiceOptions,
): Promise<RunningService> {
  await using closing = new AsyncDisposableStack();
  const user = userInfo().username;
  const onWarning = (): void => undefined;
  const running = await openEngine({
    dataDir,
    processName: 'the service of a test',
    ca: undefined,
    network: watchSystemNetwork({}),
    onWarning,
    settings: () => ({
      transfer: {
        pieceSizeBytes: 1_048_576,
        minSplitBytes: 4_194_304,
        connectionsPerFile: 4,
        userAgent: 'haulyard/test',
      },
      slots: { foregroundSlots: 8, backgroundSlots, timeSliceMs: 300_000 },
      retry: { ...DEFAULT_RETRY_POLICY, ...retry },
      connectionsPerOrigin: 4,
      maxBytesPerSecond: undefined,
      owner: user,
      startInterrupted: true,
      onWarning,
    }),
  });
  closing.defer(() => running.close());
  const hub = closing.use(new EventHub(running.engine));
  const service = closing.use(createTransferService(running.engine, hub));
  const api = createApi({
    service,
    host: plainHost(dataDir, user),
    authenticator: { byToken: () => undefined },
    listener: { kind: 'socket', caller: { user, administrator: true } },
    checkAnswers: true,
    ...(limits === undefined ? {} : { limits }),
  });
  closing.defer(() => api.close());
  await api.listen({ path: socket });
  const owned = closing.move();
  return {
    engine: running.engine,
    socket,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A service and a manager that is connected to it, used like an `EngineWorld`. */
export interface ClientWorld extends AsyncDisposable {
  readonly manager: HaulyardManager;
  readonly service: RunningService;
  readonly warnings: readonly string[];
  target(name: string): string;
  names(): Promise<string[]>;
  /** A further manager, as another program has it; closed with the world. */
  connect(options?: ConnectOptions): Promise<HaulyardManager>;
  /** Ends the service; the managers stay. */
  stop(): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** Starts the service anew and connects anew, as a program that begins again does. */
  reopen(): Promise<HaulyardManager>;
}

export async function openClientWorld(options: ServiceOptions = {}): Promise<ClientWorld> {
  const directory = await temporaryDirectory();
  const targets = directory.join('downloads');
  await mkdir(targets);
  const dataDir = directory.join('data');
  const socket = directory.join('service.sock');
  const warnings: string[] = [];
  const managers: HaulyardManager[] = [];
  let service = await startService(dataDir, socket, options);
  let running = true;
  const open = async (wanted: ConnectOptions = {}): Promise<HaulyardManager> => {
    const opened = await connect({
      socket,
      onWarning: (message) => warnings.push(message),
      ...wanted,
    });
    managers.push(opened);
    return opened;
  };
  const stop = async (): Promise<void> => {
    if (running) await service[Symbol.asyncDispose]();
    running = false;
  };
  const start = async (): Promise<void> => {
    service = await startService(dataDir, socket, options);
    running = true;
  };
  let manager = await open();
  return {
    get manager() {
      return manager;
    },
    get service() {
      return service;
    },
    warnings,
    target: (name) => `${targets}/${name}`,
    names: async () => (await readdir(targets)).sort(),
    connect: open,
    stop,
    start,
    async reopen() {
      await manager[Symbol.asyncDispose]();
      await stop();
      await start();
      manager = await open();
      return manager;
    },
    async [Symbol.asyncDispose]() {
      for (const each of managers) await each[Symbol.asyncDispose]();
      await stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const NO_LIMIT = { bytesPerSecond: null, rule: 'none' } as const;

/** The process around the interface, as far as a client sees it. */
function plainHost(dataDirectory: string, user: string): ServiceHost {
  const limits = {
    total: NO_LIMIT,
    foreground: NO_LIMIT,
    background: NO_LIMIT,
    job: NO_LIMIT,
    linkBytesPerSecond: null,
    nextChangeAt: null,
  };
  return {
    startedAtMs: Date.now(),
    dataDirectory,
    user,
    listeners: () => [],
    problems: () => [],
    ready: () => true,
    limits: () => limits,
    changeLimits: async () => limits,
    config: () => ({ settings: [] }),
    changeConfig: async () => ({ settings: [] }),
    testPolicy: () => ({ limits, facts: {}, settings: [], jobs: [], truncated: false }),
    network: () => ({
      online: true,
      costState: 1,
      cost: 'unrestricted',
      cellular: null,
      vpn: null,
      onBattery: null,
      batteryPercent: null,
    }),
    reload: async () => ({ changed: [], needRestart: [] }),
    stop: () => undefined,
    logs: () => [],
  };
}
