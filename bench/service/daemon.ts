import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

import type { Cost } from '../rounds.ts';
import { timedCommand } from '../timed-command.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'haulyard.js');

/** Longer than any start that is worth measuring. */
const READY_TIMEOUT_MS = 120_000;

/** A service in a process of its own, as `haulyard daemon run` starts it. */
export interface Daemon extends AsyncDisposable {
  readonly socket: string;
  /** From the start of the process until it said that it accepts calls, in milliseconds. */
  readonly readyMs: number;
  /** Processor time of that start, in milliseconds: what else the machine does is not in it. */
  readonly readyCpuMs: number;
  /** Memory in RAM just now, in MB; NaN where the system does not tell it. */
  readonly residentMb: () => Promise<number>;
  /** Processor time since the process began, in milliseconds. */
  readonly cpuMs: () => Promise<number>;
  /** Runs the command against this service and tells what it cost. */
  readonly command: (...args: readonly string[]) => Promise<Cost>;
}

/**
 * Starts a service on a data directory, and ends it as SIGTERM does once disposed of.
 *
 * `HAULYARD_BENCH_NODE_FLAGS` is handed to its Node, such as `--cpu-prof --cpu-prof-dir=/tmp/profile`.
 */
export async function startDaemon(directory: string): Promise<Daemon> {
  const socket = join(directory, 'h.sock');
  const env = ownEnvironment(directory);
  const flags = (process.env['HAULYARD_BENCH_NODE_FLAGS'] ?? '').split(' ').filter(Boolean);
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [...flags, BIN, 'daemon', 'run', '--data-dir', join(directory, 'data'), '--socket', socket]
      .concat(['--log-level', 'warn'])
      .concat(['--set', 'network.online=true', '--set', 'network.cost=unrestricted']),
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'exit');
  // A benchmark that is broken off must not leave its service behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    process.off('exit', kill);
  };
  const late = setTimeout(kill, READY_TIMEOUT_MS);
  try {
    await saidReady(createInterface(child.stderr));
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return {
    socket,
    readyMs: performance.now() - startedMs,
    readyCpuMs: await cpuMs(child.pid!),
    residentMb: () => residentMb(child.pid!),
    cpuMs: () => cpuMs(child.pid!),
    command: (...args) =>
      timedCommand([process.execPath, BIN, '--socket', socket, ...args], join(directory, 'time')),
    [Symbol.asyncDispose]: stop,
  };
}

/** Waits for the line that says so, and passes on every other one for as long as the service runs. */
function saidReady(lines: Interface): Promise<void> {
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      if (line.startsWith('haulyard: ready at')) resolve();
      else process.stderr.write(`${line}\n`);
    });
    lines.once('close', () => reject(new Error('The service ended before it was ready.')));
  });
}

/** Settings of whoever runs the benchmark must not change what is measured. */
function ownEnvironment(directory: string): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('HAULYARD_'));
  return { ...Object.fromEntries(others), XDG_CONFIG_HOME: join(directory, 'config') };
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024) / 1e6;
}

/** Fields 14 and 15 of proc(5), in hundredths of a second; the name in field 2 may have blanks. */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11] ?? NaN) + Number(fields[12] ?? NaN));
}
