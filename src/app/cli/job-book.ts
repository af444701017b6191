import { basename } from 'node:path';

import type { BG_JOB_PRIORITY } from '../../core/constants.ts';
import type { IBackgroundCopyJob } from '../../core/interfaces/job.ts';
import type { IBackgroundCopyManager } from '../../core/interfaces/manager.ts';
import type { FileDigest } from '../../core/job/file.ts';
import type { EmbeddedManager } from '../../open.ts';
import type { PlannedDownload } from './download-plan.ts';
import { digestInName, jobName } from './job-name.ts';
import { HEARD_EVENTS } from './runnable-job.ts';

/** What a command demands of each of its downloads. */
export interface Demands {
  readonly digest: FileDigest | undefined;
  readonly headers: string | null;
  readonly priority: BG_JOB_PRIORITY;
  readonly noProgressSeconds: number;
}

/** The job for a download. */
export interface BookedJob {
  readonly job: IBackgroundCopyJob;
  /** Why an earlier job was not taken up although there was one; for people. */
  readonly note: string | undefined;
  /** It is new, and has begun already. */
  readonly begun: boolean;
}

/** The unfinished jobs of one file each, by what they fetch and where to. */
export interface JobBook {
  /** The unfinished job for the same URL and file, or a new one; with the demands set either way. */
  jobFor(manager: EmbeddedManager, wanted: PlannedDownload, demands: Demands): Promise<BookedJob>;
}

/** Reads which jobs of the data directory a command can take up. */
export async function readJobBook(manager: IBackgroundCopyManager): Promise<JobBook> {
  const jobs = new Map<string, IBackgroundCopyJob>();
  for await (const job of await manager.enumJobs()) {
    const key = await keyOf(job);
    if (key !== undefined) jobs.set(key, job);
  }
  return {
    async jobFor(manager, wanted, demands) {
      const key = keyFor(wanted.url, wanted.file);
      const found = jobs.get(key);
      jobs.delete(key);
      const obstacle = found === undefined ? undefined : await obstacleTo(found, demands);
      const takenUp = obstacle === undefined ? found : undefined;
      // What cannot be taken up would only stand in the way of the next one.
      if (takenUp === undefined) await found?.cancel();
      if (takenUp !== undefined) await setDemands(takenUp, demands);
      const job = takenUp ?? (await newJob(manager, wanted, demands));
      const note = obstacle === '' ? undefined : (obstacle ?? (await heldTo(takenUp, demands)));
      return { job, note, begun: takenUp === undefined };
    },
  };
}

/**
 * Why a job cannot be taken up, or undefined. Empty text: it has nothing that would be lost, and a
 * new one is surer to be what the command says.
 */
async function obstacleTo(job: IBackgroundCopyJob, demands: Demands): Promise<string | undefined> {
  const { bytesTransferred, bytesTotal } = await job.getProgress();
  if (bytesTransferred === 0 && bytesTotal !== 0) return '';
  const expected = digestInName(await job.getDisplayName());
  const { digest } = demands;
  if (digest === undefined || digest.hex === expected?.hex) return undefined;
  return 'from the start: the earlier job was held to another checksum';
}

/** A checksum that an earlier command demanded stays in force for the job it made. */
async function heldTo(
  job: IBackgroundCopyJob | undefined,
  { digest }: Demands,
): Promise<string | undefined> {
  const held = job === undefined ? undefined : digestInName(await job.getDisplayName());
  if (held === undefined || digest !== undefined) return undefined;
  return `still held to the ${held.algorithm} of an earlier command; \`haulyard cancel\` drops it`;
}

/** All of it at once, and begun with it: each call that changes a job waits for the disk. */
async function newJob(
  manager: EmbeddedManager,
  { url, file }: PlannedDownload,
  { digest, headers, priority, noProgressSeconds }: Demands,
): Promise<IBackgroundCopyJob> {
  return manager.createWholeJob({
    displayName: jobName(basename(file), digest),
    priority,
    noProgressTimeoutSeconds: noProgressSeconds,
    notifyFlags: HEARD_EVENTS,
    files: [{ url, localName: file, options: digest === undefined ? {} : { digest } }],
    resume: true,
    ...(headers === null ? {} : { customHeaders: headers }),
  });
}

async function setDemands(job: IBackgroundCopyJob, demands: Demands): Promise<void> {
  await job.setCustomHeaders(demands.headers);
  await job.setPriority(demands.priority);
  await job.setNoProgressTimeout(demands.noProgressSeconds);
}

/** Undefined for a job of several files, of parts of one, or of one whose place is not known. */
async function keyOf(job: IBackgroundCopyJob): Promise<string | undefined> {
  const files = await job.enumFiles();
  const [file] = await files.next(2);
  if (file === undefined || (await files.getCount()) !== 1) return undefined;
  if ((await file.getFileRanges()).length > 0) return undefined;
  try {
    return keyFor(await file.getRemoteName(), await file.getLocalName());
  } catch {
    // E_NOT_SET: a program has not said yet where the file goes.
    return undefined;
  }
}

function keyFor(url: string, file: string): string {
  // No URL has a line end, so the two parts cannot run into each other.
  return `${url}\n${file}`;
}
