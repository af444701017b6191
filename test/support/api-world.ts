import { mkdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';

import type { FastifyBaseLogger, FastifyInstance } from 'fastify';

import { createApi } from '../../src/app/api/create-api.ts';
import type { ApiLimits } from '../../src/app/api/limits.ts';
import type { ServiceHost } from '../../src/app/api/service-host.ts';
import { DEFAULT_RETRY_POLICY } from '../../src/core/retry/retry-delay.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createTransferService } from '../../src/engine/service/create-transfer-service.ts';
import { EventHub } from '../../src/engine/service/event-hub.ts';
import type { Caller, TransferService } from '../../src/engine/service/transfer-service.ts';
import { openEngine } from '../../src/open-engine.ts';
import { ManualNetwork } from './manual-network.ts';
import { type ApiAnswer, type ApiRequest, sendRequest } from './api-client.ts';
import { temporaryDirectory } from './temporary.ts';

/** Tokens that the TCP listener of an `ApiWorld` knows, and whose they are. */
export const TOKENS = {
  alice: 'token-of-alice-0123456789',
  bob: 'token-of-bob-0123456789',
  admin: 'token-of-admin-0123456789',
} as const;

export const CALLERS: Readonly<Record<keyof typeof TOKENS, Caller>> = {
  alice: { user: 'alice', administrator: false },
  bob: { user: 'bob', administrator: false },
  admin: { user: 'admin', administrator: true },
};

/** The REST interface on a real engine, on TCP and on a socket. */
export interface ApiWorld extends AsyncDisposable {
  readonly engine: Engine;
  readonly service: TransferService;
  readonly tcp: FastifyInstance;
  readonly port: number;
  readonly socketPath: string;
  /** What the host was asked, in order. */
  readonly asked: readonly string[];
  /** What the log got, as JSON lines. */
  readonly logged: readonly string[];
  /** The answers of the TCP listener that are not finished. */
  openResponses(): ReadonlySet<ServerResponse>;
  /** Makes `/readyz` say so. */
  setReady(ready: boolean): void;
  /** A URL whose server takes the request and never answers. */
  readonly silentUrl: string;
  /** A path in the directory for downloads. */
  target(name: string): string;
  /** Sends as alice over TCP unless told otherwise. */
  send(request: ApiRequest): Promise<ApiAnswer>;
}

export interface ApiWorldOptions {
  readonly limits?: Partial<ApiLimits>;
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  /** Directory of the job store; one of its own unless told. */
  readonly dataDir?: string;
  /** Stands in for parts of the real service. */
  readonly replace?: (service: TransferService) => TransferService;
  /** Answers are compared with their schemas unless false. */
  readonly checkAnswers?: boolean;
}

export async function openApiWorld(options: ApiWorldOptions = {}): Promise<ApiWorld> {
  const directory = await temporaryDirectory();
  const closing = new AsyncDisposableStack();
  closing.use(directory);
  await mkdir(directory.join('downloads'));
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  closing.defer(() => void silent.close());
  const running = await openEngine({
    dataDir: options.dataDir ?? directory.join('data'),
    processName: 'a test',
    ca: undefined,
    network: new ManualNetwork(),
    onWarning: (message) => process.emitWarning(message),
    settings: () => ({
      transfer: {
        pieceSizeBytes: 65_536,
        minSplitBytes: 4_194_304,
        connectionsPerFile: 4,
        userAgent: 'haulyard/test',
      },
      slots: { foregroundSlots: 1, backgroundSlots: 4, timeSliceMs: 300_000 },
      retry: { ...DEFAULT_RETRY_POLICY, delaysMs: [20, 40], jitter: 0 },
      connectionsPerOrigin: 4,
      maxBytesPerSecond: undefined,
      owner: 'alice',
      startInterrupted: true,
      onWarning: (message) => process.emitWarning(message),
    }),
  });
  closing.defer(() => running.close());
  const hub = closing.use(new EventHub(running.engine));
  const real = closing.use(createTransferService(running.engine, hub));
  const service = options.replace?.(real) ?? real;
  const asked: string[] = [];
  const logged: string[] = [];
  let ready = true;
  const common = {
    service,
    host: testHost(asked, () => ready, directory.path),
    authenticator: { byToken: callerOfToken },
    logger: recordingLogger(logged),
    checkAnswers: options.checkAnswers ?? true,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
  const { allowedHosts = [], allowedOrigins = [] } = options;
  const tcp = createApi({ ...common, listener: { kind: 'tcp', allowedHosts, allowedOrigins } });
  const socket = createApi({ ...common, listener: { kind: 'socket', caller: CALLERS.alice } });
  closing.defer(() => socket.close());
  closing.defer(() => tcp.close());
  const responses = new Set<ServerResponse>();
  tcp.server.on('request', (_request, response: ServerResponse) => {
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  const socketPath = directory.join('api.sock');
  await tcp.listen({ host: '127.0.0.1', port: 0 });
  await socket.listen({ path: socketPath });
  const { port } = tcp.server.address() as AddressInfo;
  return {
    engine: running.engine,
    service,
    tcp,
    port,
    socketPath,
    asked,
    logged,
    silentUrl: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/silence`,
    openResponses: () => responses,
    setReady: (value) => void (ready = value),
    target: (name) => directory.join('downloads', name),
    send: (request) => sendRequest({ port, token: TOKENS.alice, ...request }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function callerOfToken(token: string): Caller | undefined {
  const name = Object.keys(TOKENS).find((user) => TOKENS[user as keyof typeof TOKENS] === token);
  return name === undefined ? undefined : CALLERS[name as keyof typeof CALLERS];
}

const NO_LIMIT = { bytesPerSecond: null, rule: 'none' } as const;
const LIMITS = {
  total: NO_LIMIT,
  foreground: NO_LIMIT,
  background: NO_LIMIT,
  job: NO_LIMIT,
  linkBytesPerSecond: null,
  nextChangeAt: null,
} as const;

/** The process the routes run in, as far as they see it. */
function testHost(asked: string[], ready: () => boolean, dataDirectory: string): ServiceHost {
  const noting = <Result>(what: string, result: Result): Result => {
    asked.push(what);
    return result;
  };
  const settings = [
    { key: 'jobs.foreground_slots', value: 8, provider: 'default' as const, source: null },
  ];
  return {
    startedAtMs: 1_700_000_000_000,
    dataDirectory,
    user: 'alice',
    listeners: () => ['http://127.0.0.1'],
    problems: () => [],
    ready,
    limits: () => LIMITS,
    changeLimits: async (change) => noting(`limits ${JSON.stringify(change)}`, LIMITS),
    config: () => ({ settings }),
    changeConfig: async ({ set }) => noting(`config ${JSON.stringify(set)}`, { settings }),
    testPolicy: (caller, wanted) =>
      noting(`policy ${caller.user} ${JSON.stringify(wanted)}`, {
        limits: LIMITS,
        facts: {},
        settings,
        jobs: [],
        truncated: false,
      }),
    network: () => ({
      online: true,
      costState: 1,
      cost: 'unrestricted',
      cellular: null,
      vpn: null,
      onBattery: false,
      batteryPercent: null,
    }),
    reload: async () => noting('reload', { changed: [], needRestart: [] }),
    stop: () => noting('stop', undefined),
    logs: (limit) => noting(`logs ${limit}`, ['a line']),
  };
}

/** A logger that keeps what it is told as lines of JSON. */
function recordingLogger(lines: string[]): FastifyBaseLogger {
  const note =
    (level: string) =>
    (...parts: readonly unknown[]): void => {
      const told = parts.map((part) => JSON.stringify(part, plainError));
      lines.push(`${level} ${told.join(' ')}`);
    };
  const logger: FastifyBaseLogger = {
    level: 'trace',
    fatal: note('fatal'),
    error: note('error'),
    warn: note('warn'),
    info: note('info'),
    debug: note('debug'),
    trace: note('trace'),
    silent: () => undefined,
    child: () => logger,
  };
  return logger;
}

function plainError(_key: string, value: unknown): unknown {
  return value instanceof Error ? { message: value.message, stack: value.stack } : value;
}
