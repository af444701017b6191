import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';

import type { FileDigest } from '../../../core/job/file.ts';
import type { JobResource } from '../../../rest/contract.ts';
import type { Bookings } from '../bookings.ts';
import type { PlannedDownload } from '../download-plan.ts';
import type { Demands } from '../job-book.ts';
import { jobName, shortName } from '../job-name.ts';
import { priorityName } from '../option-values.ts';
import { openJobBell } from './job-bell.ts';
import { allJobs, filesOf } from './job-pages.ts';
import { remoteJob } from './remote-job.ts';
import type { ServiceLink } from './service-link.ts';

type PriorityName = JobResource['priority'];

/**
 * Jobs of the service. It takes over the link, and disposes of it.
 *
 * @param maxBytesPerSecond - of each job; undefined for none of its own
 * @param tell - hears of the connection to the service
 */
export async function remoteBookings(
  link: ServiceLink,
  maxBytesPerSecond: number | undefined,
  tell: (line: string) => void,
): Promise<Bookings> {
  await using opened = new AsyncDisposableStack();
  opened.use(link);
  const bell = opened.use(await openJobBell(link, tell));
  const earlier = await allJobs(link);
  // From here on whoever has the bookings disposes of both.
  const closing = opened.move();
  const taken = new Set<string>();

  /** The unfinished job of one whole file for the same URL and target. */
  async function earlierJob({ url, file }: PlannedDownload): Promise<EarlierJob | undefined> {
    // Jobs of `get` are named for their file, so the others need not be asked for theirs.
    const name = shortName(jobName(basename(file), undefined));
    for (const job of earlier) {
      if (taken.has(job.id) || job.progress.filesTotal !== 1) continue;
      if (shortName(job.displayName) !== name) continue;
      const [only] = await filesOf(link, job.id, 1);
      if (only?.remoteName !== url || only.localName !== file || only.ranges.length > 0) continue;
      taken.add(job.id);
      return { job, digest: only.digest ?? undefined };
    }
    return undefined;
  }

  return {
    resumeOptions: ' --wait',
    async jobFor(wanted, demands) {
      const found = await earlierJob(wanted);
      const obstacle = found === undefined ? undefined : obstacleTo(found, demands);
      const takenUp = obstacle === undefined ? found : undefined;
      // What cannot be taken up would only stand in the way of the next one.
      if (takenUp === undefined && found !== undefined) {
        await link.rest.call('cancelJob', { params: { id: found.job.id } });
      }
      const id =
        takenUp === undefined
          ? await newJob(link, wanted, demands, maxBytesPerSecond)
          : await changed(link, takenUp.job.id, demands, maxBytesPerSecond);
      const note = obstacle === '' ? undefined : (obstacle ?? heldTo(takenUp, demands));
      return { job: remoteJob(link, bell, id), id, note, begun: false };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

interface EarlierJob {
  readonly job: JobResource;
  readonly digest: FileDigest | undefined;
}

/** Why a job cannot be taken up, or undefined. Empty text: it has nothing that would be lost. */
function obstacleTo({ job, digest: held }: EarlierJob, { digest }: Demands): string | undefined {
  const { bytesTransferred, bytesTotal } = job.progress;
  if (bytesTransferred === 0 && bytesTotal !== 0) return '';
  if (digest === undefined || digest.hex === held?.hex) return undefined;
  return 'from the start: the earlier job was held to another checksum';
}

function heldTo(found: EarlierJob | undefined, { digest }: Demands): string | undefined {
  if (found?.digest === undefined || digest !== undefined) return undefined;
  return `still held to the ${found.digest.algorithm} of an earlier command; \`haulyard cancel\` drops it`;
}

async function newJob(
  { rest }: ServiceLink,
  { url, file }: PlannedDownload,
  { digest, headers, priority, noProgressSeconds }: Demands,
  maxBytesPerSecond: number | undefined,
): Promise<string> {
  const { id } = await rest.call('createJob', {
    // Should the answer be lost on its way, no second job is made.
    headers: { 'idempotency-key': randomUUID() },
    body: {
      displayName: jobName(basename(file), digest),
      priority: priorityName(priority) as PriorityName,
      noProgressTimeoutSeconds: noProgressSeconds,
      files: [{ remoteName: url, localName: file, ...(digest !== undefined && { digest }) }],
      ...(headers !== null && { customHeaders: headers }),
      ...(maxBytesPerSecond !== undefined && { maxBytesPerSecond }),
    },
  });
  return id;
}

/** Sets what this command demands of an earlier job. */
async function changed(
  { rest }: ServiceLink,
  id: string,
  { headers, priority, noProgressSeconds }: Demands,
  maxBytesPerSecond: number | undefined,
): Promise<string> {
  await rest.call('setCustomHeaders', { params: { id }, body: { headers } });
  await rest.call('changeJob', {
    params: { id },
    body: {
      priority: priorityName(priority) as PriorityName,
      noProgressTimeoutSeconds: noProgressSeconds,
      maxBytesPerSecond: maxBytesPerSecond ?? null,
    },
  });
  return id;
}
