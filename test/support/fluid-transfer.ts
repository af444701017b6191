import { newFile, type JobFile } from '../../src/core/job/file.ts';
import { CALM_TICK_MS } from '../../src/core/picker/adapt-connections.ts';
import { setSize, type IntervalSet } from '../../src/core/piece/interval-set.ts';
import { BandwidthGate } from '../../src/engine/transfer/bandwidth-gate.ts';
import { CacheHostBans } from '../../src/engine/transfer/cache-host-bans.ts';
import { FileTransfer } from '../../src/engine/transfer/file-transfer.ts';
import { OriginBudget } from '../../src/engine/transfer/origin-budget.ts';
import { noAttempts, type TransferContext } from '../../src/engine/transfer/transfer-context.ts';
import { systemDigester } from '../../src/io/system/system-digester.ts';
import type { PartialFile } from '../../src/ports/partial-files.ts';
import { MIN_SPLIT_BYTES } from '../../src/core/limits.ts';
import { driveClock } from './drive-clock.ts';
import { FluidNetwork, type FluidOptions } from './fluid-network.ts';
import { idleWorkload } from './idle-workload.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryPartialFiles } from './memory-partial-files.ts';

/** What one transfer over a fluid network came to. */
export interface FluidReport {
  /** What it failed with, if it did. */
  readonly failure: unknown;
  readonly ms: number;
  /** Bytes of content per millisecond. */
  readonly rate: number;
  readonly requests: FluidNetwork['requests'];
  readonly peakConnections: number;
  /** Bytes that arrived twice. */
  readonly wastedBytes: number;
  /** Connections at work, at each quarter of a second. */
  readonly connections: readonly number[];
}

export interface FluidTransferOptions extends FluidOptions {
  /** Connections for the file, 4 unless told. */
  readonly connections?: number;
  /** Shared with other transfers; one of its own unless told. */
  readonly origins?: OriginBudget;
  /** Bytes that an earlier attempt has brought. */
  readonly written?: IntervalSet;
  /** Called at each quarter of a second. */
  readonly everyQuarter?: (nowMs: number) => void;
}

/** Transfers one file in virtual time, and drops its bytes. */
export async function fluidTransfer(options: FluidTransferOptions): Promise<FluidReport> {
  const { connections = 4, sizeBytes, written } = options;
  const clock = new ManualClock();
  const network = new FluidNetwork(clock, options);
  const running = startFluidTransfer(clock, network, options, connections);
  const counted: number[] = [];
  const count = (): void => {
    counted.push(network.busy);
    options.everyQuarter?.(clock.nowMs());
    cancel = clock.after(CALM_TICK_MS, count);
  };
  let cancel = clock.after(CALM_TICK_MS, count);
  const startedMs = clock.nowMs();
  let endedMs = 0;
  const done = running.done.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  void done.then(() => (endedMs = clock.nowMs()));
  const failure = await driveClock(clock, done, { stepMs: 50, what: 'The transfer' });
  cancel();
  const ms = endedMs - startedMs;
  return {
    failure: failure?.error,
    ms,
    rate: (sizeBytes - setSize(written ?? [])) / ms,
    requests: network.requests,
    peakConnections: network.peakConnections,
    wastedBytes: running.wastedBytes(),
    connections: counted,
  };
}

/** Starts a transfer that goes on as the clock does. */
function startFluidTransfer(
  clock: ManualClock,
  network: FluidNetwork,
  { sizeBytes, written = [], origins = new OriginBudget(4) }: FluidTransferOptions,
  connections: number,
): { readonly done: Promise<void>; readonly wastedBytes: () => number } {
  const url = 'http://fluid.example/file';
  const representation = {
    url,
    entityTag: '"fluid"',
    sizeBytes,
    acceptsRanges: 'bytes',
    lastModifiedStrong: false,
  } as const;
  const fresh = newFile({
    jobId: 'job',
    index: 0,
    fileId: 'file',
    remoteName: url,
    ranges: [],
    localName: '/data/file',
  });
  let file: JobFile =
    written.length === 0
      ? fresh
      : { ...fresh, representation, sizeBytes, written, flushed: written };
  let wasted = 0;
  const gate = new BandwidthGate(clock, {
    total: undefined,
    foreground: undefined,
    background: undefined,
  });
  const context: TransferContext = {
    clock,
    workload: idleWorkload,
    transport: network,
    partials: Object.assign(new MemoryPartialFiles(), {
      open: () => Promise.resolve(bottomless(written.at(-1)?.end ?? 0)),
    }),
    digester: systemDigester,
    origins,
    cacheBans: new CacheHostBans(),
    settings: {
      pieceSizeBytes: 1_048_576,
      minSplitBytes: MIN_SPLIT_BYTES,
      connectionsPerFile: connections,
      userAgent: 'test',
    },
    attempts: noAttempts(),
    foreground: true,
    customHeaders: [],
    joinGate: (connectionCount) =>
      gate.join(
        {
          jobId: 'job',
          foreground: () => true,
          bytesPerSecond: () => undefined,
          held: () => undefined,
          origin: 'http://fluid.example',
          shared: false,
        },
        connectionCount,
      ),
    cacheHosts: () => undefined,
    arrived: () => undefined,
    traffic: (source, bytes) => {
      if (source === 'wasted') wasted += bytes;
    },
    file: () => file,
    partialId: () => ({ jobId: 'job', index: 0, localName: '/data/file' }),
    update: (changed) => {
      file = changed;
    },
    waiting: () => undefined,
    fetched: () => undefined,
    checkpoint: () => undefined,
  };
  const done = new FileTransfer(context).run(new AbortController().signal);
  return { done, wastedBytes: () => wasted };
}

/** A file that keeps nothing. */
function bottomless(lengthBytes: number): PartialFile {
  return {
    path: '/data/file.part',
    lengthBytes,
    descriptor: undefined,
    write: () => Promise.resolve(),
    read: () => Promise.resolve(0),
    flush: () => Promise.resolve(),
    truncate: () => Promise.resolve(),
    setModifiedTime: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
