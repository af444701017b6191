import { isDeliveryOptimizationError } from '../../core/errors.ts';
import { DO_UNKNOWN_FILE_SIZE } from '../../core/constants.ts';
import type { IBackgroundCopyFile } from '../../core/interfaces/file.ts';
import type { IBackgroundCopyJob, JobFailure } from '../../core/interfaces/job.ts';
import { knownSize } from './known-size.ts';
import { priorityName } from './option-values.ts';
import type { StateName } from '../../rest/resources/common.ts';
import { stateName } from './outcome.ts';

/** A job in a list, in the form of the output with `--json`. */
export interface JobFacts {
  readonly id: string;
  readonly name: string;
  readonly state: StateName;
  readonly priority: string;
  /** Null while a size is unknown. */
  readonly bytesTotal: number | null;
  readonly bytesTransferred: number;
  readonly filesTotal: number;
  readonly filesTransferred: number;
  readonly created: Date;
  readonly modified: Date;
  readonly transferred: Date | null;
  readonly lastFailure: JobFailure | null;
}

/** A part of a remote file. */
export interface RangeFacts {
  readonly offset: number;
  /** Bytes; null for up to the end. */
  readonly length: number | null;
}

/** A file of a job. */
export interface FileFacts {
  readonly url: string;
  /** Null while no place was set. */
  readonly file: string | null;
  readonly bytesTotal: number | null;
  readonly bytesTransferred: number;
  /** Whether it stands under its final name. */
  readonly completed: boolean;
  /** Empty when the whole file is wanted. */
  readonly ranges: readonly RangeFacts[];
}

/** Everything there is to know of a job. */
export interface JobDetails extends JobFacts {
  readonly noProgressTimeoutSeconds: number;
  /** Names only: values may be secrets. */
  readonly customHeaderNames: readonly string[];
  readonly files: readonly FileFacts[];
}

/** What a list tells of a job. */
export async function jobFacts(job: IBackgroundCopyJob): Promise<JobFacts> {
  const progress = await job.getProgress();
  const times = await job.getTimes();
  return {
    id: await job.getId(),
    name: await job.getDisplayName(),
    state: stateName(await job.getState()),
    priority: priorityName(await job.getPriority()),
    bytesTotal: knownSize(progress.bytesTotal) ?? null,
    bytesTransferred: progress.bytesTransferred,
    filesTotal: progress.filesTotal,
    filesTransferred: progress.filesTransferred,
    created: times.creationTime,
    modified: times.modificationTime,
    transferred: times.transferCompletionTime ?? null,
    lastFailure: await job.getLastFailure(),
  };
}

/** All of a job, files included. */
export async function jobDetails(job: IBackgroundCopyJob): Promise<JobDetails> {
  const files: FileFacts[] = [];
  for await (const file of await job.enumFiles()) files.push(await fileFacts(file));
  const headers = (await job.getCustomHeaders()) ?? '';
  return {
    ...(await jobFacts(job)),
    noProgressTimeoutSeconds: await job.getNoProgressTimeout(),
    customHeaderNames: headers.split(/\r?\n/).flatMap((line) => line.match(/^[^:]+(?=:)/) ?? []),
    files,
  };
}

/** A file's facts. */
export async function fileFacts(file: IBackgroundCopyFile): Promise<FileFacts> {
  const { bytesTotal, bytesTransferred, completed } = await file.getProgress();
  const ranges = await file.getFileRanges();
  return {
    url: await file.getRemoteName(),
    file: await localName(file),
    bytesTotal: bytesTotal === DO_UNKNOWN_FILE_SIZE ? null : bytesTotal,
    bytesTransferred,
    completed,
    ranges: ranges.map(({ initialOffset, length }) => ({
      offset: initialOffset,
      length: Number.isSafeInteger(length) ? length : null,
    })),
  };
}

async function localName(file: IBackgroundCopyFile): Promise<string | null> {
  try {
    return await file.getLocalName();
  } catch (error) {
    if (isDeliveryOptimizationError(error) && error.code === 'E_NOT_SET') return null;
    throw error;
  }
}
