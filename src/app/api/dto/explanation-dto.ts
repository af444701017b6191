import type { TransferService } from '../../../engine/service/transfer-service.ts';
import type { ExplanationResource } from '../../../rest/contract.ts';
import { failureOrNull } from './failure-dto.ts';
import { stateName, timeOrNull } from './names.ts';

type Explanation = ReturnType<TransferService['explain']>;
type Limit = Explanation['limits']['total'];

/** Why a job is where it is, as REST says it. */
export function explanationDto(facts: Explanation): ExplanationResource {
  return {
    id: facts.id,
    state: stateName(facts.state),
    summary: facts.summary,
    reasons: facts.reasons.map(({ rule, code, message, unblockedBy, untilMs }) => ({
      rule,
      code: code ?? null,
      message,
      unblockedBy: unblockedBy ?? null,
      until: timeOrNull(untilMs),
    })),
    block: facts.block === undefined ? null : blockDto(facts.block),
    slot: facts.slot,
    limits: {
      total: limitDto(facts.limits.total),
      kind: limitDto(facts.limits.kind),
      job: limitDto(facts.limits.job),
    },
    sources: facts.sources.map(({ fileIndex, kind, url, considered }) => ({
      fileIndex,
      kind,
      url,
      considered,
    })),
    error: failureOrNull(facts.error),
    retryAt: timeOrNull(facts.retryAtMs),
    noProgressDeadline: timeOrNull(facts.noProgressDeadlineMs),
    expectedFinish: timeOrNull(facts.expectedFinishMs),
  };
}

function blockDto({
  rule,
  code,
  message,
  unblockedBy,
}: NonNullable<Explanation['block']>): NonNullable<ExplanationResource['block']> {
  return { rule, code, message, unblockedBy: unblockedBy ?? 'nothing but time' };
}

function limitDto({ bytesPerSecond, rule }: Limit): ExplanationResource['limits']['total'] {
  return { bytesPerSecond: bytesPerSecond ?? null, rule };
}
