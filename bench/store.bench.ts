/**
 * What the job store costs: `node bench/store.ts [DIRECTORY] [JOBS]`.
 *
 * Prints one figure a line. The directory should be on the disk in question, since the price of a
 * commit is the price of that disk's flush; without one, the system's temporary directory serves.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BG_JOB_STATE } from '../src/core/constants.ts';
import { newFile, type JobFile } from '../src/core/job/file.ts';
import { GUID_NULL, NO_FILES, type Job } from '../src/core/job/job.ts';
import { openSqliteJobStore } from '../src/io/sqlite/open-sqlite-job-store.ts';
import { openDatabase } from '../src/io/sqlite/open-database.ts';
import { SecretBox } from '../src/io/sqlite/secret-box.ts';
import { SqliteJobStore } from '../src/io/sqlite/sqlite-job-store.ts';
import type { JobStore } from '../src/ports/job-store.ts';

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'haulyard-bench-'));
const jobCount = Number(process.argv[3] ?? 100_000);

function open(): JobStore {
  return openSqliteJobStore({
    directory,
    bootId: 'bench',
    owner: 'bench/store.ts',
    onWarning: (message) => process.stderr.write(`${message}\n`),
  });
}

/** Nine states in turn, and queue orders that do not follow the order of creation. */
function job(index: number): Job {
  return {
    id: `0192f0a0-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
    displayName: `Package number ${index} of the benchmark`,
    type: 0,
    owner: 'somebody',
    state: index % 3 === 0 ? BG_JOB_STATE.QUEUED : ((index % 9) as BG_JOB_STATE),
    priority: (index % 4) as Job['priority'],
    notifyFlags: 3,
    noProgressTimeoutSeconds: undefined,
    costFlags: undefined,
    notificationClsid: GUID_NULL,
    maxBytesPerSecond: undefined,
    download: undefined,
    createdAtMs: 1_795_000_000_000 + index,
    modifiedAtMs: 1_795_000_000_000 + index,
    transferredAtMs: undefined,
    resumed: true,
    queueOrder: (index * 7_919) % 1_000_003,
    publishing: false,
    files: { ...NO_FILES, total: 1, bytesTotal: 104_857_600, bytesTransferred: 52_428_800 },
    lastFailure: undefined,
    trouble: undefined,
  };
}

function file(jobId: string): JobFile {
  const url = `https://downloads.example.org/pool/main/p/package/package_${jobId}_amd64.deb`;
  return {
    ...newFile({ jobId, index: 0, fileId: jobId, remoteName: url, ranges: [] }),
    localName: `/srv/downloads/package_${jobId}_amd64.deb`,
    sizeBytes: 104_857_600,
    representation: {
      sizeBytes: 104_857_600,
      entityTag: '"5f3c-61b2a7"',
      lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT',
      lastModifiedStrong: true,
      acceptsRanges: 'bytes',
      url,
    },
    responseHeaders: `HTTP/1.1 206 Partial Content\r\nETag: "5f3c-61b2a7"\r\n${'X-Filler: 1\r\n'.repeat(16)}`,
    flushed: [{ start: 0, end: 50_331_648 }],
    written: [{ start: 0, end: 52_428_800 }],
  };
}

/** Through the store's own code, but without flushes: 100,000 of them would take minutes. */
function fill(): void {
  const db = openDatabase(join(directory, 'haulyard.db'), () => undefined);
  db.exec('PRAGMA synchronous = OFF');
  const secrets = new SecretBox(join(directory, 'haulyard.key'));
  using store = new SqliteJobStore({
    db,
    bootId: 'bench',
    secrets,
    warn: () => undefined,
    beforeClose: () => undefined,
  });
  for (let index = 1; index < jobCount; index += 1) {
    const next = job(index);
    store.commit({ job: next, files: [file(next.id)] });
  }
}

function print(what: string, figure: number, unit: string): void {
  const digits = figure < 10 ? 3 : 0;
  process.stdout.write(`${what.padEnd(46)} ${figure.toFixed(digits).padStart(10)} ${unit}\n`);
}

function milliseconds(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Calls a second, over about a second and a half. */
function perSecond(work: (round: number) => void): number {
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < 1_500) work(rounds++);
  return (rounds * 1_000) / (performance.now() - start);
}

try {
  print(
    'open, empty',
    milliseconds(() => open()[Symbol.dispose]()),
    'ms',
  );
  {
    using store = open();
    const one = job(0);
    const its = file(one.id);
    store.commit({ job: one, files: [its] });
    print(
      'commit: job and file, FULL',
      perSecond((round) => store.commit({ job: { ...one, modifiedAtMs: round }, files: [its] })),
      '/s',
    );
    print(
      'commit: the same, with an event',
      perSecond((round) =>
        store.commit({
          job: { ...one, modifiedAtMs: round },
          files: [its],
          events: [
            {
              jobId: one.id,
              owner: one.owner,
              atMs: round,
              body: { kind: 'job.state', from: 0, to: 2 },
            },
          ],
        }),
      ),
      '/s',
    );
    for (const durability of ['flushed', 'written'] as const) {
      print(
        `checkpoint: ${durability}`,
        perSecond((round) =>
          store.checkpoint({
            job: one,
            file: { ...its, written: [{ start: 0, end: round + 1 }] },
            durability,
          }),
        ),
        '/s',
      );
    }
  }
  fill();
  print('jobs in the store', jobCount, '');
  print('size', statSync(join(directory, 'haulyard.db')).size / 1e6, 'MB');
  let store!: JobStore;
  print(
    'open',
    milliseconds(() => (store = open())),
    'ms',
  );
  print('resident memory after it', process.memoryUsage.rss() / 1e6, 'MB');
  let listed = 0;
  print(
    'list, final ones included',
    milliseconds(() => (listed = store.list({ includeFinal: true }).length)),
    'ms',
  );
  if (listed !== jobCount) throw new Error(`${listed} jobs listed`);
  print(
    'list, live ones',
    milliseconds(() => store.list({ includeFinal: false })),
    'ms',
  );
  print(
    'ids of a page of 1,000, newest first',
    milliseconds(() =>
      store.pageOfIds({ limit: 1_000, includeFinal: true, family: 'both', first: 'newest' }),
    ),
    'ms',
  );
  print(
    'page(100)',
    1_000 / perSecond(() => store.page({ limit: 100, includeFinal: true, family: 'both' })),
    'ms',
  );
  print('queued(16)', 1_000 / perSecond(() => store.queued(false, 16)), 'ms');
  print('loadJob', 1_000 / perSecond((round) => store.loadJob(job(round % jobCount).id)), 'ms');
  print('loadFiles', 1_000 / perSecond((round) => store.loadFiles(job(round % jobCount).id)), 'ms');
  print(
    'close',
    milliseconds(() => store[Symbol.dispose]()),
    'ms',
  );
} finally {
  rmSync(directory, { recursive: true });
}
