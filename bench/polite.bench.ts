import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { truncate, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { runCommand } from '../scripts/run-command.ts';
import { startNginx } from '../test/support/web-servers.ts';
import { benchArguments } from './arguments.ts';
import { beginReport } from './bench-report.ts';
import { needCommands } from './debian.ts';
import { installHaulyard } from './installed-haulyard.ts';
import { versionsOf } from './machine.ts';
import { openNetworkLab, payloadBytesPerSecond } from './network-lab.ts';
import type { Sample } from './programs/background-job.ts';
import { median } from './rounds.ts';
import { scratchDirectory } from './scratch.ts';

// A background download beside curl on a link that both need.
const args = benchArguments(
  'polite',
  'A background download beside curl on a shaped link: what it takes of the link meanwhile, and how\n' +
    'long after the end of curl it has 90 % of it. Needs root.',
  {
    only: { value: 'TEXT', default: '', help: 'only cases whose name has it: 100-50ms-cubic' },
    seconds: { value: 'S', default: '20', help: 'how long curl runs' },
  },
);
await needCommands('nginx', 'curl', 'ip', 'unshare');

const MBIT = 1_000_000;
/** The background is alone for so long first. */
const ALONE_MS = 9_000;
/** Curl begins so much earlier where it is the first. */
const FIRST_MS = 3_000;
const AFTER_MS = 8_000;
/** A rate is one over half a second. */
const WINDOW_MS = 500;
const duringMs = args.positive('seconds') * 1_000;

interface Case {
  readonly id: string;
  readonly mbit: number;
  readonly queueMs: number;
  /** How the server's TCP finds its rate. */
  readonly congestion: 'cubic' | 'bbr';
  readonly curls: number;
  readonly curlFirst: boolean;
}

/** A download under way. */
interface Download {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

interface Outcome {
  readonly background: number;
  readonly foreground: number;
  /** Infinity when it was not back at all. */
  readonly backMs: number;
}

const CASES: readonly Case[] = [
  one(100, 50, 'cubic'),
  one(100, 50, 'bbr'),
  one(100, 400, 'cubic'),
  one(20, 50, 'cubic'),
  one(1_000, 20, 'cubic'),
  { ...one(100, 50, 'cubic'), id: '100-50ms-cubic-3', curls: 3 },
  { ...one(100, 50, 'cubic'), id: '100-50ms-cubic-curl-first', curlFirst: true },
];

const report = beginReport(args, versionsOf(['curl', 'nginx']));
await using haulyard = await installHaulyard();
await using www = await scratchDirectory('disk');
await using lab = await openNetworkLab();
await writeFile(www.join('large.bin'), '');
// A hole: nobody reads it to its end, but the disk must have room for all of it.
await truncate(www.join('large.bin'), 16 * 1_073_741_824);
await using nginx = await startNginx({ root: www.path, address: lab.address });
const url = nginx.url('/large.bin');

const contenders: Readonly<Record<string, () => Promise<Download>>> = {
  'haulyard, background': () => startJob('NORMAL'),
  'haulyard, foreground': () => startJob('FOREGROUND'),
  curl: () => startCurl(),
};

for (const what of CASES.filter(({ id }) => id.includes(args.text('only')))) await compare(what);
await report.finish();

function one(mbit: number, queueMs: number, congestion: Case['congestion']): Case {
  const id = `${mbit}-${queueMs}ms-${congestion}`;
  return { id, mbit, queueMs, congestion, curls: 1, curlFirst: false };
}

async function compare(what: Case): Promise<void> {
  const { id, mbit, queueMs, congestion, curls, curlFirst } = what;
  await shape(what);
  const outcomes = new Map<string, Outcome[]>();
  for (let round = 0; round < args.rounds; round += 1) {
    for (const [name, start] of Object.entries(contenders)) {
      outcomes.set(name, [...(outcomes.get(name) ?? []), await beside(what, start)]);
    }
    process.stderr.write(`${id}: round ${round + 1} of ${args.rounds} done\n`);
  }
  const middle = (name: string, pick: (outcome: Outcome) => number): number =>
    median((outcomes.get(name) ?? []).map(pick));
  const order = curlFirst ? 'first' : 'second';
  report.table({
    id,
    title: `Beside ${curls} curl, which came ${order}, for ${duringMs / 1_000} s on ${mbit} Mbit/s with a queue of ${queueMs} ms and ${congestion}, ${args.rounds} rounds`,
    columns: [
      { key: 'name', title: 'in the background' },
      { key: 'background', title: 'its share of the link' },
      { key: 'foreground', title: 'share of curl' },
      { key: 'back', title: 's until it has 90 %' },
      { key: 'all', title: 'its shares' },
    ],
    rows: Object.keys(contenders).map((name) => ({
      name,
      background: middle(name, ({ background }) => background),
      foreground: middle(name, ({ foreground }) => foreground),
      back: finite(middle(name, ({ backMs }) => backMs / 1_000)),
      all: (outcomes.get(name) ?? []).map(({ background }) => background.toFixed(3)).join(' '),
    })),
  });
  const polite = 'haulyard, background';
  report.show({
    what: `polite, ${id}: share of the link beside curl`,
    reached: middle(polite, ({ background }) => background),
    holds: 'at most',
    bound: 0.1,
  });
  report.show({
    what: `polite, ${id}: back at 90 % of the link`,
    reached: middle(polite, ({ backMs }) => backMs / 1_000),
    holds: 'at most',
    bound: 3,
    unit: 's',
  });
}

async function beside(what: Case, start: () => Promise<Download>): Promise<Outcome> {
  const { mbit, curls, curlFirst } = what;
  const link = payloadBytesPerSecond(mbit * MBIT);
  const startCurls = (): Promise<Download[]> =>
    Promise.all(Array.from({ length: curls }, () => startCurl()));
  let foreground: readonly Download[] = [];
  if (curlFirst) {
    foreground = await startCurls();
    await delay(FIRST_MS);
  }
  const background = await start();
  if (!curlFirst) {
    await delay(ALONE_MS);
    foreground = await startCurls();
  }
  const fromMs = Date.now();
  await delay(duringMs);
  const toMs = Date.now();
  await Promise.all(foreground.map((each) => each.stop()));
  await delay(AFTER_MS);
  await background.stop();
  const rate = ({ samples }: Download, a: number, b: number): number =>
    ((bytesAt(samples, b) - bytesAt(samples, a)) * 1_000) / (b - a) / link;
  let backMs = Infinity;
  for (let ms = toMs; ms + WINDOW_MS <= toMs + AFTER_MS && backMs === Infinity; ms += 50) {
    if (rate(background, ms, ms + WINDOW_MS) >= 0.9) backMs = ms + WINDOW_MS - toMs;
  }
  return {
    background: rate(background, fromMs, toMs),
    foreground: foreground.reduce((sum, each) => sum + rate(each, fromMs, toMs), 0),
    backMs,
  };
}

/** Bytes at a moment, between two samples in proportion. */
function bytesAt(samples: readonly Sample[], ms: number): number {
  let before: Sample = [0, 0];
  for (const sample of samples) {
    if (sample[0] >= ms) {
      const part = before[0] === 0 ? 1 : (ms - before[0]) / (sample[0] - before[0]);
      return before[1] + part * (sample[1] - before[1]);
    }
    before = sample;
  }
  return before[1];
}

async function startJob(priority: 'NORMAL' | 'FOREGROUND'): Promise<Download> {
  const directory = await scratchDirectory('disk');
  const program = `${import.meta.dirname}/programs/background-job.ts`;
  const child = runOver(
    [process.execPath, program, haulyard.library, url, directory.path, priority],
    'pipe',
  );
  const samples: Sample[] = [];
  createInterface(child.stdout!).on('line', (line) => samples.push(JSON.parse(line) as Sample));
  return {
    samples,
    async stop() {
      const ended = once(child, 'close');
      child.stdin!.end();
      const [code] = (await ended) as [number | null];
      if (code !== 0) throw new Error('The download of haulyard failed: see above.');
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function startCurl(): Promise<Download> {
  const child = runOver(['curl', '-sS', '-o', '-', url], 'ignore');
  const samples: Sample[] = [];
  let bytes = 0;
  child.stdout!.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    samples.push([Date.now(), bytes]);
  });
  return {
    samples,
    async stop() {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function runOver([first = '', ...rest]: readonly string[], stdin: 'pipe' | 'ignore'): ChildProcess {
  const [command = '', ...words] = lab.over([first, ...rest]);
  return spawn(command, words, {
    stdio: [stdin, 'pipe', 'inherit'],
    env: { ...process.env, ...haulyard.env },
  });
}

/** The link, and how the server's TCP behaves on it: more than the lab's own shapes. */
async function shape({ mbit, queueMs, congestion }: Case): Promise<void> {
  const device = Object.entries(networkInterfaces()).find(([, addresses = []]) =>
    addresses.some(({ address }) => address === lab.address),
  )?.[0];
  if (device === undefined) throw new Error('The interface of the lab is gone.');
  const burst = String(Math.max(65_536, Math.round(mbit * 500)));
  const limits = ['rate', `${mbit}mbit`, 'burst', burst, 'latency', `${queueMs}ms`];
  await run('tc', 'qdisc', 'replace', 'dev', device, 'root', 'tbf', ...limits);
  const network = networkOf(lab.address);
  await run(
    'ip',
    'route',
    'replace',
    network,
    'dev',
    device,
    'src',
    lab.address,
    'congctl',
    congestion,
  );
}

/** The /30 that an address of a lab is in. */
function networkOf(address: string): string {
  const parts = address.split('.').map(Number);
  return `${[...parts.slice(0, 3), (parts[3] ?? 0) & ~3].join('.')}/30`;
}

async function run(command: string, ...words: readonly string[]): Promise<void> {
  const { ok, output } = await runCommand(command, words);
  if (!ok) throw new Error(`${command} ${words.join(' ')} failed: ${output.trim()}`);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
