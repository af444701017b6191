import { eventsOf } from '../core/facts/events-of.ts';
import type { JobFile } from '../core/job/file.ts';
import { awaitsAnswer, type Effect, type TakenStep } from '../core/job/step.ts';
import { setSize } from '../core/piece/interval-set.ts';
import type { OutboxRow, StoreChange } from '../ports/job-store.ts';
import type { LiveJob } from './live-job.ts';

/** What goes with a step into its transaction, besides the job. */
export interface StepContext {
  /** Files that change with it. */
  readonly files: readonly JobFile[];
  /** Properties that a call has set, whether they are other ones now or not. */
  readonly touched: readonly string[];
  readonly wallMs: number;
}

/** What of a step is stored; undefined when it changes nothing. To be asked before it is taken. */
export function changeOf(
  live: LiveJob,
  { job, effects }: TakenStep,
  { files, touched, wallMs }: StepContext,
): StoreChange | undefined {
  if (job === live.job && files.length === 0 && effects.length === 0) return undefined;
  const answered = job.state !== live.job.state && awaitsAnswer(live.job.state);
  return {
    job,
    files,
    outbox: outboxEvents(effects).map((event) => ({ jobId: live.id, event })),
    events: eventsOf(live.job, job, { finished: newlyDone(live, files), touched }, wallMs),
    ...(answered ? { clearOutboxOf: live.id } : {}),
    // What follows may overwrite bytes that the store still vouches for (docs/on-disk.md).
    flushed: files.some((file) => vouchesForLess(live.files[file.index], file)),
  };
}

/** The events of a step that are kept until a callback has acknowledged them. */
export function outboxEvents(effects: readonly Effect[]): OutboxRow['event'][] {
  return effects.flatMap((effect) =>
    effect.kind === 'notify' && (effect.event === 'transferred' || effect.event === 'error')
      ? [effect.event]
      : [],
  );
}

/** Files that a step makes done. */
function newlyDone(live: LiveJob, files: readonly JobFile[]): readonly JobFile[] {
  return files.filter((file) => file.done && live.files[file.index]?.done !== true);
}

function vouchesForLess(before: JobFile | undefined, after: JobFile): boolean {
  return before !== undefined && setSize(after.flushed) < setSize(before.flushed);
}
