/**
 * What the service costs and bears: `npm run bench -- service [JOBS]`.
 *
 * Starts services of its own, each in a process and on a directory among the temporary ones, and
 * prints one figure a line. Client and service share the machine, so calls a second are those of
 * both together. The directory should be on the disk in question (TMPDIR): the price of a job that
 * is made is the price of that disk's flush.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import { temporaryDirectory } from '../test/support/temporary.ts';
import { median } from './rounds.ts';
import { startDaemon, type Daemon } from './service/daemon.ts';
import { printFanOut } from './service/fan-out.ts';
import { idOf } from './service/fill-store.ts';
import { heading, print } from './service/figures.ts';
import { downloadAtFullSpeed } from './service/full-speed.ts';
import { printAllPages } from './service/list-figures.ts';
import { printLoad } from './service/load.ts';
import { filled, printStarts } from './service/start-figures.ts';

const jobCount = Number(process.argv[2] ?? 100_000);

/** How long each load lasts. */
const SECONDS = 2;

/** Jobs of a service that somebody uses by hand. */
const FEW_JOBS = 100;

const COMMAND_ROUNDS = 20;

/** Of each of its twelve transfers; alone, that benchmark takes longer and is more exact. */
const LIMITER_SECONDS = '5';

await printStarts(jobCount);

{
  heading(`The command, with ${FEW_JOBS} jobs, medians of ${COMMAND_ROUNDS}`);
  await using few = await filled(FEW_JOBS);
  await using daemon = await startDaemon(few.path);
  await printCommand(daemon, COMMAND_ROUNDS, 'list');
  await printCommand(daemon, COMMAND_ROUNDS, 'show', idOf(0));
  await printCommand(daemon, COMMAND_ROUNDS, 'daemon', 'status');
}

await using many = await filled(jobCount);
await using targets = await temporaryDirectory();
await using daemon = await startDaemon(many.path);

heading(`REST over the Unix socket, ${jobCount} jobs stored`);
await printJobCalls('idle');
await printLoad(
  'page of 100',
  daemon,
  () => ({ method: 'GET', path: '/v1/jobs?limit=100', status: 200 }),
  { seconds: SECONDS },
);
await printAllPages(daemon);
await printCommand(daemon, 3, 'list');

await printFanOut(daemon);

heading('REST during a download at full speed from nginx on loopback');
{
  const download = await downloadAtFullSpeed(daemon.socket);
  try {
    await printJobCalls('busy');
  } finally {
    print('the download meanwhile', await download.stop(), 'MB/s');
  }
}
print('resident memory after all this', await daemon.residentMb(), 'MB');

const limiter = join(import.meta.dirname, 'limiter.bench.ts');
if (existsSync(limiter)) {
  heading('Limits of bandwidth');
  const { status } = spawnSync(process.execPath, [limiter, LIMITER_SECONDS], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The benchmark of the limits failed.');
}

async function printJobCalls(when: 'idle' | 'busy'): Promise<void> {
  await printLoad(
    `create with a file, ${when}`,
    daemon,
    (round) => ({
      method: 'POST',
      path: '/v1/jobs',
      body: {
        displayName: `Made by the benchmark ${round}`,
        files: [
          { remoteName: 'http://127.0.0.1:1/a.bin', localName: targets.join(`${round}.bin`) },
        ],
      },
      status: 201,
    }),
    { seconds: SECONDS, downloads: when === 'busy' },
  );
  await printLoad(
    `status of a job, ${when}`,
    daemon,
    // A prime walks through all of them, so that hardly any is asked for twice.
    (round) => ({
      method: 'GET',
      path: `/v1/jobs/${idOf((round * 7_919) % jobCount)}`,
      status: 200,
    }),
    { seconds: SECONDS, downloads: when === 'busy' },
  );
}

async function printCommand(
  service: Daemon,
  rounds: number,
  ...args: readonly string[]
): Promise<void> {
  await service.command(...args);
  const walls: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    walls.push(1_000 * (await service.command(...args)).wall);
  }
  const name = args.filter((word) => /^[a-z]+$/.test(word)).join(' ');
  print(`haulyard ${name}`, median(walls), 'ms');
}
