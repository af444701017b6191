import * as fc from 'fast-check';

import { BG_JOB_PRIORITY, BG_JOB_STATE, BG_JOB_TYPE } from '../../src/core/constants.ts';
import type { DownloadRecord } from '../../src/core/download/record.ts';
import type { JobEventBody, NewEvent } from '../../src/core/facts/event.ts';
import type { Representation } from '../../src/core/http/representation.ts';
import type { TransferFailure } from '../../src/core/job/failure.ts';
import { newFile, type JobFile } from '../../src/core/job/file.ts';
import { GUID_NULL, NO_FILES, type Job } from '../../src/core/job/job.ts';
import type { FileRanges } from '../../src/core/piece/file-ranges.ts';
import { addRange, EMPTY_SET, type IntervalSet } from '../../src/core/piece/interval-set.ts';

/** A suspended job without files. */
export function aJob(id: string, changes: Partial<Job> = {}): Job {
  return {
    id,
    displayName: 'A job',
    type: BG_JOB_TYPE.DOWNLOAD,
    owner: 'somebody',
    state: BG_JOB_STATE.SUSPENDED,
    priority: BG_JOB_PRIORITY.NORMAL,
    notifyFlags: 3,
    noProgressTimeoutSeconds: undefined,
    costFlags: undefined,
    notificationClsid: GUID_NULL,
    maxBytesPerSecond: undefined,
    download: undefined,
    createdAtMs: 1_000,
    modifiedAtMs: 1_000,
    transferredAtMs: undefined,
    resumed: false,
    queueOrder: 0,
    publishing: false,
    files: NO_FILES,
    lastFailure: undefined,
    trouble: undefined,
    ...changes,
  };
}

export function aFile(jobId: string, index = 0, changes: Partial<JobFile> = {}): JobFile {
  const remoteName = `http://origin.test/${index}.bin`;
  return {
    ...newFile({ jobId, index, fileId: `file ${index}`, remoteName, ranges: [] }),
    ...changes,
  };
}

// Well-formed Unicode, with the characters that texts in C and SQL stumble over.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '\0', "it's; --", '\u{1F69A}', '\r\n', 'null'),
);
const count = fc.maxSafeNat();
const ulong = fc.integer({ min: 0, max: 0xffff_ffff });

const failures: fc.Arbitrary<TransferFailure> = fc.record(
  {
    kind: fc.constantFrom('fatal' as const, 'transient' as const, 'policy' as const),
    code: fc.constantFrom('DO_E_DOWNLOAD_NO_PROGRESS' as const, 'BG_E_HTTP_ERROR_418' as const),
    hresult: ulong,
    message: text,
    extendedHresult: ulong,
    httpStatus: fc.integer({ min: 100, max: 599 }),
    url: text,
    retryAfterMs: count,
    fileIndex: fc.nat(),
  },
  { requiredKeys: ['kind', 'code', 'hresult', 'message'], noNullPrototype: true },
);

const representations: fc.Arbitrary<Representation> = fc.record(
  {
    sizeBytes: count,
    entityTag: text,
    lastModified: text,
    lastModifiedStrong: fc.boolean(),
    contentEncoding: text,
    acceptsRanges: fc.constantFrom('bytes' as const, 'none' as const, 'unknown' as const),
    url: text,
  },
  { requiredKeys: ['lastModifiedStrong', 'acceptsRanges', 'url'], noNullPrototype: true },
);

const sets: fc.Arbitrary<IntervalSet> = fc
  .array(fc.tuple(fc.nat(2 ** 40), fc.integer({ min: 1, max: 2 ** 20 })), { maxLength: 12 })
  .map((pairs) =>
    pairs.reduce((set, [start, length]) => addRange(set, start, start + length), EMPTY_SET),
  );

/** `fc.record` without its objects that have no prototype: no store could tell them apart. */
function plainRecord<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

const ranges: fc.Arbitrary<FileRanges> = fc.array(
  plainRecord({ offset: count, length: fc.option(count, { nil: undefined }) }),
  { maxLength: 5 },
);

const downloads: fc.Arbitrary<DownloadRecord> = plainRecord({
  started: fc.boolean(),
  properties: fc.dictionary(
    fc.oneof(fc.constantFrom('Uri', 'LocalPath', 'NoProgressTimeoutSeconds'), text),
    // JSON has no negative zero.
    fc.oneof(
      text,
      fc.boolean(),
      count,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
    ),
    { maxKeys: 6, noNullPrototype: true },
  ),
  ranges,
  streams: fc.boolean(),
});

/** Any job of the given id, `trouble` aside. */
export function anyJob(id: string): fc.Arbitrary<Job> {
  return plainRecord({
    id: fc.constant(id),
    displayName: text,
    type: fc.constantFrom(...Object.values(BG_JOB_TYPE)),
    owner: text,
    state: fc.constantFrom(...Object.values(BG_JOB_STATE)),
    priority: fc.constantFrom(...Object.values(BG_JOB_PRIORITY)),
    notifyFlags: ulong,
    noProgressTimeoutSeconds: fc.option(ulong, { nil: undefined }),
    costFlags: fc.option(ulong, { nil: undefined }),
    notificationClsid: fc.oneof(fc.constant(GUID_NULL), fc.uuid()),
    maxBytesPerSecond: fc.option(count, { nil: undefined }),
    download: fc.option(downloads, { nil: undefined }),
    createdAtMs: count,
    modifiedAtMs: count,
    transferredAtMs: fc.option(count, { nil: undefined }),
    resumed: fc.boolean(),
    queueOrder: fc.maxSafeInteger(),
    publishing: fc.boolean(),
    files: plainRecord({
      total: count,
      transferred: count,
      unknownSize: count,
      withoutSink: count,
      bytesTotal: count,
      bytesTransferred: count,
    }),
    lastFailure: fc.option(failures, { nil: undefined }),
    trouble: fc.constant(undefined),
  });
}

const states = fc.constantFrom(...Object.values(BG_JOB_STATE));

const eventBodies: fc.Arbitrary<JobEventBody> = fc.oneof(
  plainRecord({ kind: fc.constant('job.created' as const), displayName: text }),
  plainRecord({
    kind: fc.constant('job.changed' as const),
    what: fc.array(text, { maxLength: 4 }),
  }),
  fc.record(
    { kind: fc.constant('job.state' as const), from: states, to: states, failure: failures },
    { requiredKeys: ['kind', 'from', 'to'], noNullPrototype: true },
  ),
  plainRecord({
    kind: fc.constant('file.transferred' as const),
    fileIndex: fc.nat(),
    fileId: text,
  }),
);

/** Any event, of any job. */
export const anyEvent: fc.Arbitrary<NewEvent> = plainRecord({
  jobId: text,
  owner: text,
  atMs: count,
  body: eventBodies,
});

/** An event of the given job: renamed at the given time. */
export function anEvent(jobId: string, changes: Partial<NewEvent> = {}): NewEvent {
  return {
    jobId,
    owner: 'somebody',
    atMs: 1_000,
    body: { kind: 'job.changed', what: ['displayName'] },
    ...changes,
  };
}

/** Any file of the given place, `pendingRemoteName` aside. */
export function anyFile(jobId: string, index: number): fc.Arbitrary<JobFile> {
  return fc.record(
    {
      jobId: fc.constant(jobId),
      index: fc.constant(index),
      fileId: text,
      remoteName: text,
      localName: text,
      ranges,
      expectedSizeBytes: count,
      digest: plainRecord({
        algorithm: fc.constantFrom('sha-256' as const, 'sha-512' as const),
        hex: fc.stringMatching(/^[0-9a-f]{64}$/),
      }),
      integrity: fc.record(
        { integrityCheckInfo: text, integrityCheckMandatory: fc.boolean() },
        { requiredKeys: [], noNullPrototype: true },
      ),
      representation: representations,
      sizeBytes: count,
      flushed: sets,
      written: sets,
      done: fc.boolean(),
      published: fc.boolean(),
      publishedInode: text,
      responseHeaders: text,
      statistics: plainRecord({
        bytesFromHttp: count,
        bytesFromCacheHost: count,
        durationMs: fc.double({ min: 0, max: 1e15, noNaN: true }).map((ms) => ms + 0),
      }),
    },
    {
      noNullPrototype: true,
      requiredKeys: [
        'jobId',
        'index',
        'fileId',
        'remoteName',
        'ranges',
        'integrity',
        'flushed',
        'written',
        'done',
        'published',
        'statistics',
      ],
    },
  );
}
