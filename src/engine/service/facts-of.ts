import type { FileFacts, JobFacts, PieceFacts } from '../../core/facts/job-facts.ts';
import { revisionOf } from '../../core/facts/revision.ts';
import { noProgressTimeoutSeconds } from '../../core/job/clocks.ts';
import { bytesTransferred, remoteNameInForce, type JobFile } from '../../core/job/file.ts';
import type { FileCounters, Job } from '../../core/job/job.ts';
import { pieceCount, piecesCovered } from '../../core/piece/piece-layout.ts';
import { costFlagsInForce } from '../../core/schedule/cost-flags.ts';
import type { Engine } from '../engine.ts';
import { extendedErrorInfo } from '../interfaces/extended-error-info.ts';
import { swarmStatsOf } from '../interfaces/swarm-stats.ts';
import type { LiveJob } from '../live-job.ts';
import { pendingFinal } from '../pending-final.ts';

/** A job as it may be shown. */
export function jobFactsOf(engine: Engine, live: LiveJob, bytesPerSecond: number): JobFacts {
  const { job } = live;
  const { trouble } = job;
  return {
    ...storedFactsOf(job, live.run === undefined ? live.counters : job.files),
    bytesPerSecond,
    error: trouble?.reported === true ? trouble.failure : undefined,
    extendedErrorInfo: extendedErrorInfo(live),
    retryAtMs: trouble?.retryAtMs === undefined ? undefined : wallTime(engine, trouble.retryAtMs),
    pendingEvent: pendingFinal(engine, live),
  };
}

/** What the store alone knows of a job: nothing of it moves, and it has no error object. */
function storedFactsOf(job: Job, files: FileCounters): JobFacts {
  const { total, transferred, unknownSize } = files;
  return {
    id: job.id,
    family: job.download === undefined ? 'job' : 'download',
    displayName: job.displayName,
    owner: job.owner,
    state: job.state,
    priority: job.priority,
    progress: {
      bytesTotal: unknownSize > 0 ? undefined : files.bytesTotal,
      bytesTransferred: files.bytesTransferred,
      filesTotal: total,
      filesTransferred: transferred,
    },
    bytesPerSecond: 0,
    createdAtMs: job.createdAtMs,
    modifiedAtMs: job.modifiedAtMs,
    transferredAtMs: job.transferredAtMs,
    notifyFlags: job.notifyFlags,
    noProgressTimeoutSeconds: noProgressTimeoutSeconds(job),
    costFlags: costFlagsInForce(job),
    notificationClsid: job.notificationClsid,
    maxBytesPerSecond: job.maxBytesPerSecond,
    queueOrder: job.queueOrder,
    error: undefined,
    lastFailure: job.lastFailure,
    extendedErrorInfo: '',
    retryAtMs: undefined,
    pendingEvent: undefined,
    revision: revisionOf(job),
  };
}

/** A file as it may be shown. */
export function fileFactsOf(live: LiveJob, file: JobFile): FileFacts {
  return {
    index: file.index,
    fileId: file.fileId,
    remoteName: remoteNameInForce(file),
    localName: file.localName,
    ranges: file.ranges,
    sizeBytes: file.sizeBytes,
    remoteSizeBytes: file.representation?.sizeBytes ?? file.expectedSizeBytes,
    bytesTransferred: bytesTransferred(file),
    transferred: file.done,
    completed: file.published,
    digest: file.digest,
    integrityCheckMandatory: file.integrity.integrityCheckMandatory,
    responseHeaders: file.responseHeaders,
    stats: swarmStatsOf(live, file),
  };
}

/** Which bytes of a file are here. */
export function pieceFactsOf(file: JobFile, pieceSizeBytes: number): PieceFacts {
  const { sizeBytes } = file;
  return {
    index: file.index,
    pieceSizeBytes,
    sizeBytes,
    written: file.written,
    flushed: file.flushed,
    piecesTotal: sizeBytes === undefined ? undefined : pieceCount(pieceSizeBytes, sizeBytes),
    piecesTransferred:
      sizeBytes === undefined ? 0 : piecesCovered(file.written, pieceSizeBytes, sizeBytes),
  };
}

/** A moment of the monotonic clock as wall-clock milliseconds. */
export function wallTime(engine: Engine, atMs: number): number {
  const { clock } = engine.ports;
  return Math.round(clock.wallMs() + (atMs - clock.nowMs()));
}
