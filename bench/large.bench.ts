import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { compareFile, fillFile } from '../test/support/origin.ts';
import { temporaryDirectory } from '../test/support/temporary.ts';
import { startNginx } from '../test/support/web-servers.ts';
import { interleaved, printRatios, type Contender } from './rounds.ts';
import { timedCommand } from './timed-command.ts';

// One large file over loopback from nginx: `haulyard get` beside curl and aria2c, onto disk and
// into memory (a file in /dev/shm), every start-up included.
//
//   npm run bench -- large [MIB] [ROUNDS]
const sizeBytes = Number(process.argv[2] ?? 1_024) * 1_048_576;
const rounds = Number(process.argv[3] ?? 5);
const SEED = 7;

await using www = await temporaryDirectory();
await fillFile(www.join('large.bin'), sizeBytes, SEED);
await using nginx = await startNginx({ root: www.path });
const url = nginx.url('/large.bin');
const bin = join(import.meta.dirname, '..', 'bin', 'haulyard.js');

await using disk = await temporaryDirectory();
await compare('onto disk', disk.path);
const { bavail, bsize } = await statfs('/dev/shm');
if (bavail * bsize > sizeBytes * 1.1)
  await compare('into memory', join('/dev/shm', `haulyard-bench-${process.pid}`));

async function compare(where: string, directory: string): Promise<void> {
  const target = `${directory}.out`;
  const data = `${directory}.data`;
  const contender = (name: string, command: readonly string[]): Contender => ({
    name,
    async run() {
      await rm(target, { force: true });
      await rm(data, { recursive: true, force: true });
      return timedCommand(command, join(disk.path, 'time'));
    },
  });
  const haulyard = contender('haulyard get', [
    process.execPath,
    bin,
    'get',
    url,
    '-o',
    target,
    '--data-dir',
    data,
  ]);
  try {
    const results = await interleaved(
      [
        contender('curl -o', ['curl', '-sS', '-o', target, url]),
        contender('aria2c -x1', ['aria2c', '-q', '-x1', '-d', '/', '-o', target.slice(1), url]),
        contender('aria2c -x4', [
          'aria2c',
          '-q',
          '-x4',
          '-s4',
          '-d',
          '/',
          '-o',
          target.slice(1),
          url,
        ]),
        haulyard,
      ],
      rounds,
    );
    await haulyard.run();
    const different = await compareFile(target, sizeBytes, SEED);
    if (different !== undefined) throw new Error(`The file differs from byte ${different} on.`);
    printRatios(
      `${sizeBytes / 1_048_576} MiB over loopback, ${where}, medians of ${rounds} interleaved rounds`,
      results,
    );
  } finally {
    await rm(target, { force: true });
    await rm(data, { recursive: true, force: true });
  }
}
