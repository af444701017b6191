import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { sendRequest, type ApiAnswer, type ApiRequest } from './api-client.ts';
import { temporaryDirectory, until } from './temporary.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/haulyard.js', import.meta.url));
const START_TIMEOUT_MS = 30_000;

/** A user of the machine whom a service runs as. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** How a service is started in its place. */
export interface StartOptions {
  /** Variables besides those that name the place's own files. */
  readonly env?: Readonly<Record<string, string>>;
  /** Words after `daemon run`. */
  readonly args?: readonly string[];
  /** The user the place was made for unless told. */
  readonly as?: RunAs;
  /** In place of the program itself: what starts it, given its words. */
  readonly launch?: (program: string, words: readonly string[]) => readonly [string, ...string[]];
  /** Descriptors that the process inherits from number 3 on. */
  readonly inherit?: readonly number[];
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One line of the service's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [key: string]: unknown;
}

/** A service that runs as a process of its own. */
export interface DaemonProcess {
  readonly pid: number;
  /** Where it says that it listens. */
  readonly addresses: readonly string[];
  /** Of its TCP listener. */
  readonly port: number;
  readonly log: readonly LogLine[];
  /** The newest of what it wrote to its standard error, for messages of tests. */
  said(): string;
  /** Sends over the service's own socket unless a port is given. */
  call(request: ApiRequest): Promise<ApiAnswer>;
  /** Sends and expects success; returns the body. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  ask(method: string, path: string, body?: unknown): Promise<any>;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, as a crash would end it. */
  kill(): Promise<void>;
  /** SIGTERM, and how it ended. */
  stop(): Promise<Exit>;
  readonly exited: Promise<Exit>;
}

/** The files of one service, for as many processes as come one after the other. */
export interface DaemonPlace extends AsyncDisposable {
  readonly socket: string;
  readonly dataDir: string;
  readonly configFile: string;
  /** A path in the place's directory; nothing is created. */
  join(...parts: string[]): string;
  /** A path in the directory for downloads. */
  target(name: string): string;
  /** Writes the configuration file; a running service reads it when told. */
  configure(toml: string): Promise<void>;
  /** Starts a service and waits until it is ready; a start that fails throws what it said. */
  start(options?: StartOptions): Promise<DaemonProcess>;
  /** Starts one that is to be refused: how it ended and what it said. */
  refused(options?: StartOptions): Promise<Exit & { readonly stderr: string }>;
}

/**
 * Makes a place for a service. All processes started in it are gone when it is disposed of.
 *
 * @param as - owns the place's files, for a service that does not run as the test's own user
 */
export async function daemonPlace(toml = '', as?: RunAs): Promise<DaemonPlace> {
  const directory = await temporaryDirectory();
  const children = new Set<ChildProcess>();
  const configFile = directory.join('config.toml');
  const configure = (text: string): Promise<void> => writeFile(configFile, text, { mode: 0o644 });
  await configure(toml);
  for (const name of ['run', 'downloads', 'home']) await mkdir(directory.join(name));
  if (as !== undefined) {
    await chmod(directory.path, 0o755);
    for (const path of ['', 'run', 'downloads', 'home']) {
      await chown(directory.join(path), as.uid, as.gid);
    }
  }
  const socket = directory.join('run', 'haulyard.sock');
  const dataDir = directory.join('data');

  function launch({
    env,
    args = [],
    as: user = as,
    inherit = [],
    ...options
  }: StartOptions): Child {
    const words = [PROGRAM, 'daemon', 'run', '--config', configFile, ...args];
    const [command, ...rest] = options.launch?.(process.execPath, words) ?? [
      process.execPath,
      ...words,
    ];
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', ...inherit];
    const child = spawn(command, rest, {
      stdio,
      cwd: '/',
      env: {
        PATH: process.env['PATH'],
        ...(user === undefined
          ? { HOME: process.env['HOME'] }
          : { HOME: directory.join('home'), TMPDIR: directory.join('home') }),
        HAULYARD_DATA_DIR: dataDir,
        HAULYARD_SOCKET: socket,
        ...env,
      },
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    // A test process that dies must not leave its services behind.
    const killNow = (): void => void child.kill('SIGKILL');
    process.once('exit', killNow);
    children.add(child);
    const exited = new Promise<Exit>((resolve) => {
      child.once('close', (code, signal) => {
        process.off('exit', killNow);
        children.delete(child);
        resolve({ code, signal });
      });
    });
    return { child, exited, stderr: followLines(child) };
  }

  return {
    socket,
    dataDir,
    configFile,
    join: (...parts) => directory.join(...parts),
    target: (name) => directory.join('downloads', name),
    configure,
    async start(options = {}) {
      const { child, exited, stderr } = launch(options);
      let ended: Exit | undefined;
      void exited.then((exit) => (ended = exit));
      const ready = await until(() => stderr.log.find(({ msg }) => msg === 'ready') ?? ended, {
        what: `the service to be ready; it said ${stderr.text()}`,
        timeoutMs: START_TIMEOUT_MS,
      });
      if (ready === undefined || !('msg' in ready)) {
        throw new Error(`The service ended with ${String(ended?.code)}: ${stderr.text()}`);
      }
      return daemonProcess(
        child,
        exited,
        ready,
        stderr,
        options.env?.['HAULYARD_SOCKET'] ?? socket,
      );
    },
    async refused(options = {}) {
      const { child, exited, stderr } = launch(options);
      const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
      const exit = await exited;
      clearTimeout(timer);
      return { ...exit, stderr: stderr.text() };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        [...children].map(async (child) => {
          const closed = once(child, 'close');
          child.kill('SIGKILL');
          await closed;
        }),
      );
      await directory[Symbol.asyncDispose]();
    },
  };
}

interface Child {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly stderr: { readonly log: readonly LogLine[]; text(): string };
}

function daemonProcess(
  child: ChildProcess,
  exited: Promise<Exit>,
  ready: LogLine,
  stderr: Child['stderr'],
  socket: string,
): DaemonProcess {
  const addresses = ready['addresses'] as readonly string[];
  const call = (request: ApiRequest): Promise<ApiAnswer> =>
    sendRequest(request.port === undefined ? { socketPath: socket, ...request } : request);
  return {
    pid: ready['pid'] as number,
    addresses,
    get port() {
      const [, port] = /^http:\/\/.*:(\d+)$/m.exec(addresses.join('\n')) ?? [];
      return Number(port);
    },
    log: stderr.log,
    said: () => stderr.text(),
    call,
    async ask(method, path, body) {
      const answer = await call({ method, path, body });
      if (answer.status < 300) return answer.json;
      throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`);
    },
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
    exited,
  };
}

/** The lines a process writes to its standard error; those of the log are JSON. */
function followLines(child: ChildProcess): Child['stderr'] {
  const log: LogLine[] = [];
  let text = '';
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-20_000);
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
    }
  });
  return { log, text: () => text.trim() };
}
