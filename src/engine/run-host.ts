import { BG_JOB_STATE } from '../core/constants.ts';
import { isLoopbackUrl, originOf } from '../core/http/url.ts';
import type { TransferFailure } from '../core/job/failure.ts';
import { remoteNameInForce, type JobFile } from '../core/job/file.ts';
import type { Job } from '../core/job/job.ts';
import { isForeground } from '../core/job/step.ts';
import type { CacheHostRules } from '../core/picker/cache-hosts.ts';
import type { CheckpointDurability } from '../ports/job-store.ts';
import { carry, downloadContext } from './download/carry.ts';
import type { Engine } from './engine.ts';
import type { FileEvents, RunHost } from './job-run.ts';
import type { LiveJob } from './live-job.ts';
import { partialIdOf } from './partial-id.ts';
import type { GateUser } from './transfer/bandwidth-gate.ts';
import type { TransferContext } from './transfer/transfer-context.ts';

/** Connects a run with the job it runs for. */
export function runHost(engine: Engine, live: LiveJob): RunHost {
  return {
    nextFile: (from) => live.nextFile(from),
    contextFor: (file, events) => contextFor(engine, live, file.index, events),
    carry: (transfer, signal) => carry(live, transfer, signal),
    waiting: (waits) => {
      if (waits) awaitingConnection.add(live);
      else awaitingConnection.delete(live);
      awaitTurn(engine, live, waits);
    },
    keep: (index) => record(engine, live, index, 'grown'),
    fileDone: async (index) => {
      await engine.doneFiles.add(live, index);
      live.forgetAttempts(index);
    },
    nothingLeft: () => {
      // The last files' own step has ended the run already, unless all were done when it began.
      if (live.job.state !== BG_JOB_STATE.TRANSFERRING) return;
      engine.happenAnyway(live, { event: 'filesDone', fileIndexes: [], files: live.job.files });
    },
    failed: (failure) => {
      const file = failure.fileIndex === undefined ? undefined : live.files[failure.fileIndex];
      engine.happenAnyway(
        live,
        { event: 'failed', failure: withoutOwnBlock(engine, failure) },
        file === undefined ? [] : [file],
      );
    },
    ended: (run) => {
      // A step that found the job elsewhere leaves the slot with it; an ended run holds none.
      if (live.run === run) engine.stopRun(live);
    },
  };
}

/**
 * A transfer that meets a dead network while the machine has one is retried after a while: only
 * the monitor's own word makes a wait that no timer ends.
 */
function withoutOwnBlock(engine: Engine, failure: TransferFailure): TransferFailure {
  const blocked = failure.kind === 'policy' && !engine.ports.network.current().online;
  return failure.kind === 'policy' && !blocked ? { ...failure, kind: 'transient' } : failure;
}

function contextFor(
  engine: Engine,
  live: LiveJob,
  index: number,
  events: FileEvents,
): TransferContext {
  const { ports, settings } = engine;
  const attempts = live.attempts(index);
  const file = (): JobFile => live.files[index]!;
  return {
    clock: ports.clock,
    workload: ports.workload,
    transport: ports.transport,
    partials: engine.partialsOf(live.job),
    digester: ports.digester,
    origins: engine.origins,
    cacheBans: engine.policy.cacheBans,
    settings: settings.transfer,
    attempts,
    foreground: isForeground(live.job),
    customHeaders: live.customHeaders,
    ...downloadContext(engine, live),
    joinGate: (connections) => engine.policy.gate.join(gateUser(engine, live, file()), connections),
    cacheHosts: () => cacheHostsOf(engine, live.job),
    arrived: (bytes) => engine.policy.meter.arrived(bytes),
    traffic: (source, bytes) => engine.policy.meter.add(source, bytes),
    file,
    partialId: () => partialIdOf(file()),
    update: (changed, progressed) => engine.fileProgress(live, changed, progressed),
    waiting: (waits) => events.waiting(waits),
    fetched: () => events.fetched(),
    checkpoint: (durability) => record(engine, live, index, durability),
  };
}

/** Stores how far a file has come. */
function record(
  engine: Engine,
  live: LiveJob,
  index: number,
  durability: CheckpointDurability,
): void {
  const file = live.files[index]!;
  engine.ports.store.checkpoint({ job: live.job, file, durability });
}

/** Jobs whose file waits for a connection of its origin. */
const awaitingConnection = new WeakSet<LiveJob>();

/** Whether the job holds a slot and waits for a connection that other files have. */
export function waitsForConnection(live: LiveJob): boolean {
  return live.run !== undefined && awaitingConnection.has(live);
}

/** Waiting for a connection, or for the limits, is nobody's lack of progress. */
function awaitTurn(engine: Engine, live: LiveJob, waits: boolean): void {
  engine.happenAnyway(live, { event: waits ? 'connectionAwaited' : 'connectionGranted' });
}

function gateUser(engine: Engine, live: LiveJob, file: JobFile): GateUser {
  const url = remoteNameInForce(file);
  return {
    jobId: live.id,
    foreground: () => isForeground(live.job),
    bytesPerSecond: () => live.job.maxBytesPerSecond ?? engine.policy.limits.job.bytesPerSecond,
    held: (waits) => awaitTurn(engine, live, waits),
    origin: originOf(url),
    shared: !isLoopbackUrl(url),
  };
}

/** The cache hosts a job's files are asked of first; undefined when there are none for it now. */
export function cacheHostsOf(engine: Engine, job: Job): CacheHostRules | undefined {
  const { policies, ports, settings } = engine;
  if (policies.disallowCacheServerOnVpn && ports.network.current().vpn === true) return undefined;
  const kind = isForeground(job) ? policies.foreground : policies.background;
  const rules = settings.cacheHostsFor?.(job) ?? {
    hosts: policies.cacheHosts,
    delayMs: kind.delayCacheServerFallbackMs,
  };
  return rules.hosts.length === 0 ? undefined : rules;
}
