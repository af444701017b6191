/**
 * What a long queue costs: `npm run bench -- queue`.
 *
 * For each length a store with so many jobs in the queue is made, and a fresh process opens an engine
 * on it and measures. A cost that does not depend on the length has the exponent 0, one that is
 * proportional to it 1; n log n is between 1.1 and 1.2 over these lengths.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { BG_JOB_STATE } from '../src/core/constants.ts';
import { benchArguments } from './arguments.ts';
import { beginReport } from './bench-report.ts';
import type { QueueFigures } from './programs/queue-figures.ts';
import { median } from './rounds.ts';
import { scratchDirectory } from './scratch.ts';
import { fillStore } from './service/fill-store.ts';

const PROGRAM = join(import.meta.dirname, 'programs', 'queue-figures.ts');

const args = benchArguments('queue', 'What 1,000 to 100,000 jobs in the queue cost.', {
  most: { value: 'N', default: '100000', help: 'the longest queue' },
  rounds: { value: 'N', default: '1', help: 'how often each length is measured' },
});
const LENGTHS = [1_000, 3_000, 10_000, 30_000, 100_000].filter(
  (length) => length <= args.positive('most'),
);

/** Costs of one operation, which must not depend on the length. */
const SINGLE = {
  firstPageMs: 'list: first page of 100',
  middlePageMs: 'list: a page in the middle',
  lastPageMs: 'list: last page',
  newestPageMs: 'list: newest 100',
  emptyPageMs: 'list: a state no job is in',
  statisticsMs: 'statistics, jobs by state',
  createMs: 'create a job with a file',
  decisionMs: 'suspend one, the next takes its slot',
  priorityMs: 'priority of a job that waits',
  orderMs: 'move a job in the queue',
  cancelMs: 'cancel a job and forget it',
} as const satisfies Partial<Record<keyof QueueFigures, string>>;

/** Costs that concern all jobs. */
const WHOLE = {
  startCpuMs: 'start, until all slots are taken',
  startMs: 'the same by the clock',
  wakeAllCpuMs: 'network is back: all jobs are queued again',
} as const satisfies Partial<Record<keyof QueueFigures, string>>;

const report = beginReport(args);
const measured: QueueFigures[][] = LENGTHS.map(() => []);
for (let round = 0; round < args.rounds; round += 1) {
  for (const [index, length] of LENGTHS.entries()) {
    measured[index]!.push(await measure(length));
    process.stderr.write(`round ${round + 1}: ${length} jobs measured\n`);
  }
}

const rows = [
  ...Object.entries(SINGLE).map(([key, what]) => rowOf(what, key as keyof QueueFigures, 0.2)),
  ...Object.entries(WHOLE).map(([key, what]) => rowOf(what, key as keyof QueueFigures, 1.2)),
];
report.table({
  id: 'curve',
  title: 'Milliseconds of processor time, by jobs in the queue',
  columns: [
    { key: 'what', title: 'cost' },
    ...LENGTHS.map((length) => ({ key: String(length), title: length.toLocaleString('en') })),
    { key: 'exponent', title: 'exponent' },
  ],
  rows,
});

const resident = of('residentBytes');
const idleBytes = slope(LENGTHS, resident);
report.table({
  id: 'memory',
  title: 'Memory, by jobs in the queue',
  columns: [
    { key: 'jobs', title: 'jobs', digits: 0 },
    { key: 'resident', title: 'resident MB', digits: 1 },
    { key: 'waiting', title: 'bytes for each that waits for a retry', digits: 0 },
  ],
  rows: LENGTHS.map((jobs, index) => ({
    jobs,
    resident: resident[index]! / 1e6,
    waiting: of('waitingBytes')[index]!,
  })),
});
report.show({
  what: 'queue: resident memory for each idle job beyond the base',
  reached: idleBytes,
  holds: 'at most',
  bound: 1_024,
  unit: 'bytes',
});
report.show({
  what: 'queue: heap for each job that waits for a retry',
  reached: of('waitingBytes').at(-1)!,
  holds: 'at most',
  bound: 1_024,
  unit: 'bytes',
});
await report.finish();

async function measure(length: number): Promise<QueueFigures> {
  await using directory = await scratchDirectory('disk');
  fillStore(directory.join('data'), length, [BG_JOB_STATE.QUEUED], directory.path);
  const running = promisify(execFile)(process.execPath, [
    '--expose-gc',
    PROGRAM,
    directory.path,
    String(length),
  ]);
  // A benchmark that is broken off must not leave it behind.
  const kill = (): void => void running.child.kill('SIGKILL');
  process.once('exit', kill);
  const { stdout } = await running;
  process.off('exit', kill);
  return JSON.parse(stdout) as QueueFigures;
}

function rowOf(
  what: string,
  key: keyof QueueFigures,
  bound: number,
): Readonly<Record<string, string | number>> {
  const values = of(key);
  const exponent = slope(
    LENGTHS.map((length) => Math.log(length)),
    values.map((value) => Math.log(value)),
  );
  report.show({ what: `queue: ${what}, exponent`, reached: exponent, holds: 'at most', bound });
  return {
    what,
    ...Object.fromEntries(LENGTHS.map((length, index) => [String(length), values[index]!])),
    exponent,
  };
}

/** The median of each length. */
function of(key: keyof QueueFigures): readonly number[] {
  return measured.map((rounds) => median(rounds.map((figures) => figures[key])));
}

/** The slope of the straight line nearest to the points (least squares). */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(xs), mean(ys)];
  const sum = (term: (index: number) => number): number =>
    xs.reduce((total, _, index) => total + term(index), 0);
  const spread = sum((index) => (xs[index]! - x) ** 2);
  return spread === 0 ? 0 : sum((index) => (xs[index]! - x) * (ys[index]! - y)) / spread;
}
