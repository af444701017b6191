import assert from 'node:assert/strict';

import { BG_JOB_PRIORITY, BG_JOB_STATE, BG_JOB_TYPE } from '../../src/core/constants.ts';
import type { JobFile } from '../../src/core/job/file.ts';
import { stateName } from '../../src/core/job/step.ts';
import type { RetryPolicy } from '../../src/core/retry/retry-delay.ts';
import type { Engine, EngineSettings } from '../../src/engine/engine.ts';
import { BackgroundCopyManager } from '../../src/engine/interfaces/manager.ts';
import type { LiveJob } from '../../src/engine/live-job.ts';
import { DEFAULT_POLICIES } from '../../src/engine/policy/default-policies.ts';
import { runEngine } from '../../src/engine/start-engine.ts';
import type { HttpRequest } from '../../src/ports/http-transport.ts';
import type { IBackgroundCopyJob } from '../../src/core/interfaces/job.ts';
import type { IBackgroundCopyManager } from '../../src/core/interfaces/manager.ts';
import { driveClock } from './drive-clock.ts';
import { idleWorkload } from './idle-workload.ts';
import { ManualClock } from './manual-clock.ts';
import { ManualNetwork } from './manual-network.ts';
import { memoryDigester } from './memory-digester.ts';
import { MemoryWeb, openMemoryTransport, type MemoryWebOptions } from './memory-http-transport.ts';
import { MemoryJobStore } from './memory-job-store.ts';
import { MemoryPartialFiles } from './memory-partial-files.ts';
import { seededRandomness } from './seeded-randomness.ts';

const SLOW_RETRIES: RetryPolicy = {
  delaysMs: [2_000, 4_000, 8_000],
  maxForegroundDelayMs: 60_000,
  maxBackgroundDelayMs: 60_000,
  jitter: 0,
};

/** An engine in a world of its own, where time passes only when told. */
export interface ClockWorld extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly network: ManualNetwork;
  readonly web: MemoryWeb;
  readonly store: MemoryJobStore;
  readonly disk: MemoryPartialFiles;
  readonly engine: Engine;
  readonly manager: IBackgroundCopyManager;
  /** What was asked of the transport, in order. */
  readonly sent: readonly HttpRequest[];
  readonly warnings: readonly string[];
}

export interface ClockWorldOptions extends Partial<EngineSettings> {
  readonly web?: MemoryWebOptions;
}

/** Opens an engine with slots for 100 jobs of each kind and four connections to an origin. */
export function openClockWorld({
  web: webOptions = {},
  ...settings
}: ClockWorldOptions = {}): ClockWorld {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const network = new ManualNetwork();
  const web = new MemoryWeb({
    bytesPerSecond: 2_000_000,
    latencyMs: 5,
    chunkBytes: 4_096,
    ...webOptions,
  });
  const store = new MemoryJobStore();
  const disk = new MemoryPartialFiles();
  const warnings: string[] = [];
  const sent: HttpRequest[] = [];
  const memory = openMemoryTransport(web, clock);
  const running = runEngine(
    {
      clock,
      network,
      store,
      partials: disk,
      randomness: seededRandomness(1),
      digester: memoryDigester,
      workload: idleWorkload,
      transport: {
        send: (request, signal) => {
          sent.push(request);
          return memory.send(request, signal);
        },
        [Symbol.asyncDispose]: async () => memory[Symbol.asyncDispose](),
      },
    },
    {
      transfer: {
        pieceSizeBytes: 65_536,
        minSplitBytes: 131_072,
        connectionsPerFile: 4,
        userAgent: 'test',
      },
      slots: { foregroundSlots: 100, backgroundSlots: 100, timeSliceMs: 300_000 },
      retry: SLOW_RETRIES,
      connectionsPerOrigin: 4,
      maxBytesPerSecond: undefined,
      policies: DEFAULT_POLICIES,
      owner: 'somebody',
      startInterrupted: true,
      onWarning: (message) => warnings.push(message),
      ...settings,
    },
    async () => memory[Symbol.asyncDispose](),
  );
  const { engine } = running;
  return {
    clock,
    network,
    web,
    store,
    disk,
    engine,
    manager: new BackgroundCopyManager(engine, () => running.close()),
    sent,
    warnings,
    async [Symbol.asyncDispose]() {
      await driveClock(clock, running.close(), { what: 'Closing' });
    },
  };
}

/** A job with one file from `url`, started. */
export async function startJob(
  world: ClockWorld,
  url: string,
  {
    foreground = false,
    name = 'out',
  }: { readonly foreground?: boolean; readonly name?: string } = {},
): Promise<{ readonly job: IBackgroundCopyJob; readonly live: LiveJob }> {
  const job = await world.manager.createJob(name, BG_JOB_TYPE.DOWNLOAD);
  if (foreground) await job.setPriority(BG_JOB_PRIORITY.FOREGROUND);
  await job.addFile(url, `/data/${name}`);
  await job.resume();
  return { job, live: world.engine.jobs.get(await job.getId()) };
}

/** The state's name, and the code of the failure a waiting job reports. */
export function stateOf({ job }: LiveJob): string {
  const failure =
    job.state === BG_JOB_STATE.TRANSIENT_ERROR ? job.trouble?.failure.code : undefined;
  return failure === undefined ? stateName(job.state) : `${stateName(job.state)} ${failure}`;
}

/** Lets time pass until the job is where it is wanted. */
export async function until(
  world: ClockWorld,
  live: LiveJob,
  state: string,
  { stepMs = 10, maxMs = 600_000 }: { readonly stepMs?: number; readonly maxMs?: number } = {},
): Promise<void> {
  const endMs = world.clock.nowMs() + maxMs;
  while (stateOf(live) !== state && world.clock.nowMs() < endMs) await world.clock.advance(stepMs);
  assert.equal(stateOf(live), state, live.job.lastFailure?.message);
}

/** The only file of a job. */
export function fileOf(live: LiveJob): JobFile {
  const [file] = live.files;
  assert.ok(file);
  return file;
}

export { DEFAULT_POLICIES };
