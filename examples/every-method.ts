/**
 * Calls every method of the job family once on a real transfer, checks what it does, and prints a
 * table of method and result: `node examples/every-method.ts URL`.
 *
 * URL is a file of some MiB on a server that knows ranges, and that has no
 * `no-such-file-beside-it.bin` next to it. Exit code 1 when a check fails. Everything is done in a
 * temporary directory, which is then deleted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openManager } from 'haulyard';
import { checkFailure } from './every-method/failure.ts';
import { checkFileProperties } from './every-method/file-properties.ts';
import { checkFiles } from './every-method/files.ts';
import { Heard } from './every-method/heard.ts';
import { checkJobProperties } from './every-method/job-properties.ts';
import { checkManager } from './every-method/manager.ts';
import { refusal, Report } from './every-method/report.ts';
import { checkTransfer } from './every-method/transfer.ts';

/** The documented methods of IBackgroundCopyJob. */
const DOCUMENTED = (
  'cancel complete enumFiles getDisplayName getError getId getNoProgressTimeout getNotifyFlags ' +
  'getNotifyInterface getPriority getProgress getState getTimes getType resume ' +
  'setNoProgressTimeout setNotifyFlags setNotifyInterface setPriority suspend'
).split(' ');

/** Slow enough for the script to see the transfer at work, in bytes per second. */
function slowRate(sizeBytes: number): number {
  return Math.max(262_144, sizeBytes);
}

async function run(url: string, directory: string): Promise<boolean> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered HTTP ${response.status}`);
  const content = Buffer.from(await response.arrayBuffer());
  if (content.length < 1_048_576) throw new Error(`${url} has less than 1 MiB`);

  await using manager = await openManager({
    dataDir: join(directory, 'store'),
    maxBytesPerSecond: slowRate(content.length),
  });
  const report = new Report();
  const job = await checkManager(report, manager);
  await refusal('DO_E_JOB_EMPTY', () => job.resume());
  const scene = {
    report,
    manager,
    job,
    url,
    content,
    heard: new Heard(),
    path: (name: string) => join(directory, name),
  };
  await checkJobProperties(scene);
  await checkFiles(scene);
  await checkFileProperties(scene);
  await checkTransfer(scene);
  await checkFailure(scene);
  report.demand('IBackgroundCopyJob', DOCUMENTED);
  return report.print();
}

const [url] = process.argv.slice(2);
if (url === undefined) {
  console.error('usage: node examples/every-method.ts URL');
  process.exit(2);
}
const directory = await mkdtemp(join(tmpdir(), 'haulyard-every-method-'));
try {
  if (!(await run(url, directory))) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
