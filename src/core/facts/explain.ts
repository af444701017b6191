import { BG_JOB_STATE } from '../constants.ts';
import { formatDuration, formatRate } from '../units.ts';
import type { LimitInForce, SchedulerExplanation } from './explanation.ts';
import type { ExplainedLimit, ExplainedReason, JobExplanation } from './job-explanation.ts';
import type { JobFacts, SourceFacts } from './job-facts.ts';

/** What is known of a job besides itself. */
export interface ExplainInput {
  readonly facts: JobFacts;
  /** What the scheduler goes by. */
  readonly scheduling: SchedulerExplanation;
  readonly sources: readonly SourceFacts[];
  /** Wall-clock milliseconds since 1970. */
  readonly nowMs: number;
}

/** Puts what the scheduler goes by into words: why a job is where it is, and what would move it. */
export function explain(input: ExplainInput): JobExplanation {
  const { facts, scheduling, sources } = input;
  const reasons = reasonsOf(input);
  const { block, limits } = scheduling;
  return {
    id: facts.id,
    state: facts.state,
    summary: summaryOf(input, reasons),
    reasons,
    block:
      block === undefined
        ? undefined
        : {
            rule: block.rule,
            code: block.failure.code,
            message: block.failure.message,
            unblockedBy: block.unblockedBy,
          },
    slot: {
      kind: scheduling.slot.kind,
      running: scheduling.slot.running,
      slots: scheduling.slot.slots,
      ahead: scheduling.slot.ahead,
    },
    limits: {
      total: limitOf(limits.total),
      kind: limitOf(limits.kind),
      job: limitOf(limits.job),
    },
    sources: sources.map(({ fileIndex, kind, url, state, connections }) => ({
      fileIndex,
      kind,
      url,
      considered:
        state === 'active'
          ? `in use, ${connections} ${connections === 1 ? 'connection' : 'connections'}`
          : state,
    })),
    error: facts.error ?? (isTroubled(facts.state) ? facts.lastFailure : undefined),
    retryAtMs: scheduling.retryAtMs,
    noProgressDeadlineMs: scheduling.noProgressDeadlineMs,
    expectedFinishMs: expectedFinish(input),
  };
}

function isTroubled(state: BG_JOB_STATE): boolean {
  return state === BG_JOB_STATE.ERROR || state === BG_JOB_STATE.TRANSIENT_ERROR;
}

/** Every rule that holds the job up, the deciding one first. */
function reasonsOf(input: ExplainInput): readonly ExplainedReason[] {
  const { facts, scheduling } = input;
  const active =
    facts.state === BG_JOB_STATE.QUEUED ||
    facts.state === BG_JOB_STATE.TRANSFERRING ||
    facts.state === BG_JOB_STATE.TRANSIENT_ERROR;
  if (!active) return [stateReason(facts)].filter((reason) => reason !== undefined);
  const { block } = scheduling;
  return [
    block === undefined
      ? undefined
      : reason(block.rule, block.failure.message, {
          code: block.failure.code,
          unblockedBy: block.unblockedBy,
        }),
    scheduling.admitted
      ? undefined
      : reason('daemon.start_interrupted', 'An earlier process left the job under way.', {
          unblockedBy: 'Resume the job.',
        }),
    block === undefined ? waitReason(facts, scheduling) : undefined,
    slotReason(facts, scheduling),
    scheduling.waitsForConnection
      ? reason(
          'http.connections_per_origin',
          'Every connection its origin may have is taken by other files.',
          { unblockedBy: 'Wait for one of them, or raise http.connections_per_origin.' },
        )
      : undefined,
    scheduling.yields
      ? reason(
          'bandwidth.background_yields',
          'Other traffic uses the link, and background jobs leave nearly all of it to that.',
          {
            unblockedBy:
              'Wait until the link is free, make the job a foreground one, or set bandwidth.background_yields to false.',
          },
        )
      : undefined,
    ...limitReasons(scheduling),
  ].filter((found) => found !== undefined);
}

function stateReason(facts: JobFacts): ExplainedReason | undefined {
  switch (facts.state) {
    case BG_JOB_STATE.SUSPENDED:
      return facts.progress.filesTotal === 0
        ? reason('job.files', 'The job has no files yet.', {
            unblockedBy: 'Add a file, then resume the job.',
          })
        : reason('job.state', 'The job is suspended.', { unblockedBy: 'Resume the job.' });
    case BG_JOB_STATE.ERROR:
      return reason('job.error', facts.lastFailure?.message ?? 'The job has failed.', {
        code: facts.lastFailure?.code,
        unblockedBy: 'Mend what the error names, then resume the job; or cancel it.',
      });
    case BG_JOB_STATE.TRANSFERRED:
      return reason('job.complete', 'Every file is here and waits under its temporary name.', {
        unblockedBy: 'Complete the job.',
      });
    default:
      return undefined;
  }
}

function waitReason(
  facts: JobFacts,
  { retryAtMs }: SchedulerExplanation,
): ExplainedReason | undefined {
  if (facts.state !== BG_JOB_STATE.TRANSIENT_ERROR) return undefined;
  const failure = facts.error ?? facts.lastFailure;
  return reason('job.retry', failure?.message ?? 'The last attempt failed.', {
    code: failure?.code,
    unblockedBy: retryAtMs === undefined ? undefined : 'It is tried again by itself; or retry it.',
    untilMs: retryAtMs,
  });
}

function slotReason(facts: JobFacts, { slot }: SchedulerExplanation): ExplainedReason | undefined {
  if (facts.state !== BG_JOB_STATE.QUEUED) return undefined;
  const { kind, running, slots, ahead, nextSliceAtMs } = slot;
  if (running < slots && ahead === 0) return undefined;
  const before = ahead === 0 ? 'it is the next one' : `${ahead} stand before it`;
  return reason(
    `jobs.${kind}_slots`,
    `All ${slots} slots of ${kind} jobs are taken, and ${before}.`,
    {
      unblockedBy: `Wait for a slot, move the job first, or raise jobs.${kind}_slots.`,
      untilMs: ahead === 0 ? nextSliceAtMs : undefined,
    },
  );
}

function limitReasons({ limits }: SchedulerExplanation): readonly ExplainedReason[] {
  return [limits.job, limits.kind, limits.total].flatMap(({ bytesPerSecond, rule }) => {
    if (bytesPerSecond === undefined || rule === undefined) return [];
    const message =
      bytesPerSecond === 0
        ? `${rule} is 0, which lets nothing pass.`
        : `${rule} lets ${formatRate(bytesPerSecond)} pass.`;
    return [reason(rule, message, { unblockedBy: `Raise or remove ${rule}.` })];
  });
}

function reason(
  rule: string,
  message: string,
  more: {
    readonly code?: string | undefined;
    readonly unblockedBy?: string | undefined;
    readonly untilMs?: number | undefined;
  } = {},
): ExplainedReason {
  return {
    rule,
    message,
    code: more.code,
    unblockedBy: more.unblockedBy,
    untilMs: more.untilMs,
  };
}

function summaryOf(input: ExplainInput, reasons: readonly ExplainedReason[]): string {
  const { facts, nowMs } = input;
  const [first] = reasons;
  switch (facts.state) {
    case BG_JOB_STATE.TRANSFERRING: {
      if (first !== undefined && facts.bytesPerSecond === 0) return first.message;
      const finishMs = expectedFinish(input);
      const left = finishMs === undefined ? '' : `, ${formatDuration(finishMs - nowMs)} left`;
      return `It is being transferred at ${formatRate(facts.bytesPerSecond)}${left}.`;
    }
    case BG_JOB_STATE.QUEUED:
      return first?.message ?? 'It is queued and starts in a moment.';
    case BG_JOB_STATE.ACKNOWLEDGED:
      return 'It is complete: its files stand under their final names.';
    case BG_JOB_STATE.CANCELLED:
      return facts.lastFailure?.message ?? 'It was cancelled.';
    default:
      return first?.message ?? 'Nothing holds it up.';
  }
}

function expectedFinish({ facts, nowMs }: ExplainInput): number | undefined {
  const { bytesTotal, bytesTransferred } = facts.progress;
  if (bytesTotal === undefined || facts.bytesPerSecond <= 0) return undefined;
  const leftMs = ((bytesTotal - bytesTransferred) / facts.bytesPerSecond) * 1_000;
  return Math.round(nowMs + leftMs);
}

function limitOf({ bytesPerSecond, rule }: LimitInForce): ExplainedLimit {
  return { bytesPerSecond, rule: rule ?? 'no limit' };
}
