import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';

import { runCommand } from '../scripts/run-command.ts';

/** A link of a network lab. */
export interface LinkOptions {
  /** Bits per second from here to the client, headers included; as fast as it goes unless told. */
  readonly bitsPerSecond?: number;
}

/**
 * A second host behind a link: a network namespace at the other end of a pair of virtual
 * interfaces. Servers run here and listen on `address`, clients run over there.
 *
 * Nothing of it outlives the benchmark, even one that is killed: the namespace belongs to a process
 * that ends with our end of a pipe, and takes both interfaces along.
 */
export interface NetworkLab extends AsyncDisposable {
  /** IPv4 address of this side, for servers to listen on. */
  readonly address: string;
  /** The command that runs `command` over there. */
  readonly over: (command: readonly string[]) => readonly string[];
  /** Shapes the link anew; what is on its way in the old queue is lost. */
  shape(link: LinkOptions): Promise<void>;
  /** Bytes that left for the client so far; of headers about a thousandth is counted. */
  sentBytes(): Promise<number>;
}

/** What an Ethernet frame of 1,500 bytes carries of a TCP stream with timestamps. */
const SEGMENT_BYTES = 1_448;

/** Ethernet, IPv4 and TCP headers with timestamps; tbf does not count checksum, preamble and gap. */
const HEADER_BYTES = 14 + 20 + 32;

/** The part of a shaped link's rate that can be payload: 0.956. */
export const PAYLOAD_SHARE: number = SEGMENT_BYTES / (SEGMENT_BYTES + HEADER_BYTES);

/** Bytes of payload per second that a shaped link can carry. */
export function payloadBytesPerSecond(bitsPerSecond: number): number {
  return (bitsPerSecond / 8) * PAYLOAD_SHARE;
}

/** Longest that a packet waits in the queue of a shaped link before it is dropped. */
const QUEUE_MS = 50;

/** What may leave at once after a pause; tbf needs a timer tick's worth of it, and one large packet. */
const MIN_BURST_BYTES = 131_072;
const BURST_MS = 4;

/** Networks set aside for benchmarks (RFC 2544, appendix C.2.2): 198.18.0.0/15, a /30 for each lab. */
const LAB_COUNT = 1 << 15;

/** Opens a lab. Needs the right to make network namespaces: on most systems root's. */
export async function openNetworkLab(link: LinkOptions = {}): Promise<NetworkLab> {
  await using stack = new AsyncDisposableStack();
  const holder = await namespaceHolder();
  stack.defer(() => endHolder(holder));
  const pid = String(holder.pid);
  const over = (command: readonly string[]): readonly string[] => [
    'nsenter',
    `--net=/proc/${pid}/ns/net`,
    '--',
    ...command,
  ];
  const [here, there] = freeAddresses(holder.pid ?? 0);
  const name = `hy${pid}`;
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`, 'netns', pid);
  await ip('addr', 'add', `${here}/30`, 'dev', name);
  await ip('link', 'set', name, 'up');
  const ipThere = (...args: readonly string[]): Promise<void> => run(over(['ip', ...args]));
  await ipThere('link', 'set', 'lo', 'up');
  await ipThere('addr', 'add', `${there}/30`, 'dev', `${name}p`);
  await ipThere('link', 'set', `${name}p`, 'up');
  const lab: NetworkLab = {
    address: here,
    over,
    shape: ({ bitsPerSecond }) => shape(name, bitsPerSecond),
    sentBytes: async () =>
      Number(await readFile(`/sys/class/net/${name}/statistics/tx_bytes`, 'utf8')),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  await lab.shape(link);
  const owned = stack.move();
  return lab;
}

/** A process with a network namespace of its own, which ends when its input does. */
async function namespaceHolder(): Promise<ChildProcess> {
  const holder = spawn('unshare', ['--net', '--', 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  holder.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const lines = createInterface(holder.stdout);
  const ended = once(holder, 'close').then(() => {
    throw new Error(`No network namespace: ${complaint.trim()}. This benchmark needs root.`);
  });
  await Promise.race([once(lines, 'line'), ended]);
  ended.catch(() => undefined);
  return holder;
}

async function endHolder(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return;
  const ended = once(holder, 'close');
  holder.stdin?.end();
  await ended;
}

/** Both addresses of a network that no interface is in, so that labs can stand side by side. */
function freeAddresses(seed: number): readonly [string, string] {
  const used = new Set(
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  );
  for (let attempt = 0; attempt < LAB_COUNT; attempt += 1) {
    const base = ((seed + attempt) % LAB_COUNT) * 4;
    const address = (host: number): string => {
      const at = base + host;
      return `198.${18 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
    };
    if (!used.has(address(1))) return [address(1), address(2)];
  }
  throw new Error('All networks for benchmarks are taken.');
}

async function shape(device: string, bitsPerSecond: number | undefined): Promise<void> {
  // Without a discipline of ours the interface has none, so there may be nothing to delete.
  if (bitsPerSecond === undefined) {
    await runCommand('tc', ['qdisc', 'del', 'dev', device, 'root']);
    return;
  }
  const burst = Math.max(MIN_BURST_BYTES, Math.round((bitsPerSecond / 8_000) * BURST_MS));
  const bucket = [
    'rate',
    `${bitsPerSecond}bit`,
    'burst',
    String(burst),
    'latency',
    `${QUEUE_MS}ms`,
  ];
  await run(['tc', 'qdisc', 'replace', 'dev', device, 'root', 'tbf', ...bucket]);
}

function ip(...args: readonly string[]): Promise<void> {
  return run(['ip', ...args]);
}

async function run([command = '', ...args]: readonly string[]): Promise<void> {
  const { ok, output } = await runCommand(command, args);
  if (!ok) throw new Error(`${[command, ...args].join(' ')} failed: ${output.trim()}`);
}
