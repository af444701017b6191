import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that runs as a child process and listens on a loopback port. */
export interface ChildServer extends AsyncDisposable {
  readonly port: number;
}

/** How to start one. */
export interface ChildServerOptions {
  /** The command, which is also how it is called in messages. */
  readonly command: string;
  /** The Debian package that brings the command. */
  readonly debianPackage: string;
  /** Writes what the server needs to listen on this port, and returns its arguments. */
  readonly prepare: (port: number) => Promise<readonly string[]>;
  readonly env?: Readonly<Record<string, string>>;
}

const START_ATTEMPTS = 3;
const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 2_000;

/** Starts a server and waits until it accepts connections. */
export async function startChildServer(options: ChildServerOptions): Promise<ChildServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options, await freePort());
    } catch (error) {
      // Between our look and the server's bind somebody else may have taken the port.
      if (attempt === START_ATTEMPTS || !/in use/i.test(String(error))) throw error;
    }
  }
}

async function startOnce(options: ChildServerOptions, port: number): Promise<ChildServer> {
  const { command, debianPackage, prepare } = options;
  const args = await prepare(port);
  const env = { ...process.env, ...options.env };
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  let failure: Error | undefined;
  child.stderr.on('data', (text: Buffer) => (complaint = (complaint + text).slice(-4_000)));
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      const help = missing ? `apt-get install -y --no-install-recommends ${debianPackage}` : '';
      const sentence = missing
        ? `${command} is not installed: ${help}`
        : `${command} cannot start.`;
      failure = new Error(sentence, { cause: error });
      resolve();
    });
    child.once('exit', () => resolve());
  });
  // A test process that dies must not leave its servers behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  void exited.then(() => process.off('exit', kill));

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }

  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (failure) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${command} ended at its start: ${complaint.trim()}`);
    }
    if (performance.now() > giveUpAt) {
      await stop();
      throw new Error(`${command} accepts no connection on port ${port}: ${complaint.trim()}`);
    }
    await sleep(10);
  }
  return { port, [Symbol.asyncDispose]: stop };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
