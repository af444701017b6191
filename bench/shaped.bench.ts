import { mkdir, rm } from 'node:fs/promises';

import { startDelayProxy } from '../test/support/delay-proxy.ts';
import { compareFile, fillFile, startOrigin } from '../test/support/origin.ts';
import { startNginx } from '../test/support/web-servers.ts';
import { benchArguments } from './arguments.ts';
import { beginReport } from './bench-report.ts';
import { needCommands } from './debian.ts';
import { runJobsInProcess } from './in-process.ts';
import { installHaulyard } from './installed-haulyard.ts';
import { versionsOf } from './machine.ts';
import { openNetworkLab, payloadBytesPerSecond } from './network-lab.ts';
import { aria2c, axel, curl, type Peer } from './peers.ts';
import { costColumns, costRow, interleaved, type Contender } from './rounds.ts';
import { scratchDirectory } from './scratch.ts';
import { timedCommand } from './timed-command.ts';

// One file over links that are slower than the machine, into memory: how much of the link is used.
const args = benchArguments(
  'shaped',
  'One file over a shaped link, from a server that caps each connection, and over a distance.\n' +
    'Needs root. A case that would take more than a minute runs fewer rounds, at least one.',
  {
    size: { value: 'MIB', default: '256', help: 'size of the file' },
    only: {
      value: 'CASES',
      default: '',
      help: 'of link-1000, link-100, capped, distant, distant-link-100',
    },
  },
);
await needCommands('nginx', 'curl', 'aria2c', 'axel', 'ip', 'unshare', 'time');

const SEED = 11;
const sizeBytes = Math.round(args.positive('size') * 1_048_576);
const MBIT = 1_000_000;

/** Time for one case, in seconds. */
const CASE_SECONDS = 60;

/** What the capped server gives to a connection, and how many it serves at once. */
const CAP_BYTES_PER_SECOND = 10_000_000;
const CAP_CONNECTIONS = 4;

/** Each way: a round trip takes 50 ms. */
const DELAY_MS = 25;

const RUNNING = 'haulyard, running process';

/** A way to the file. */
interface Case {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  /** Payload that can pass in a second; undefined where only the machine is the limit. */
  readonly bytesPerSecond: number | undefined;
  readonly peers: Readonly<Record<string, Peer>>;
}

const report = beginReport(args, versionsOf(['curl', 'aria2c', 'axel', 'nginx']));
await using haulyard = await installHaulyard();
await using www = await scratchDirectory('memory');
await using directory = await scratchDirectory('memory');
await using times = await scratchDirectory('memory');
await using lab = await openNetworkLab();
await fillFile(www.join('large.bin'), sizeBytes, SEED);
await using nginx = await startNginx({ root: www.path, address: lab.address });
await using distant = await startDelayProxy({
  target: { host: '127.0.0.1', port: nginx.port },
  host: lab.address,
  delayMs: DELAY_MS,
});
await using capped = await startOrigin({
  host: lab.address,
  limits: {
    perConnectionBytesPerSecond: CAP_BYTES_PER_SECOND,
    maxConnections: CAP_CONNECTIONS,
  },
});
const url = nginx.url('/large.bin');
const parallel = { 'aria2c -x4': aria2c(4), 'axel -n 4': axel(4) };
const everybody = { curl, ...parallel };

for (const mbit of [1_000, 100]) {
  await lab.shape({ bitsPerSecond: mbit * MBIT });
  await compare({
    id: `link-${mbit}`,
    title: `a link of ${mbit} Mbit/s`,
    url,
    bytesPerSecond: payloadBytesPerSecond(mbit * MBIT),
    peers: mbit === 100 ? { curl } : everybody,
  });
}
await lab.shape({});
await compare({
  id: 'capped',
  title: `a server that gives each of ${CAP_CONNECTIONS} connections ${CAP_BYTES_PER_SECOND / 1e6} MB/s`,
  url: capped.put('/large.bin', { body: { size: sizeBytes, seed: SEED } }),
  bytesPerSecond: CAP_CONNECTIONS * CAP_BYTES_PER_SECOND,
  peers: parallel,
});
await compare({
  id: 'distant',
  title: `a round trip of ${2 * DELAY_MS} ms`,
  url: distant.via(url),
  bytesPerSecond: undefined,
  peers: everybody,
});
await lab.shape({ bitsPerSecond: 100 * MBIT });
await compare({
  id: 'distant-link-100',
  title: `a round trip of ${2 * DELAY_MS} ms and a link of 100 Mbit/s`,
  url: distant.via(url),
  bytesPerSecond: payloadBytesPerSecond(100 * MBIT),
  peers: { curl },
});
await report.finish();

async function compare(what: Case): Promise<void> {
  const { id, title, bytesPerSecond, peers } = what;
  if (!args.wants(id)) return;
  const ours = [get(what), running(what)];
  const contenders = [
    ...Object.entries(peers).map(([name, peer]) => byPeer(what, name, peer)),
    ...ours,
  ];
  const target = directory.join('out.bin');
  // Every contender could use all of the link, so a round is known before it is run.
  const roundSeconds = (contenders.length * sizeBytes) / (bytesPerSecond ?? Infinity);
  const rounds = Math.max(1, Math.min(args.rounds, Math.floor(CASE_SECONDS / roundSeconds)));
  const results = await interleaved(contenders, rounds);

  await ours[0]!.run();
  const different = await compareFile(target, sizeBytes, SEED);
  if (different !== undefined)
    throw new Error(`${id}: the file differs from byte ${different} on.`);

  const bestPeer = Math.min(...results.slice(0, Object.keys(peers).length).map(({ wall }) => wall));
  const share = (wall: number): number | null =>
    bytesPerSecond === undefined ? null : sizeBytes / wall / bytesPerSecond;
  report.table({
    id,
    title: `${sizeBytes / 1_048_576} MiB over ${title}, ${rounds} rounds`,
    columns: costColumns(
      { key: 'perSecond', title: 'MB/s', digits: 1 },
      { key: 'share', title: 'share of the limit', digits: 3 },
      { key: 'ratio', title: 'wall / best peer' },
    ),
    rows: results.map((result) => ({
      ...costRow(result),
      perSecond: sizeBytes / 1e6 / result.wall,
      share: share(result.wall),
      ratio: result.wall / bestPeer,
    })),
  });
  for (const { name, wall } of results.slice(-ours.length)) {
    const reached = share(wall);
    if (reached === null) continue;
    const bound = id === 'capped' ? 0.95 : 0.97;
    report.show({
      what: `shaped, ${id}: ${name}, share of the limit`,
      reached,
      holds: 'at least',
      bound,
    });
  }
}

/** Every contender finds an empty directory. */
async function clean(): Promise<void> {
  await rm(directory.path, { recursive: true, force: true });
  await mkdir(directory.path);
}

function byPeer({ url }: Case, name: string, peer: Peer): Contender {
  return command(name, peer({ url, target: directory.join('out.bin') }));
}

function get({ url }: Case): Contender {
  const [target, dataDir] = [directory.join('out.bin'), directory.join('data')];
  return command('haulyard get', haulyard.command('get', url, '-o', target, '--data-dir', dataDir));
}

function command(name: string, words: readonly string[]): Contender {
  return {
    name,
    async run() {
      await clean();
      return timedCommand(lab.over(words), times.join('time'), haulyard.env);
    },
  };
}

function running({ url }: Case): Contender {
  return {
    name: RUNNING,
    async run() {
      await clean();
      const jobs = [[{ url, path: directory.join('out.bin') }]];
      const task = { dataDir: directory.join('data'), jobs };
      return (await runJobsInProcess(haulyard, task, { over: lab.over })).transfer;
    },
  };
}
