import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../scripts/run-command.ts';
import { compareFile, fillFile } from '../test/support/origin.ts';
import { startNginx } from '../test/support/web-servers.ts';
import { benchArguments } from './arguments.ts';
import { beginReport } from './bench-report.ts';
import { needCommands } from './debian.ts';
import { runJobsInProcess } from './in-process.ts';
import { installHaulyard } from './installed-haulyard.ts';
import { versionsOf } from './machine.ts';
import { interleaved, ratioTable, resultNamed, type Contender } from './rounds.ts';
import { scratchDirectory, type Place } from './scratch.ts';
import { timedCommand } from './timed-command.ts';

// Many small files over loopback from nginx. The peers and `haulyard get` are measured from their
// start to their end; haulyard as a library from the first `createJob` until every job is complete.
const args = benchArguments(
  'small',
  'Many small files over loopback: haulyard in one job and in many, beside tools that run\n' +
    'several transfers at once.',
  {
    files: { value: 'N', default: '10000', help: 'how many files; the command gets a tenth' },
    size: { value: 'KIB', default: '64', help: 'size of each' },
    place: { value: 'PLACE', default: 'disk', help: 'disk or memory: where they go' },
    only: { value: 'CASES', default: '', help: 'of library, command' },
  },
);
await needCommands('nginx', 'curl', 'aria2c', 'wget2', 'time');

/** Jobs of the contender that spreads the files over several. */
const JOBS = 100;

/** Transfers at once, where a tool lets one choose. */
const AT_ONCE = 16;

/** `haulyard get` makes a job of every file, so it gets fewer of them. */
const COMMAND_PART = 0.1;

interface SmallFile {
  readonly index: number;
  readonly url: string;
  readonly path: string;
}

const count = Math.round(args.positive('files'));
const sizeBytes = Math.round(args.positive('size') * 1_024);
const place: Place = args.text('place') === 'memory' ? 'memory' : 'disk';

const report = beginReport(args, versionsOf(['curl', 'aria2c', 'wget2', 'nginx']));
await using haulyard = await installHaulyard();
await using www = await scratchDirectory('disk');
await using nginx = await startNginx({ root: www.path });
await using directory = await scratchDirectory(place);
await using lists = await scratchDirectory('disk');
const out = directory.join('out');
const dataDir = directory.join('data');
let leftovers = 0;
const all = await makeFiles();

if (args.wants('library')) {
  const jobs = [library('haulyard, 1 job', all, 1), library(`haulyard, ${JOBS} jobs`, all, JOBS)];
  await compare('library', all, jobs);
}
if (args.wants('command')) {
  const fewer = all.slice(0, Math.ceil(count * COMMAND_PART));
  const get = ['get', '-i', lists.join('urls'), '-d', out, '--data-dir', dataDir];
  await compare('command', fewer, [command('haulyard get -i', ...haulyard.command(...get))]);
}
await report.finish();

async function makeFiles(): Promise<readonly SmallFile[]> {
  const files: SmallFile[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `${String(index).padStart(6, '0')}.bin`;
    await fillFile(www.join(name), sizeBytes, index);
    files.push({ index, url: nginx.url(`/${name}`), path: join(out, name) });
  }
  return files;
}

async function compare(
  id: string,
  files: readonly SmallFile[],
  ours: readonly Contender[],
): Promise<void> {
  await writeFile(lists.join('urls'), files.map(({ url }) => `${url}\n`).join(''));
  const curlLines = files.map(({ url, path }) => `url = "${url}"\noutput = "${path}"\n`);
  await writeFile(lists.join('curl'), curlLines.join(''));
  const peers = [
    command('curl --parallel', ...curlParallel()),
    command(`aria2c -j${AT_ONCE}`, ...aria2cList()),
    command(`wget2 --max-threads=${AT_ONCE}`, ...wget2List()),
  ];
  // Once without a clock: the content is compared, and compiled code gets into the cache.
  for (const contender of ours) {
    await contender.run();
    await checkContent(contender.name, files);
  }
  const results = await interleaved([...peers, ...ours], args.rounds);
  const where = place === 'disk' ? 'onto disk' : 'into memory';
  const title = `${files.length} files of ${sizeBytes / 1_024} KiB, ${where}`;
  report.table(ratioTable(id, title, results, 'files/s', files.length));
  const best = Math.min(...peers.map(({ name }) => resultNamed(results, name).wall));
  for (const { name } of ours) {
    const reached = best / resultNamed(results, name).wall;
    const what = `small, ${files.length} files: ${name}, files/s over the best peer's`;
    report.show({ what, reached, holds: 'at least', bound: 1 });
  }
}

function curlParallel(): readonly string[] {
  return ['curl', '-q', '-sS', '--fail', '--parallel', '-K', lists.join('curl')];
}

function aria2cList(): readonly string[] {
  const settings = ['--no-conf', '-q', `-j${AT_ONCE}`, '--file-allocation=none'];
  return ['aria2c', ...settings, '-d', out, '-i', lists.join('urls')];
}

function wget2List(): readonly string[] {
  const settings = ['--no-config', '-q', '--no-robots', `--max-threads=${AT_ONCE}`];
  return ['wget2', ...settings, '-P', out, '-i', lists.join('urls')];
}

/**
 * Every contender finds an empty directory, and nothing of another one still to be written.
 *
 * What earlier ones left is emptied and put aside, but not deleted before the end: ext4 gives no
 * inode away again within seconds of its deletion and looks at each of those in turn, so that to make
 * 3,000 files after as many were deleted takes several times as long, for whoever comes next.
 */
async function clean(): Promise<void> {
  for (const left of [out, dataDir]) {
    if (!existsSync(left)) continue;
    const aside = directory.join(`left-${(leftovers += 1)}`);
    await rename(left, aside);
    await runCommand('find', [aside, '-type', 'f', '-exec', 'truncate', '-s', '0', '{}', '+']);
  }
  await mkdir(out);
  if (place === 'disk') await runCommand('sync', ['-f', directory.path]);
}

function command(name: string, ...words: readonly string[]): Contender {
  return {
    name,
    async run() {
      await clean();
      return timedCommand(words, lists.join('time'), haulyard.env);
    },
  };
}

function library(name: string, files: readonly SmallFile[], jobCount: number): Contender {
  const perJob = Math.ceil(files.length / jobCount);
  const jobs = Array.from({ length: Math.ceil(files.length / perJob) }, (_, job) =>
    files.slice(job * perJob, (job + 1) * perJob),
  );
  return {
    name,
    async run() {
      await clean();
      return (await runJobsInProcess(haulyard, { dataDir, jobs })).all;
    },
  };
}

async function checkContent(name: string, files: readonly SmallFile[]): Promise<void> {
  for (const { index, path } of files) {
    const different = await compareFile(path, sizeBytes, index);
    if (different !== undefined) {
      throw new Error(`${name}: ${path} differs from byte ${different} on.`);
    }
  }
}
