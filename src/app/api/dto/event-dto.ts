import type { EventRecord } from '../../../core/facts/event.ts';
import type { ProgressFacts } from '../../../engine/service/transfer-service.ts';
import type { EventResource, ProgressResource } from '../../../rest/contract.ts';
import { failureDto } from './failure-dto.ts';
import { stateName, timeOf } from './names.ts';

/** An event as REST tells it. */
export function eventDto({ sequence, jobId, owner, atMs, body }: EventRecord): EventResource {
  const base = { sequence, jobId, owner, at: timeOf(atMs) };
  switch (body.kind) {
    case 'job.created':
      return { ...base, kind: body.kind, displayName: body.displayName };
    case 'job.changed':
      return { ...base, kind: body.kind, what: [...body.what] };
    case 'job.state':
      return {
        ...base,
        kind: body.kind,
        from: stateName(body.from),
        to: stateName(body.to),
        ...(body.failure === undefined ? {} : { failure: failureDto(body.failure) }),
      };
    case 'file.transferred':
      return { ...base, kind: body.kind, fileIndex: body.fileIndex, fileId: body.fileId };
  }
}

/** Rates and counts of a job that moves, as REST tells them. */
export function progressDto({ jobId, progress, bytesPerSecond }: ProgressFacts): ProgressResource {
  return {
    kind: 'progress',
    jobId,
    bytesTransferred: progress.bytesTransferred,
    bytesTotal: progress.bytesTotal ?? null,
    filesTransferred: progress.filesTransferred,
    filesTotal: progress.filesTotal,
    bytesPerSecond,
  };
}
