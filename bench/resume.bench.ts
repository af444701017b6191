import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { compareFile, fillFile } from '../test/support/origin.ts';
import { seededRandomness } from '../test/support/seeded-randomness.ts';
import { startNginx } from '../test/support/web-servers.ts';
import { benchArguments } from './arguments.ts';
import { beginReport } from './bench-report.ts';
import { needCommands } from './debian.ts';
import { endWithUs } from './end-with-us.ts';
import { installHaulyard } from './installed-haulyard.ts';
import { versionsOf } from './machine.ts';
import { openNetworkLab, PAYLOAD_SHARE } from './network-lab.ts';
import { aria2c, curl, type Fetch } from './peers.ts';
import type { Row } from './report-types.ts';
import { scratchDirectory } from './scratch.ts';

// One file, fetched by a command that is killed again and again and started again each time: how
// many bytes the server sent more than once. The server counts, not the client.
const args = benchArguments(
  'resume',
  'Bytes that are fetched again after kills in the middle of a transfer, at 100 MB/s and at full\n' +
    'speed: haulyard beside aria2c -c and curl -C -. Needs root.',
  {
    size: { value: 'MIB', default: '2048', help: 'size of the file' },
    kills: { value: 'N', default: '20', help: 'how often each command is killed' },
    seed: { value: 'N', default: '1', help: 'of the moments of the kills' },
    rounds: { value: 'N', default: '1', help: 'how often all of this is done' },
    only: { value: 'NAMES', default: '', help: 'contenders as the table names them' },
  },
);
await needCommands('nginx', 'curl', 'aria2c', 'ip', 'unshare');

const SEED = 13;
const sizeBytes = Math.round(args.positive('size') * 1_048_576);
const kills = Math.round(args.positive('kills'));

/** Bytes of payload per second of the slower run. */
const RATE = 100_000_000;

/** What a kill may cost: this long a part of the transfer, or so many bytes if that is more. */
const MAX_LOSS_SECONDS = 2;
const MAX_LOSS_BYTES = 16 * 1_048_576;

/**
 * The part of the file that the killed lives are to fetch together, on average; the rest is for the
 * last one, so that hardly any run is finished before its last kill.
 */
const KILLED_PART = 0.8;

/** Bounds what the server counts as sent and the client never got. */
const SEND_BUFFER_BYTES = 262_144;

/** Time between two looks at how much has been sent. */
const LOOK_EVERY_MS = 2;

interface Contender {
  readonly name: string;
  readonly words: (fetch: Fetch) => readonly string[];
}

/** What became of one contender. */
interface Outcome {
  readonly kills: number;
  readonly sentBytes: number;
  readonly seconds: number;
  /** First byte that is wrong; undefined when all is right. */
  readonly differsFrom: number | undefined;
}

const report = beginReport(args, versionsOf(['curl', 'aria2c', 'nginx']));
await using haulyard = await installHaulyard();
await using www = await scratchDirectory('memory');
await using directory = await scratchDirectory('memory');
await using lab = await openNetworkLab();
await fillFile(www.join('large.bin'), sizeBytes, SEED);

const everybody: readonly Contender[] = [
  {
    name: 'haulyard get',
    words: ({ url, target }) =>
      haulyard.command('get', url, '-o', target, '--data-dir', directory.join('data')),
  },
  { name: 'curl -C -', words: (fetch) => [...curl(fetch), '-C', '-'] },
  { name: 'aria2c -c -x4', words: (fetch) => [...aria2c(4)(fetch), '-c'] },
  {
    name: 'aria2c -c -x4 --auto-save-interval=1',
    words: (fetch) => [...aria2c(4)(fetch), '-c', '--auto-save-interval=1'],
  },
];
const contenders = everybody.filter(({ name }) => args.wants(name));

for (const bytesPerSecond of [RATE, undefined]) {
  await lab.shape(
    bytesPerSecond === undefined ? {} : { bitsPerSecond: (bytesPerSecond * 8) / PAYLOAD_SHARE },
  );
  const rows: Row[] = [];
  for (let round = 0; round < args.rounds; round += 1) {
    for (const contender of contenders) {
      const outcome = await killAgainAndAgain(contender, args.positive('seed') + round);
      rows.push(rowOf(contender.name, outcome));
      process.stderr.write(`${contender.name} done\n`);
      if (contender.name === 'haulyard get') showOf(bytesPerSecond, outcome);
    }
  }
  const speed = bytesPerSecond === undefined ? 'full speed' : `${bytesPerSecond / 1e6} MB/s`;
  report.table({
    id: bytesPerSecond === undefined ? 'full-speed' : 'rate',
    title: `${sizeBytes / 1_048_576} MiB at ${speed}, killed ${kills} times`,
    columns: [
      { key: 'name', title: 'contender' },
      { key: 'kills', title: 'kills', digits: 0 },
      { key: 'againMb', title: 'fetched again MB', digits: 1 },
      { key: 'perKillMb', title: 'MB a kill' },
      { key: 'seconds', title: 'wall s', digits: 1 },
      { key: 'content', title: 'content' },
    ],
    rows,
  });
}
await report.finish();

async function killAgainAndAgain({ name, words }: Contender, seed: number): Promise<Outcome> {
  await using nginx = await startNginx({
    root: www.path,
    address: lab.address,
    sendBufferBytes: SEND_BUFFER_BYTES,
  });
  await rm(directory.path, { recursive: true, force: true });
  await mkdir(directory.path);
  const target = directory.join('out.bin');
  const command = lab.over(words({ url: nginx.url('/large.bin'), target }));
  const random = seededRandomness(seed);
  const startMs = performance.now();
  let killed = 0;
  for (;;) {
    // Every contender is killed after the same numbers of bytes.
    const life = (random.sample() * 2 * KILLED_PART * sizeBytes) / (kills + 1);
    const code = await runUntil(command, killed < kills ? life : Infinity);
    if (code === 0) break;
    if (code !== 'killed') throw new Error(`${name} failed with exit code ${code}.`);
    killed += 1;
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const log = await nginx.accessLog();
  return {
    kills: killed,
    sentBytes: log.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
    seconds,
    differsFrom: await compareFile(target, sizeBytes, SEED),
  };
}

/** Runs the command, and kills it once so many bytes have been sent to it. */
async function runUntil(
  [command = '', ...words]: readonly string[],
  bytes: number,
): Promise<number | 'killed'> {
  const before = await lab.sentBytes();
  const child = spawn(command, words, { env: haulyard.env, stdio: 'ignore', detached: true });
  endWithUs(child);
  const ended = once(child, 'exit');
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  while (running() && (await lab.sentBytes()) - before < bytes) await sleep(LOOK_EVERY_MS);
  child.kill('SIGKILL');
  await ended;
  return child.exitCode ?? 'killed';
}

function rowOf(name: string, outcome: Outcome): Row {
  const againMb = (outcome.sentBytes - sizeBytes) / 1e6;
  const { differsFrom } = outcome;
  return {
    name,
    kills: outcome.kills,
    againMb,
    perKillMb: againMb / outcome.kills,
    seconds: outcome.seconds,
    content: differsFrom === undefined ? 'right' : `wrong from byte ${differsFrom} on`,
  };
}

function showOf(bytesPerSecond: number | undefined, outcome: Outcome): void {
  if (outcome.differsFrom !== undefined) {
    throw new Error(`The file of haulyard differs from byte ${outcome.differsFrom} on.`);
  }
  // At full speed two seconds are more than the file, so only the bound in bytes says anything.
  const bound = Math.max(MAX_LOSS_BYTES, MAX_LOSS_SECONDS * (bytesPerSecond ?? 0)) / 1e6;
  const speed = bytesPerSecond === undefined ? 'full speed' : `${bytesPerSecond / 1e6} MB/s`;
  const reached = (outcome.sentBytes - sizeBytes) / 1e6 / outcome.kills;
  report.show({
    what: `resume, ${speed}: fetched again a kill`,
    reached,
    holds: 'at most',
    bound,
    unit: 'MB',
  });
}
