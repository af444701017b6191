/**
 * Measures an engine that has a long queue: `node --expose-gc queue-figures.ts DIRECTORY JOBS`.
 *
 * The directory has a data directory `data` with so many jobs in the queue. Every job asks a server of
 * this process that never answers, so those that hold a slot keep it. Prints {@link QueueFigures} as
 * JSON.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

import { HRESULT } from '../../src/core/codes.ts';
import { BG_JOB_PRIORITY, BG_JOB_STATE } from '../../src/core/constants.ts';
import type { JobFacts } from '../../src/core/facts/job-facts.ts';
import { MIN_SPLIT_BYTES, TIME_SLICE_MS } from '../../src/core/limits.ts';
import { createTransferService } from '../../src/engine/service/create-transfer-service.ts';
import { EventHub } from '../../src/engine/service/event-hub.ts';
import { openEngine } from '../../src/open-engine.ts';
import { ManualNetwork } from '../../test/support/manual-network.ts';
import { HANGING_PORT, idOf } from '../service/fill-store.ts';

/** What was measured; milliseconds of processor time for one operation, unless told. */
export interface QueueFigures {
  readonly jobs: number;
  /** From the call that opens the engine until all slots are taken, by the clock. */
  readonly startMs: number;
  readonly startCpuMs: number;
  /** Once the start is over and its garbage gone. */
  readonly residentBytes: number;
  readonly firstPageMs: number;
  readonly middlePageMs: number;
  readonly lastPageMs: number;
  readonly newestPageMs: number;
  /** The list of a state that no job is in. */
  readonly emptyPageMs: number;
  readonly statisticsMs: number;
  readonly createMs: number;
  /** Suspends a job that holds a slot, until another one holds it. */
  readonly decisionMs: number;
  readonly priorityMs: number;
  readonly orderMs: number;
  readonly cancelMs: number;
  /** Heap that each job takes while it waits for a retry. */
  readonly waitingBytes: number;
  /** The network comes back: processor time until the last of all jobs is in the queue. */
  readonly wakeAllCpuMs: number;
}

const { QUEUED, TRANSFERRING, ERROR, TRANSIENT_ERROR } = BG_JOB_STATE;
const SLOTS = { foregroundSlots: 4, backgroundSlots: 4, timeSliceMs: TIME_SLICE_MS };
const LONG_MS = 3_600_000;
const JOBS_A_PAGE = 100;
const SAMPLES = 100;
const me = { user: userInfo().username, administrator: true };
const [directory = '', jobsText = ''] = process.argv.slice(2);
const jobs = Number(jobsText);

// Neither it nor its connections keep this process alive.
const silence = createServer((socket) => void socket.unref()).listen(HANGING_PORT, '127.0.0.1');
await once(silence, 'listening');
silence.unref();
const network = new ManualNetwork();
const warn = (message: string): void => void process.stderr.write(`${message}\n`);

const startMs = performance.now();
const startCpu = process.cpuUsage();
const running = await openEngine({
  dataDir: join(directory, 'data'),
  processName: 'bench',
  ca: undefined,
  network,
  onWarning: warn,
  settings: () => ({
    transfer: {
      pieceSizeBytes: 1_048_576,
      minSplitBytes: MIN_SPLIT_BYTES,
      connectionsPerFile: 1,
      userAgent: 'haulyard/bench',
    },
    slots: SLOTS,
    retry: {
      delaysMs: [LONG_MS],
      maxForegroundDelayMs: LONG_MS,
      maxBackgroundDelayMs: LONG_MS,
      jitter: 0,
    },
    connectionsPerOrigin: 64,
    maxBytesPerSecond: undefined,
    owner: me.user,
    startInterrupted: true,
    onWarning: warn,
  }),
});
const { engine } = running;
const hub = new EventHub(engine);
const service = createTransferService(engine, hub);
const figures: { -readonly [Key in keyof QueueFigures]?: number } = { jobs };
try {
  await slotsAreTaken();
  figures.startMs = performance.now() - startMs;
  figures.startCpuMs = cpuMs(startCpu);
  await sleep(500);
  collect();
  figures.residentBytes = process.memoryUsage.rss();

  const page = (query: object): unknown =>
    service.page(me, { limit: JOBS_A_PAGE, includeFinal: false, family: 'job', ...query });
  figures.firstPageMs = await each(() => page({}));
  figures.middlePageMs = await each(() => page({ afterId: idOf(Math.floor(jobs / 2)) }));
  figures.lastPageMs = await each(() => page({ afterId: idOf(jobs - JOBS_A_PAGE - 1) }));
  figures.newestPageMs = await each(() => page({ first: 'newest' }));
  figures.emptyPageMs = await each(() => page({ states: [ERROR] }));
  figures.statisticsMs = await each(() => service.statistics(me));

  figures.createMs = await each((round) =>
    service.createJob(me, {
      displayName: `made ${round}`,
      files: [
        { url: `http://127.0.0.1:${HANGING_PORT}/x`, localName: join(directory, `${round}.bin`) },
      ],
    }),
  );
  figures.decisionMs = await each(async () => {
    const held = engine.jobs.busy().find((live) => live.job.state === TRANSFERRING);
    if (held === undefined) throw new Error('No job holds a slot.');
    await service.job(me, held.id).suspend();
    await slotsAreTaken();
  });
  const waiting = jobsThatWait(SAMPLES);
  figures.priorityMs = await each((round) =>
    service.job(me, waiting[round]!).setPriority(BG_JOB_PRIORITY.LOW),
  );
  figures.orderMs = await each((round) => service.order(me, waiting[round]!, 'last'));
  figures.cancelMs = await each((round) => service.remove(me, waiting[round]!));

  await allFail();
  figures.wakeAllCpuMs = await wakeAll();
} finally {
  service[Symbol.dispose]();
  hub[Symbol.dispose]();
  await running.close();
}
process.stdout.write(`${JSON.stringify(figures)}\n`);

/** Jobs here and there in the queue, and far behind those that get a slot next. */
function jobsThatWait(count: number): readonly string[] {
  const ids: string[] = [];
  for (let index = 0; ids.length < count; index += 1) {
    const { id, state, queueOrder } = service.facts(me, idOf((index * 7_919) % jobs));
    if (state === QUEUED && queueOrder > 500_000) ids.push(id);
  }
  return ids;
}

/** Lets every job fail with a failure of its own, as when a server is gone, and weighs them. */
async function allFail(): Promise<void> {
  collect();
  const before = process.memoryUsage().heapUsed;
  const left = idsIn(QUEUED);
  const failed = left.length;
  while (left.length > 0) {
    const batch = left.splice(-100);
    engine.together('fail jobs', () => {
      for (const id of batch) {
        const failure = {
          kind: 'transient',
          code: 'ERROR_WINHTTP_TIMEOUT',
          hresult: HRESULT.ERROR_WINHTTP_TIMEOUT,
          message: `No answer from 127.0.0.1 within 30 s, for the job ${id.slice()}.`,
          url: `http://127.0.0.1:${HANGING_PORT}/pool/${id}`,
          fileIndex: 0,
        } as const;
        engine.happenAnyway(engine.jobs.get(id), { event: 'failed', failure });
      }
    });
    await setImmediate();
  }
  await settled();
  figures.waitingBytes = (process.memoryUsage().heapUsed - before) / failed;
}

async function wakeAll(): Promise<number> {
  network.set({ online: false });
  await setImmediate();
  const cpu = process.cpuUsage();
  network.set({ online: true });
  // One that holds a slot may have waited too long for its answer: it fails by itself.
  const waiting = (): number => service.statistics(me).jobsByState.get(TRANSIENT_ERROR) ?? 0;
  while (waiting() > SLOTS.foregroundSlots + SLOTS.backgroundSlots) await sleep(20);
  return cpuMs(cpu);
}

function idsIn(state: BG_JOB_STATE): string[] {
  const ids: string[] = [];
  for (let afterId: string | undefined; ; afterId = ids.at(-1)) {
    const found: readonly JobFacts[] = service.page(me, {
      limit: 1_000,
      includeFinal: false,
      family: 'job',
      states: [state],
      ...(afterId === undefined ? {} : { afterId }),
    }).jobs;
    for (const { id } of found) ids.push(id);
    if (found.length < 1_000) return ids;
  }
}

async function slotsAreTaken(): Promise<void> {
  const taken = Promise.withResolvers<void>();
  const look = (): void => {
    const runs = engine.jobs.busy().filter(({ run }) => run !== undefined).length;
    if (runs >= SLOTS.foregroundSlots + SLOTS.backgroundSlots) taken.resolve();
  };
  const end = engine.changes.on(look);
  look();
  await taken.promise;
  end();
}

/** Processor time of a round, the mean of many: other programs of the machine are not in it. */
async function each(work: (round: number) => unknown): Promise<number> {
  const begin = process.cpuUsage();
  for (let round = 0; round < SAMPLES; round += 1) await work(round);
  return cpuMs(begin) / SAMPLES;
}

async function settled(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await sleep(200);
    collect();
  }
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('This needs --expose-gc.');
  globalThis.gc();
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}
