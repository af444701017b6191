import { DODownloadCostPolicy, DODownloadProperty } from '../constants.ts';
import { noProgressTimeoutSeconds } from '../job/clocks.ts';
import type { JobFile } from '../job/file.ts';
import type { Job } from '../job/job.ts';
import { isForeground } from '../job/step.ts';
import type { DownloadPropertyRow } from './properties.ts';

/** What is known of the last answer, besides its head, which the file keeps. */
export interface LastAnswer {
  /** The URL it came from, after redirects. */
  readonly url: string;
}

/**
 * The value of a property that is text, a number or a boolean and no secret; undefined: E_NOT_SET.
 *
 * @param file - the one file of a download that has been started
 */
export function readProperty(
  row: DownloadPropertyRow,
  job: Job,
  file: JobFile | undefined,
  lastAnswer: LastAnswer | undefined,
): string | number | boolean | undefined {
  const stored = job.download?.properties[row.id];
  switch (row.id) {
    case DODownloadProperty.Id:
      return job.id;
    case DODownloadProperty.CostPolicy:
      return (
        stored ?? (isForeground(job) ? DODownloadCostPolicy.Always : DODownloadCostPolicy.Standard)
      );
    case DODownloadProperty.NoProgressTimeoutSeconds:
      return noProgressTimeoutSeconds(job);
    case DODownloadProperty.ForegroundPriority:
      return isForeground(job);
    case DODownloadProperty.TotalSizeBytes:
      // What the server says is the size, whatever the caller expected.
      return file?.representation?.sizeBytes ?? stored;
    case DODownloadProperty.HttpRedirectionTarget:
      return lastAnswer?.url;
    case DODownloadProperty.HttpResponseHeaders:
      return file?.responseHeaders;
    case DODownloadProperty.HttpStatusCode:
      return statusOf(file?.responseHeaders);
    case DODownloadProperty.HttpServerIPAddress:
      // The HTTP client does not tell which address it was connected to.
      return undefined;
    default:
      return stored ?? row.fallback;
  }
}

/** The number in the status line that the kept head of an answer begins with. */
function statusOf(head: string | undefined): number | undefined {
  const status = /^HTTP\/\d\.\d (\d{3})/.exec(head ?? '')?.[1];
  return status === undefined ? undefined : Number(status);
}
