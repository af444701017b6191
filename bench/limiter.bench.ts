import { join } from 'node:path';

import { bytesTransferred } from '../src/core/job/file.ts';
import type { Policies } from '../src/core/policy/policies.ts';
import { BG_JOB_PRIORITY, BG_JOB_TYPE } from '../src/core/constants.ts';
import { BackgroundCopyManager } from '../src/engine/interfaces/manager.ts';
import type { LiveJob } from '../src/engine/live-job.ts';
import { DEFAULT_POLICIES } from '../src/engine/policy/default-policies.ts';
import { DEFAULT_RETRY_POLICY } from '../src/core/retry/retry-delay.ts';
import type { RunningEngine } from '../src/engine/start-engine.ts';
import { openEngine } from '../src/open-engine.ts';
import { ManualNetwork } from '../test/support/manual-network.ts';
import { fillFile } from '../test/support/origin.ts';
import { temporaryDirectory } from '../test/support/temporary.ts';
import { startNginx } from '../test/support/web-servers.ts';

// How exactly limits hold over loopback from nginx: bytes received in 10 s against the limit, for
// one connection and for four (of as many jobs), and for foreground and background that share a total.
//
//   npm run bench -- limiter [SECONDS]
const seconds = Number(process.argv[2] ?? 10);
const MB = 1_000_000;
const FILE_BYTES = 3_000 * MB;

await using www = await temporaryDirectory();
await fillFile(www.join('large.bin'), FILE_BYTES, 7);
await using nginx = await startNginx({ root: www.path });
const url = nginx.url('/large.bin');

/** A job of the comparison. */
interface Part {
  readonly foreground: boolean;
  /** Its share of the limit. */
  readonly share: number;
}

const ONE: readonly Part[] = [{ foreground: false, share: 1 }];

console.log(`Bytes received in ${seconds} s against the limit\n`);
console.log('| limit | transfers | received | deviation |');
console.log('| ---: | --- | ---: | ---: |');
for (const rate of [MB, 10 * MB, 100 * MB]) {
  await measure(rate, '1 connection', { totalBytesPerSecond: rate }, ONE);
  await measure(
    rate,
    '4 connections',
    { totalBytesPerSecond: rate },
    [1, 2, 3, 4].map(() => ({ foreground: false, share: 0.25 })),
  );
  await measure(rate, 'foreground beside background', { totalBytesPerSecond: rate }, [
    { foreground: true, share: 1 },
    { foreground: false, share: 0 },
  ]);
  await measure(
    rate,
    'foreground at 60 %, background takes the rest',
    { totalBytesPerSecond: rate, foreground: { bytesPerSecond: rate * 0.6 } },
    [
      { foreground: true, share: 0.6 },
      { foreground: false, share: 0.4 },
    ],
  );
}

async function measure(
  rate: number,
  what: string,
  policies: Partial<Policies>,
  parts: readonly Part[],
): Promise<void> {
  await using directory = await temporaryDirectory();
  const running = await openEngine({
    dataDir: directory.join('data'),
    processName: 'bench',
    ca: undefined,
    network: new ManualNetwork(),
    onWarning: (message) => console.error(message),
    settings: () => ({
      transfer: {
        pieceSizeBytes: 1_048_576,
        minSplitBytes: 4_194_304,
        connectionsPerFile: 1,
        userAgent: 'bench',
      },
      slots: { foregroundSlots: 8, backgroundSlots: 8, timeSliceMs: 300_000 },
      retry: DEFAULT_RETRY_POLICY,
      connectionsPerOrigin: 16,
      maxBytesPerSecond: undefined,
      policies: { ...DEFAULT_POLICIES, ...policies },
      owner: 'bench',
      startInterrupted: true,
      onWarning: (message) => console.error(message),
    }),
  });
  try {
    const lives = await startAll(running, directory.path, parts);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = lives.map(received);
    const startedMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    const elapsed = (performance.now() - startedMs) / 1_000;
    const bytes = lives.map((live, index) => received(live) - before[index]!);
    const sum = bytes.reduce((all, each) => all + each, 0);
    print(rate, what, sum, sum / (rate * elapsed) - 1);
    if (new Set(parts.map(({ foreground }) => foreground)).size === 1) return;
    for (const [index, { foreground, share }] of parts.entries()) {
      const deviation = bytes[index]! / (rate * elapsed) - share;
      const kind = foreground ? 'foreground' : 'background';
      print(rate, `… of it ${kind}, deviation in percent of the limit`, bytes[index]!, deviation);
    }
  } finally {
    await running.close();
  }
}

async function startAll(
  running: RunningEngine,
  directory: string,
  parts: readonly Part[],
): Promise<readonly LiveJob[]> {
  const { engine } = running;
  const manager = new BackgroundCopyManager(engine, () => running.close());
  const lives: LiveJob[] = [];
  for (const [index, { foreground }] of parts.entries()) {
    const job = await manager.createJob(`part ${index}`, BG_JOB_TYPE.DOWNLOAD);
    if (foreground) await job.setPriority(BG_JOB_PRIORITY.FOREGROUND);
    await job.addFile(url, join(directory, `${index}.bin`));
    await job.resume();
    lives.push(engine.jobs.get(await job.getId()));
  }
  return lives;
}

function received(live: LiveJob): number {
  return live.files.reduce((bytes, file) => bytes + bytesTransferred(file), 0);
}

function print(rate: number, what: string, bytes: number, deviation: number): void {
  const percent = `${(deviation * 100).toFixed(2)} %`;
  console.log(`| ${rate / MB} MB/s | ${what} | ${(bytes / MB).toFixed(2)} MB | ${percent} |`);
}
