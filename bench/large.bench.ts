import { rm, writeFile } from 'node:fs/promises';

import { runCommand } from '../scripts/run-command.ts';
import { compareFile, fillFile, sha256Of } from '../test/support/origin.ts';
import { startNginx } from '../test/support/web-servers.ts';
import { benchArguments } from './arguments.ts';
import { beginReport } from './bench-report.ts';
import { needCommands } from './debian.ts';
import { runJobsInProcess } from './in-process.ts';
import { installHaulyard } from './installed-haulyard.ts';
import { versionsOf } from './machine.ts';
import { aria2c, axel, curl, curlThenSha256sum, wget, type Fetch, type Peer } from './peers.ts';
import { interleaved, ratioTable, resultNamed, type Contender, type Result } from './rounds.ts';
import { freeBytes, scratchDirectory, type Place } from './scratch.ts';
import { timedCommand } from './timed-command.ts';

// One large file over loopback from nginx, into memory and onto disk, by http and https, with and
// without a demand for its SHA-256. Commands are measured from their start to their end; haulyard in
// a process that runs already, as a service does, from `resume` until the job is TRANSFERRED.
const args = benchArguments(
  'large',
  'One large file over loopback: haulyard beside curl, aria2c, wget and axel.',
  {
    size: { value: 'MIB', default: '1024', help: 'size of the file' },
    only: {
      value: 'CASES',
      default: '',
      help: 'of memory-http, memory-https, disk-http, disk-https',
    },
  },
);
await needCommands('nginx', 'openssl', 'curl', 'aria2c', 'wget', 'axel', 'time');

const SEED = 7;
const sizeBytes = Math.round(args.positive('size') * 1_048_576);
const sha256 = sha256Of(sizeBytes, SEED);
const GET = 'haulyard get';
const GET_CHECKED = 'haulyard get --checksum';
const RUNNING = 'haulyard, running process';
const RUNNING_CHECKED = 'haulyard, running process, digest';

/** Bounds of the issue that asked for speed: a haulyard figure over a peer's. */
const BOUNDS: Readonly<Record<Place, { readonly plain: number; readonly checked: number }>> = {
  memory: { plain: 0.9, checked: 1.1 },
  disk: { plain: 0.8, checked: 1.1 },
};

const report = beginReport(args, versionsOf(['curl', 'aria2c', 'wget', 'axel', 'nginx']));
await using haulyard = await installHaulyard();
await using www = await scratchDirectory('disk');
await fillFile(www.join('large.bin'), sizeBytes, SEED);

for (const place of ['memory', 'disk'] as const) {
  for (const scheme of ['http', 'https'] as const) {
    const id = `${place}-${scheme}`;
    if (!args.wants(id)) continue;
    if ((await freeBytes(place)) < sizeBytes * 1.2) {
      console.log(`${id} is left out: there is too little space.`);
      continue;
    }
    await compare(id, place, scheme);
  }
}
await report.finish();

async function compare(id: string, place: Place, scheme: 'http' | 'https'): Promise<void> {
  await using nginx = await startNginx({
    root: www.path,
    ...(scheme === 'https' && { https: 'good' }),
  });
  await using directory = await scratchDirectory(place);
  await using times = await scratchDirectory('disk');
  const caFile = nginx.caPem === undefined ? undefined : times.join('ca.pem');
  if (caFile !== undefined) await writeFile(caFile, nginx.caPem ?? '');
  const fetch: Fetch = { url: nginx.url('/large.bin'), target: directory.join('out.bin'), caFile };
  const dataDir = directory.join('data');
  const env = { ...haulyard.env, ...(caFile !== undefined && { NODE_EXTRA_CA_CERTS: caFile }) };

  /** Every contender finds an empty directory, and nothing of another one still to be written. */
  async function clean(): Promise<void> {
    await rm(fetch.target, { force: true });
    await rm(dataDir, { recursive: true, force: true });
    if (place === 'disk') await runCommand('sync', ['-f', directory.path]);
  }
  const command = (name: string, words: readonly string[]): Contender => ({
    name,
    async run() {
      await clean();
      return timedCommand(words, times.join('time'), env);
    },
  });
  const peer = (name: string, words: Peer): Contender => command(name, words(fetch));
  const get = (name: string, ...options: readonly string[]): Contender =>
    command(
      name,
      haulyard.command('get', fetch.url, '-o', fetch.target, '--data-dir', dataDir, ...options),
    );
  const running = (name: string, digest?: string): Contender => ({
    name,
    async run() {
      await clean();
      const file = { url: fetch.url, path: fetch.target, sha256: digest };
      const { transfer } = await runJobsInProcess(haulyard, { dataDir, jobs: [[file]] }, { env });
      return transfer;
    },
  });
  const ours = [
    get(GET),
    running(RUNNING),
    get(GET_CHECKED, '--checksum', `sha-256=${sha256}`),
    running(RUNNING_CHECKED, sha256),
  ];
  const everyPeer = id === 'memory-http';
  const contenders = [
    peer('curl', curl),
    ...(everyPeer ? [peer('aria2c -x1', aria2c(1))] : []),
    peer('aria2c -x4', aria2c(4)),
    ...(everyPeer ? [peer('wget', wget), peer('axel -n 4', axel(4))] : []),
    peer('curl, then sha256sum', curlThenSha256sum(sha256)),
    ...(everyPeer ? [peer('aria2c -x4 --checksum', aria2c(4, sha256))] : []),
    ...ours,
  ];

  // Once without a clock: the content is compared, and compiled code gets into the cache.
  for (const contender of ours) {
    await contender.run();
    const different = await compareFile(fetch.target, sizeBytes, SEED);
    if (different !== undefined) {
      throw new Error(`${contender.name}: the file differs from byte ${different} on.`);
    }
  }
  const results = await interleaved(contenders, args.rounds);
  const where = place === 'memory' ? 'into memory' : 'onto disk';
  const title = `${sizeBytes / 1_048_576} MiB by ${scheme}, ${where}`;
  report.table(ratioTable(id, title, results, 'MB/s', sizeBytes / 1e6));
  shows(`large, ${where}, ${scheme}`, place, scheme, results);
}

function shows(
  name: string,
  place: Place,
  scheme: 'http' | 'https',
  results: readonly Result[],
): void {
  const base = resultNamed(results, 'curl');
  for (const each of [GET, RUNNING]) {
    const plain = resultNamed(results, each);
    const bound = scheme === 'https' ? 1 : BOUNDS[place].plain;
    const what = `${name}: ${each}`;
    report.show({
      what: `${what}, wall / curl`,
      reached: plain.wall / base.wall,
      holds: 'at most',
      bound,
    });
    if (place !== 'memory' || scheme !== 'http') continue;
    report.show({
      what: `${what}, CPU / curl`,
      reached: plain.cpu / base.cpu,
      holds: 'at most',
      bound: 1.1,
    });
    const aria = Math.min(
      ...['aria2c -x1', 'aria2c -x4'].map((peer) => resultNamed(results, peer).wall),
    );
    report.show({
      what: `${what}, wall / faster aria2c`,
      reached: plain.wall / aria,
      holds: 'at most',
      bound: 0.6,
    });
  }
  for (const each of [GET_CHECKED, RUNNING_CHECKED]) {
    const reached = resultNamed(results, each).wall / base.wall;
    const bound = BOUNDS[place].checked;
    report.show({ what: `${name}: ${each}, wall / curl`, reached, holds: 'at most', bound });
  }
  const residentMb = Math.max(
    ...[GET, RUNNING, GET_CHECKED, RUNNING_CHECKED].map(
      (each) => resultNamed(results, each).residentMb ?? NaN,
    ),
  );
  report.show({
    what: `${name}: largest resident`,
    reached: residentMb,
    holds: 'at most',
    bound: 150,
    unit: 'MB',
  });
}
