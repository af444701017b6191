import type { AttemptFacts } from '../../core/facts/job-facts.ts';
import type { EventLog } from '../../ports/event-log.ts';

/** Attempts that are told of at the most. */
const SHOWN_ATTEMPTS = 200;

/** Events of one reading. */
const PAGE_EVENTS = 1_000;

/** Steps of a job that a failure caused, newest first, as far as the event log goes back. */
export function failedAttempts(log: EventLog, jobId: string): readonly AttemptFacts[] {
  let failed: AttemptFacts[] = [];
  for (let after = 0; ;) {
    const events = log.read(after, PAGE_EVENTS, { jobId });
    for (const { sequence, atMs, body } of events) {
      if (body.kind !== 'job.state' || body.failure === undefined) continue;
      failed.push({ sequence, atMs, state: body.to, failure: body.failure });
    }
    failed = failed.slice(-SHOWN_ATTEMPTS);
    const last = events.at(-1);
    if (last === undefined || events.length < PAGE_EVENTS) return failed.toReversed();
    after = last.sequence;
  }
}
