import type { JobCall } from '../job/calls.ts';
import type { JobFile } from '../job/file.ts';
import type { Job } from '../job/job.ts';
import type { JobEventBody, NewEvent } from './event.ts';

/** The event that tells of a new job. */
export function createdEvent(job: Job): NewEvent {
  return eventOf(job, job.createdAtMs, { kind: 'job.created', displayName: job.displayName });
}

/**
 * What the event log says of a step: files that are done now, the names of the properties that are
 * other than before, and the change of state with its reason. Bytes that arrive are no event.
 *
 * @param more - what the two values of the job do not show
 */
export function eventsOf(
  before: Job,
  after: Job,
  { finished = [], touched = [] }: StepDetails,
  wallMs: number,
): readonly NewEvent[] {
  const bodies: JobEventBody[] = finished.map(({ index, fileId }) => ({
    kind: 'file.transferred',
    fileIndex: index,
    fileId,
  }));
  const changed = CHANGES.filter(([, differs]) => differs(before, after)).map(([name]) => name);
  const what = [...changed, ...touched];
  if (what.length > 0) bodies.push({ kind: 'job.changed', what });
  if (before.state !== after.state) {
    const failure = after.trouble?.failure ?? after.lastFailure;
    bodies.push({
      kind: 'job.state',
      from: before.state,
      to: after.state,
      ...(failure === undefined || failure === reasonOf(before) ? {} : { failure }),
    });
  }
  return bodies.map((body) => eventOf(after, wallMs, body));
}

/** What a step did beside the job itself. */
export interface StepDetails {
  /** Files that it made done. */
  readonly finished?: readonly JobFile[];
  /** Properties that it set and that are kept elsewhere. */
  readonly touched?: readonly string[];
}

/** What a call sets that a job's own value does not show: properties of its files, its headers. */
export function touchedBy({ call }: JobCall): readonly string[] {
  switch (call) {
    case 'setRemoteName':
      return ['remoteName'];
    case 'setFileProperty':
      return ['fileProperties'];
    case 'setCustomHeaders':
      return ['customHeaders'];
    default:
      return [];
  }
}

/** Each property that people hear of, and how to tell that it changed. */
const CHANGES: readonly (readonly [string, (before: Job, after: Job) => boolean])[] = [
  ['displayName', (a, b) => a.displayName !== b.displayName],
  ['priority', (a, b) => a.priority !== b.priority],
  ['notifyFlags', (a, b) => a.notifyFlags !== b.notifyFlags],
  ['noProgressTimeout', (a, b) => a.noProgressTimeoutSeconds !== b.noProgressTimeoutSeconds],
  ['costFlags', (a, b) => a.costFlags !== b.costFlags],
  ['notificationClsid', (a, b) => a.notificationClsid !== b.notificationClsid],
  ['maxBytesPerSecond', (a, b) => a.maxBytesPerSecond !== b.maxBytesPerSecond],
  ['files', (a, b) => a.files.total !== b.files.total],
  ['download', (a, b) => a.download !== b.download],
  // A new place is part of every way into the queue; alone it is somebody's wish.
  ['queueOrder', (a, b) => a.queueOrder !== b.queueOrder && a.state === b.state],
];

function reasonOf(job: Job): Job['lastFailure'] {
  return job.trouble?.failure ?? job.lastFailure;
}

function eventOf(job: Job, atMs: number, body: JobEventBody): NewEvent {
  return { jobId: job.id, owner: job.owner, atMs, body };
}
