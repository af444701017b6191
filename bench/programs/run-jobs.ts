/**
 * A program that uses haulyard as a library, in a process of its own: `node run-jobs.ts FILE`, with
 * a `RunJobsTask` as JSON in the file. It makes all jobs, lets them run, completes them, and prints
 * what that cost as JSON.
 */
import { readFile } from 'node:fs/promises';

import type * as Library from '../../src/index.ts';
import type { IBackgroundCopyJob, IBackgroundCopyManager } from '../../src/index.ts';
import type { Cost } from '../rounds.ts';

/** What the program is to do. */
export interface RunJobsTask {
  /** URL of the library's entry. */
  readonly library: string;
  readonly dataDir: string;
  /** The files of each job. */
  readonly jobs: readonly (readonly TaskFile[])[];
}

interface TaskFile {
  readonly url: string;
  readonly path: string;
  /** In hexadecimal; absent: content is not checked. */
  readonly sha256?: string | undefined;
}

/** What it took; the process's start is in none of them. */
export interface RunJobsOutcome {
  /** From `resume` of the first job until the last one was TRANSFERRED. */
  readonly transfer: Cost;
  /** From the first `createJob` until the last `complete`. */
  readonly all: Cost;
}

if (import.meta.main) {
  const task = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as RunJobsTask;
  console.log(JSON.stringify(await runJobs(task)));
}

/** A job, and a promise that waits for it to be TRANSFERRED and fails when it does. */
interface RunnableJob {
  readonly job: IBackgroundCopyJob;
  readonly transferred: Promise<void>;
}

async function runJobs({ library, dataDir, jobs }: RunJobsTask): Promise<RunJobsOutcome> {
  const haulyard = (await import(library)) as typeof Library;
  await using manager = await haulyard.openManager({ dataDir });
  const all = startMeter();
  const made: RunnableJob[] = [];
  for (const files of jobs) made.push(await makeJob(haulyard, manager, files));
  const transfer = startMeter();
  for (const { job } of made) await job.resume();
  await Promise.all(made.map(({ transferred }) => transferred));
  const transferCost = transfer();
  for (const { job } of made) await job.complete();
  return { transfer: transferCost, all: all() };
}

async function makeJob(
  haulyard: typeof Library,
  manager: IBackgroundCopyManager,
  files: readonly TaskFile[],
): Promise<RunnableJob> {
  const job = await manager.createJob('benchmark', haulyard.BG_JOB_TYPE.DOWNLOAD);
  await job.setPriority(haulyard.BG_JOB_PRIORITY.FOREGROUND);
  await job.addFileSet(
    files.map(({ url, path, sha256 }) => ({
      remoteName: url,
      localName: path,
      ...(sha256 !== undefined && { digest: { algorithm: 'sha-256', hex: sha256 } as const }),
    })),
  );
  const outcome = Promise.withResolvers<void>();
  await job.setNotifyFlags(haulyard.BG_NOTIFY.JOB_TRANSFERRED | haulyard.BG_NOTIFY.JOB_ERROR);
  await job.setNotifyInterface({
    jobTransferred: () => outcome.resolve(),
    async jobError() {
      const error = await job.getError();
      outcome.reject(new Error(`A job failed: ${await error.getErrorDescription()}`));
    },
    jobModification: () => undefined,
  });
  return { job, transferred: outcome.promise };
}

/** Begins to measure; the result tells what was spent since then, and the most that was ever resident. */
function startMeter(): () => Cost {
  const startMs = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return {
      wall: (performance.now() - startMs) / 1_000,
      cpu: (user + system) / 1e6,
      residentMb: (process.resourceUsage().maxRSS * 1_024) / 1e6,
    };
  };
}
