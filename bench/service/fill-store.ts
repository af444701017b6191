import { join } from 'node:path';
import { userInfo } from 'node:os';

import { BG_JOB_STATE } from '../../src/core/constants.ts';
import { newFile, type JobFile } from '../../src/core/job/file.ts';
import { GUID_NULL, NO_FILES, type Job } from '../../src/core/job/job.ts';
import { isFinal } from '../../src/core/job/step.ts';
import { openDatabase } from '../../src/io/sqlite/open-database.ts';
import { ensureDirectory } from '../../src/io/sqlite/private-files.ts';
import { SecretBox } from '../../src/io/sqlite/secret-box.ts';
import { SqliteJobStore } from '../../src/io/sqlite/sqlite-job-store.ts';

const { SUSPENDED, ERROR, TRANSIENT_ERROR, TRANSFERRED, ACKNOWLEDGED, CANCELLED } = BG_JOB_STATE;

/**
 * Where the files of the jobs are. Nobody listens there, unless a benchmark needs transfers that
 * begin and never end.
 */
export const HANGING_PORT = 18_471;

/** States of jobs at rest, as often as a service that has run for weeks may have them. */
export const AT_REST: readonly BG_JOB_STATE[] = [
  SUSPENDED,
  SUSPENDED,
  SUSPENDED,
  TRANSFERRED,
  TRANSFERRED,
  ERROR,
  ACKNOWLEDGED,
  ACKNOWLEDGED,
  CANCELLED,
];

/**
 * Puts jobs of a file each into the store of a data directory, the states in turn. Through the
 * store's own code, but without flushes: 100,000 of them would take minutes.
 *
 * @param downloads - where the files of the jobs go; has to exist if a job is ever to be started
 */
export function fillStore(
  directory: string,
  count: number,
  states: readonly BG_JOB_STATE[] = AT_REST,
  downloads: string = '/srv/downloads',
): void {
  ensureDirectory(directory);
  const db = openDatabase(join(directory, 'haulyard.db'), () => undefined);
  db.exec('PRAGMA synchronous = OFF');
  using store = new SqliteJobStore({
    db,
    bootId: 'bench',
    secrets: new SecretBox(join(directory, 'haulyard.key')),
    warn: (message) => process.stderr.write(`${message}\n`),
    beforeClose: () => undefined,
  });
  const nowMs = Date.now();
  store.together(() => {
    for (let index = 0; index < count; index += 1) {
      const job = jobOf(index, states[index % states.length]!, nowMs - count + index);
      const { id, state } = job;
      const told = state === TRANSFERRED ? 'transferred' : state === ERROR ? 'error' : undefined;
      store.commit({
        job,
        files: [fileOf(job, downloads)],
        outbox: told === undefined ? [] : [{ jobId: id, event: told }],
      });
      // The partial files of a final job are long gone.
      if (isFinal(state)) store.setDiscarded(id, true);
    }
  });
}

/** Makes every job of the store one that waits for a network to come back. */
export function asAfterOutage(directory: string): void {
  const db = openDatabase(join(directory, 'haulyard.db'), () => undefined);
  try {
    db.exec(`UPDATE job SET state = ${TRANSIENT_ERROR}; DELETE FROM outbox`);
  } finally {
    db.close();
  }
}

/** Ids ascend with the index, as they do with the time of creation. */
export function idOf(index: number): string {
  return `0192f0a0-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

function jobOf(index: number, state: BG_JOB_STATE, createdAtMs: number): Job {
  const whole = state === TRANSFERRED || state === ACKNOWLEDGED;
  return {
    id: idOf(index),
    displayName: `Package number ${index} of the benchmark`,
    type: 0,
    owner: userInfo().username,
    state,
    priority: (index % 4) as Job['priority'],
    notifyFlags: 3,
    noProgressTimeoutSeconds: undefined,
    costFlags: undefined,
    notificationClsid: GUID_NULL,
    maxBytesPerSecond: undefined,
    download: undefined,
    createdAtMs,
    modifiedAtMs: createdAtMs,
    transferredAtMs: whole ? createdAtMs : undefined,
    resumed: true,
    queueOrder: (index * 7_919) % 1_000_003,
    publishing: false,
    files: {
      ...NO_FILES,
      total: 1,
      transferred: whole ? 1 : 0,
      bytesTotal: SIZE_BYTES,
      bytesTransferred: whole ? SIZE_BYTES : SIZE_BYTES / 2,
    },
    lastFailure: undefined,
    trouble: undefined,
  };
}

const SIZE_BYTES = 104_857_600;

function fileOf({ id, files }: Job, downloads: string): JobFile {
  const url = `http://127.0.0.1:${HANGING_PORT}/pool/main/p/package/package_${id}_amd64.deb`;
  const whole = files.transferred === 1;
  const here = [{ start: 0, end: whole ? SIZE_BYTES : SIZE_BYTES / 2 }];
  return {
    ...newFile({ jobId: id, index: 0, fileId: id, remoteName: url, ranges: [] }),
    localName: join(downloads, `package_${id}_amd64.deb`),
    sizeBytes: SIZE_BYTES,
    representation: {
      sizeBytes: SIZE_BYTES,
      entityTag: '"5f3c-61b2a7"',
      lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT',
      lastModifiedStrong: true,
      acceptsRanges: 'bytes',
      url,
    },
    responseHeaders: `HTTP/1.1 206 Partial Content\r\nETag: "5f3c-61b2a7"\r\n${'X-Filler: 1\r\n'.repeat(16)}`,
    flushed: here,
    written: here,
    done: whole,
  };
}
