import { BG_JOB_STATE } from '../../core/constants.ts';
import type { LimitInForce, SchedulerExplanation } from '../../core/facts/explanation.ts';
import { noProgressTimeoutMs } from '../../core/job/clocks.ts';
import { isForeground } from '../../core/job/step.ts';
import type { EffectiveLimit } from '../../core/policy/effective-limits.ts';
import type { RunningJob } from '../../core/schedule/choose-jobs.ts';
import type { Engine } from '../engine.ts';
import type { LiveJob } from '../live-job.ts';
import { waitsForConnection } from '../run-host.ts';
import { blockOf, traitsOf, type BlockWorld } from './job-block.ts';

/** Jobs before one in the queue that are counted. */
const MAX_COUNTED_AHEAD = 1_000;

/** What the scheduler knows. */
export interface SchedulerFacts {
  readonly running: readonly RunningJob[];
  /** Ids of queued jobs of the job's kind, the first ones of the queue. */
  readonly queue: (limit: number) => readonly string[];
  readonly world: BlockWorld;
  readonly admitted: boolean;
}

/** What the scheduler goes by for a job. Throws when the job's record cannot be read. */
export function explainJob(
  engine: Engine,
  live: LiveJob,
  facts: SchedulerFacts,
): SchedulerExplanation {
  const { clock } = engine.ports;
  const wallOf = (nowMs: number): number => Math.round(clock.wallMs() + nowMs - clock.nowMs());
  const { trouble } = live.job;
  const rests = trouble === undefined || trouble.blockedSinceMs !== undefined;
  return {
    slot: slotOf(engine, live, facts, wallOf),
    block: blockOf(live, facts.world),
    admitted: facts.admitted,
    waitsForConnection: waitsForConnection(live),
    yields: yieldsToOthers(engine, live),
    limits: limitsOf(engine, live),
    retryAtMs: trouble?.retryAtMs === undefined ? undefined : wallOf(trouble.retryAtMs),
    noProgressDeadlineMs:
      rests || trouble.noProgressSinceMs === undefined
        ? undefined
        : wallOf(trouble.noProgressSinceMs + noProgressTimeoutMs(live.job)),
  };
}

function yieldsToOthers(engine: Engine, live: LiveJob): boolean {
  if (live.run === undefined || !engine.policy.gate.yielding) return false;
  const { foreground, local } = traitsOf(live);
  return !foreground && !local;
}

function slotOf(
  engine: Engine,
  live: LiveJob,
  { running, queue }: SchedulerFacts,
  wallOf: (nowMs: number) => number,
): SchedulerExplanation['slot'] {
  const foreground = isForeground(live.job);
  const { foregroundSlots, backgroundSlots, timeSliceMs } = engine.settings.slots;
  const slots = foreground ? foregroundSlots : backgroundSlots;
  const same = running.filter((job) => job.foreground === foreground);
  const eldestMs = Math.min(...same.map(({ sinceMs }) => sinceMs));
  return {
    kind: foreground ? 'foreground' : 'background',
    running: same.length,
    slots,
    ahead: live.job.state === BG_JOB_STATE.QUEUED ? aheadOf(live, queue) : 0,
    ...(same.length < slots ? {} : { nextSliceAtMs: wallOf(eldestMs + timeSliceMs) }),
  };
}

function aheadOf(live: LiveJob, queue: SchedulerFacts['queue']): number {
  const index = queue(MAX_COUNTED_AHEAD).indexOf(live.id);
  return index === -1 ? MAX_COUNTED_AHEAD : index;
}

function limitsOf(engine: Engine, live: LiveJob): SchedulerExplanation['limits'] {
  const { total, foreground, background, job } = engine.policy.limits;
  const own = live.job.maxBytesPerSecond;
  return {
    total: inForce(total),
    kind: inForce(isForeground(live.job) ? foreground : background),
    job:
      own === undefined ? inForce(job) : { bytesPerSecond: own, rule: 'job.max_bytes_per_second' },
  };
}

function inForce({ bytesPerSecond, rule }: EffectiveLimit): LimitInForce {
  return { bytesPerSecond, rule };
}
