import type { AttemptFacts, JobFacts } from '../../../core/facts/job-facts.ts';
import type { Answer, JobResource } from '../../../rest/contract.ts';
import { failureDto, failureOrNull } from './failure-dto.ts';
import { priorityName, stateName, timeOf, timeOrNull } from './names.ts';

/** A job as REST shows it. */
export function jobDto(facts: JobFacts): JobResource {
  const { progress } = facts;
  return {
    id: facts.id,
    family: facts.family,
    displayName: facts.displayName,
    owner: facts.owner,
    state: stateName(facts.state),
    priority: priorityName(facts.priority),
    progress: { ...progress, bytesTotal: progress.bytesTotal ?? null },
    bytesPerSecond: facts.bytesPerSecond,
    createdAt: timeOf(facts.createdAtMs),
    modifiedAt: timeOf(facts.modifiedAtMs),
    transferredAt: timeOrNull(facts.transferredAtMs),
    notifyFlags: facts.notifyFlags,
    noProgressTimeoutSeconds: facts.noProgressTimeoutSeconds,
    costFlags: facts.costFlags,
    notificationClsid: facts.notificationClsid,
    maxBytesPerSecond: facts.maxBytesPerSecond ?? null,
    queueOrder: facts.queueOrder,
    error: failureOrNull(facts.error),
    lastFailure: failureOrNull(facts.lastFailure),
    extendedErrorInfo: facts.extendedErrorInfo,
    retryAt: timeOrNull(facts.retryAtMs),
    pendingEvent: facts.pendingEvent ?? null,
    revision: facts.revision,
  };
}

/** A failed attempt as REST shows it. */
export function attemptDto(facts: AttemptFacts): Answer<'listAttempts'>['attempts'][number] {
  const { sequence, atMs, state, failure } = facts;
  return { sequence, at: timeOf(atMs), state: stateName(state), failure: failureDto(failure) };
}
